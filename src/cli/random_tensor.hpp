// SPDX-License-Identifier: MIT
#pragma once

#include "einfold/tensor.hpp"

#include <cstdint>

namespace einfold::cli {

/// Uniform in [-1, 1) in each part; integers -8 .. 7, bool either. The same for a seed everywhere.
[[nodiscard]] Tensor random_tensor(DType dtype, const Shape& shape, std::uint64_t seed);

}  // namespace einfold::cli
