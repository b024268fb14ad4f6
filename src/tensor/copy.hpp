// SPDX-License-Identifier: MIT
//
// Copies between strided arrays, with conversion of the elements. Knows addresses and strides, no tensors.
#pragma once

#include "einfold/dtype.hpp"

#include <cstdint>
#include <span>

namespace einfold {

/// Elements in memory: the address of position (0, .., 0), and strides in elements. The address need not be aligned.
struct ConstElements {
  const void* data = nullptr;
  DType dtype = DType::kFloat64;
  std::span<const std::int64_t> strides;
};
struct Elements {
  void* data = nullptr;
  DType dtype = DType::kFloat64;
  std::span<const std::int64_t> strides;
};

/// target[x] = source[x], converted, for every x of `shape`. The two do not overlap. Any byte that is not zero reads
/// as true and is written as 1. Throws E0402 (complex to real).
void copy_elements(std::span<const std::int64_t> shape, const Elements& target, const ConstElements& source);

}  // namespace einfold
