// SPDX-License-Identifier: MIT
//
// Writing zeros to every element of a strided box.
#pragma once

#include "base/thread_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace einfold::cpu {

/// Loops of a box, longest strides first, neighbours fused, without extents of 1.
struct Box {
  std::vector<std::int64_t> extents, strides;
  bool empty = false;

  Box() = default;
  Box(const std::vector<std::int64_t>& e, const std::vector<std::int64_t>& s);
  [[nodiscard]] double size() const noexcept;
};

/// Elements of `element_bytes` bytes each; all-zero bytes are zero in every element type.
void write_zeros(const Box& box, void* origin, std::size_t element_bytes, Executor& executor);

}  // namespace einfold::cpu
