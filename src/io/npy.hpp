// SPDX-License-Identifier: MIT
//
// The npy format: one array, in a file of its own or as a member of an npz.
#pragma once

#include "io/elements.hpp"

namespace einfold::io {

/// All of `source` is an npy file. Throws, of kind kFile: E0510 (not npy, or an unknown version), E0511 (header), E0512
/// (element type), E0513 (shape), E0514 (size).
[[nodiscard]] Tensor read_npy_from(Source& source);

}  // namespace einfold::io
