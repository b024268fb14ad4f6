// SPDX-License-Identifier: MIT
//
// The header of an npy file: a Python dictionary of three keys,  {'descr': '<f8', 'fortran_order': False, 'shape': (3,)}.
// Source: NumPy Enhancement Proposal 1.
#pragma once

#include "io/elements.hpp"

#include <string>
#include <string_view>

namespace einfold::io {

/// Throws, of kind kFile: E0511 (not such a dictionary), E0512 (an element type that tensors cannot have).
[[nodiscard]] ArrayHeader parse_npy_header(std::string_view text, std::string_view where);

/// The bytes before the elements: magic, version 1.0 and header, byte for byte as NumPy writes them.
/// Throws E0703 (bfloat16).
[[nodiscard]] std::string npy_preamble(DType dtype, const Shape& shape);

}  // namespace einfold::io
