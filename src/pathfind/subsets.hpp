// SPDX-License-Identifier: MIT
//
// The best tree over a few tensors: dynamic programming over all of their subsets.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/objective.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace einfold::pathfind {

/// Indices that the same of a few tensors have (bit t: tensor t), and whether they occur elsewhere too.
struct IndexClass {
  std::uint32_t tensors = 0;
  bool elsewhere = false;
  double log2_extent = 0;
};

/// Of a whole network.
[[nodiscard]] std::vector<IndexClass> index_classes(const FlatNetwork& network);

inline constexpr int kMostInSubsets = 20;

struct BestTree {
  SsaPath path;
  double log2_cost = 0;
};

/// The best of all trees over `count` (2 to kMostInSubsets) tensors, outer products and all; nothing (an empty path) if numbers
/// leave the range of doubles. Exactly
///
///   best(S) = size(S) w + min over S = A + B of  best(A) + best(B) + points(A, B)
///
/// `log2_bound`: the cost of any tree that is known; what is dearer is left out, which makes sparse networks fast.
/// Here  points(A, B) = touch(S) / (inside(A) inside(B)),  touch(S) the extents of all indices on S and inside(A) those of the
/// indices on A only: three numbers per subset, found for all subsets at once by sums over subsets.
[[nodiscard]] BestTree best_tree(int count, std::span<const IndexClass> indices, const Objective& objective,
                                 double log2_bound = std::numeric_limits<double>::infinity());

/// Of a whole network of at most kMostInSubsets tensors.
[[nodiscard]] BestTree best_tree(const FlatNetwork& network, const Objective& objective,
                                 double log2_bound = std::numeric_limits<double>::infinity());

}  // namespace einfold::pathfind
