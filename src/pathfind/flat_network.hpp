// SPDX-License-Identifier: MIT
//
// A network without equations, for searches over thousands of tensors.
#pragma once

#include "pathfind/problem.hpp"

#include <utility>
#include <vector>

namespace einfold::pathfind {

/// Tensors as sorted sets of indices. Two indices that the same tensors have are one, of the product of their extents;
/// none is of extent 1, on a single tensor only (unless in the output), or on all tensors and the output.
struct FlatNetwork {
  std::vector<std::vector<int>> tensors;
  std::vector<double> log2_extents;
  std::vector<char> in_output;
  double log2_batch = 0;  ///< extents of the indices on all tensors and the output: a factor of every step

  [[nodiscard]] int size() const { return static_cast<int>(tensors.size()); }
  [[nodiscard]] int indices() const { return static_cast<int>(log2_extents.size()); }
};

/// Leaves keep their numbers; equations are left out. An index that only one leaf has is taken as summed there beforehand.
[[nodiscard]] FlatNetwork flat_network_of(const Problem& problem);

/// Pairs in the order of contraction: tensors are 0 .. n - 1, the results n, n + 1, ..: every one is used once.
using SsaPath = std::vector<std::pair<int, int>>;

}  // namespace einfold::pathfind
