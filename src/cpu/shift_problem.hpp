// SPDX-License-Identifier: MIT
//
// Recognising steps in which both operands see a summed position through a kernel tap of their own.
#pragma once

#include "plan/contraction.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace einfold::cpu {

/// One axis of a tensor, seen at position  constant + S o + D k,  which exists if 0 <= position < extent.
struct ShiftedAxis {
  std::int64_t constant = 0, extent = 0;
  std::int64_t stride = 0;  ///< elements per position
};

/// Taps k of A and k' of B that share the summed position o, with the same S > 0 and D:
///
///     A at  a.constant + S o + D k,    B at  b.constant + S o + D k'
struct ShiftedPair {
  std::size_t a_tap = 0, b_tap = 0, sum = 0;  ///< the loops k, k' and o
  std::int64_t a_taps = 1, b_taps = 1, positions = 1, stride = 1, dilation = 1;
  ShiftedAxis a, b;
};

/// One nest of a step in the parts it plays: loops by their numbers in the nest.
struct ShiftProblem {
  plan::Nest nest;
  std::vector<ShiftedPair> pairs;
  std::vector<std::size_t> rows, columns;  ///< of A and C, of B and C, without a position
  std::vector<std::size_t> sums, batch;    ///< of A and B; of A, B and C
  /// A and B are one tensor, `columns` are the `rows` exchanged, and so is C.
  bool symmetric = false;
};

/// Nothing, and a reason, if nest number `nest` has no such pair or anything else that does not fit.
[[nodiscard]] std::optional<ShiftProblem> recognise_shifts(const plan::Contraction& step, std::size_t nest,
                                                           std::string& reason);

}  // namespace einfold::cpu
