// SPDX-License-Identifier: MIT
//
// Counting the integer points of a box that satisfy linear equations. Pure integer mathematics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace einfold {

/// sum_j coefficient_j x[variable_j] = constant. A variable may occur in several terms; they add up.
struct LinearEquation {
  struct Term {
    std::size_t variable = 0;
    std::int64_t coefficient = 0;
  };
  std::vector<Term> terms;
  std::int64_t constant = 0;
};

/// The number of integer vectors x with  0 <= x_v < extents[v]  that satisfy every equation, exactly.
///
/// Every connected component of equations is solved for as many of its longest variables as it has independent
/// equations. Of the variables left free the longest is counted in closed form and the others are enumerated.
/// Nothing, if a component has more than `limit` combinations of those, or a number does not fit in 62 bits.
[[nodiscard]] std::optional<std::int64_t> count_points(std::span<const LinearEquation> equations,
                                                       std::span<const std::int64_t> extents,
                                                       std::int64_t limit);

}  // namespace einfold
