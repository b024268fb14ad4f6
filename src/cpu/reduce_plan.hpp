// SPDX-License-Identifier: MIT
//
// How a sum is walked: in the order in which its larger operand lies in memory, into a tile of partial sums that stays
// in the first cache.
#pragma once

#include "cpu/nest_kernel.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace einfold::cpu {

/// An operand that is copied first, to be contiguous where the other one is.
struct PackedOperand {
  std::vector<std::int64_t> extents, from, to;  ///< per loop: values, stride of the operand and of the copy
  std::int64_t base = 0, size = 0;
};

/// X is read in order along the column loop, Y (if there is one) beside it.
///
///     for outer:  tile = 0
///       for leading, inner:  tile[inner] += X Y          row and column in one call
///       C (+)= factor tile
///
/// A tile has an element for each point of the inner loops of C. If the column is summed, it has `lanes` elements
/// instead, which are added up at the end.
struct ReducePlan {
  Operand x = kA, y = kB;
  bool has_y = false;
  Schedule sum;    ///< outer, leading, inner, row, column;  strides of C count elements of the tile
  Schedule store;  ///< outer, inner loops of C (row and column too);  strides of A count elements of the tile
  int outer = 0, leading = 0;
  std::int64_t outer_count = 1, leading_count = 1;
  std::int64_t lanes = 0;         ///< 0: the column is a loop of C
  std::int64_t tile = 1;
  std::int64_t terms = 1;         ///< of each sum, per value of the leading loops
  std::int64_t pieces = 1;        ///< of the leading loops, summed apart; they depend on the problem only
  bool slanted = false;           ///< a window ties columns to rows
  bool overwrites = false;
  std::optional<PackedOperand> packed_y;
};

/// Nothing, and a reason, if this is no such sum.
[[nodiscard]] std::optional<ReducePlan> plan_reduce(const NestProblem& problem, std::string& reason);

}  // namespace einfold::cpu
