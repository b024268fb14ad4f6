// SPDX-License-Identifier: MIT
//
// The parts that loops play in a product of two operands.
#pragma once

#include "cpu/loop_nest.hpp"

#include <vector>

namespace einfold::cpu {

struct Roles {
  std::vector<Loop> batch;   ///< of A, B and C (or of C alone)
  std::vector<Loop> a_rows;  ///< of A and C
  std::vector<Loop> b_rows;  ///< of B and C
  std::vector<Loop> sums;    ///< not of C

  [[nodiscard]] std::vector<Loop> outs() const;  ///< all loops of C
};

[[nodiscard]] Roles roles_of(const LoopNest& nest);

[[nodiscard]] std::int64_t count(const std::vector<Loop>& loops);  ///< product of the extents
[[nodiscard]] std::vector<std::int64_t> extents_of(const std::vector<Loop>& loops);
[[nodiscard]] bool has_windows(const LoopNest& nest, Operand x);

/// Longest stride first: of `first`, then of `then`.
void sort_by_stride(std::vector<Loop>& loops, Operand first, Operand then);

}  // namespace einfold::cpu
