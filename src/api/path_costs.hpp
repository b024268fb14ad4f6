// SPDX-License-Identifier: MIT
//
// The costs of a path as other programs count them.
#pragma once

#include "pathfind/problem.hpp"
#include "pathfind/tree.hpp"

#include <utility>
#include <vector>

namespace einfold {

/// The pairs of a tree: tensors are the leaves 0 .. n - 1, results n, n + 1, ..; sums over one tensor are left out.
[[nodiscard]] std::vector<std::pair<int, int>> pairs_of_tree(const pathfind::Tree& tree, int leaves);

struct PathCosts {
  double log2_flops = 0;  ///< sum over the pairs of the product of the extents of all indices of both tensors
  double log2_write = 0;  ///< sum of the results' sizes
  double log2_size = 0;   ///< largest result
};

/// Of a problem without equations. An index that only one tensor has is summed in the tensor's first pair. One tensor alone is one
/// pass over it.
[[nodiscard]] PathCosts costs_of_path(const pathfind::Problem& problem, const std::vector<std::pair<int, int>>& pairs);

/// All leaves multiplied at every point of the problem: log2 of points * max(1, leaves - 1).
[[nodiscard]] double log2_naive_flops(const pathfind::Problem& problem);

}  // namespace einfold
