// SPDX-License-Identifier: MIT
//
// The best tree over up to 30 tensors of a sparse network: dynamic programming over the subsets that a bound leaves alive.
#pragma once

#include "pathfind/subsets.hpp"

namespace einfold::pathfind {

inline constexpr int kMostInSparse = 30;

enum class OuterProducts {
  kNone,  ///< steps join tensors that share an index; parts of the network that share none are joined in the end, small ones first
  kAll,   ///< of any two
};

struct SparseTree {
  BestTree tree;          ///< an empty path: none within the bound
  bool complete = false;  ///< false: given up
};

/// The best tree of these, if it costs at most 2^log2_bound. Given up after `most_pairs` pairs of subsets, with more than 128 classes
/// of indices on one part, or where numbers leave the range of doubles.
///
///   best(S) = size(S) w + min over S = A + B of  best(A) + best(B) + points(A, B)
///
/// A subset S is dropped if best(S) and the least that its consumer costs exceed the bound: size(S); twice that, if S came from an
/// outer product of A and B, no scalars. For the consumer C of one that pays takes two values or more besides: else, of the orders
/// (A C) B and (B C) A, one is as good.
/// The better the bound, the fewer subsets live: with the best cost as the bound, thousands of 2^20.
[[nodiscard]] SparseTree best_sparse_tree(int count, std::span<const IndexClass> indices, const Objective& objective,
                                          OuterProducts outer, double log2_bound, std::int64_t most_pairs);

}  // namespace einfold::pathfind
