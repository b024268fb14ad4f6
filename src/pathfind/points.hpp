// SPDX-License-Identifier: MIT
//
// Integer points of systems of equations over boxes, and the rank of such systems.
#pragma once

#include "pathfind/problem.hpp"

#include <span>
#include <vector>

namespace einfold::pathfind {

/// log2 of the number of integer points of the equations over all of their indices, each in [0, extent); none counts as
/// one. Exact where at most `limit` combinations need be enumerated, else the box over the ranges of the equations.
[[nodiscard]] double log2_points(std::span<const Equation* const> equations, std::span<const std::int64_t> extents,
                                 std::int64_t limit = 50'000);

/// Rank of the equations' coefficients restricted to these columns (indices).
[[nodiscard]] int rank(std::span<const Equation* const> equations, std::span<const int> columns);

/// The equations in groups that share no index, each ascending by position.
[[nodiscard]] std::vector<std::vector<int>> connected_components(std::span<const Equation* const> equations);

}  // namespace einfold::pathfind
