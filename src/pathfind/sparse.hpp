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
/// of indices on one part, at a product of more than kMostFactors enclosed tensors, or where numbers leave the range of doubles.
///
///   best(S) = size(S) w + min over S = A + B of  best(A) + best(B) + points(A, B)
///
/// A subset S is dropped if best(S) and the least that its consumer costs, size(S), exceed the bound.
///
/// Outer products A B, no scalars, are made and used only where they can pay. Let C take the product, a' and b' be the extents of the legs
/// of A and B that C has not, g those of C that neither has, q_a and q_b those of A and B that close with C, f and w the weights of a point
/// and a written element. Then, divided by what the others have in common,
///
///     (A B) C costs  a b (f (1 + g) + w)        (A C) B costs  a b (f (g / b' + g / q_a) + w g / (b' q_a))
///
/// and (B C) A likewise, so the product pays only if
///
///     b' (f + w) < g (f + w / q_a - f b' (1 - 1 / q_a)), thus  g > b' q_a,  and  g > a' q_b:  2 at least.
///
/// A leg that only one more tensor has is in a' or closes: a' q_a >= p_a, the extents of these legs, and so g > sqrt(p_a p_b). With w = 0 and
/// p_a, p_b > 1, q_a > 1 leaves b' = 1 only, thus q_b >= p_b > 1 and a' = 1; q_a = 1 leaves q_b = 1: either way g > max(p_a, p_b). The step
/// with C then costs f a b g at least, which is added before A B is compared with the bound; and what is made of the product is made of it
/// only with such C that (A B) C costs no more than both others.
///
/// Where every index is on two tensors, the output counted as one, what A or B share with C closes, and with w = 0 products pay in two cases
/// only: C encloses A and B, which means a' = b' = 1, or shares nothing with either. So a product of several tensors A B .. ends in a C that
/// encloses them all: if they are connected, each is one of the pieces, without open index, that are left without C. Such products are no
/// subsets of their own: C takes any choice of pieces, multiplied in their best order, at once. Parts of the network that share no index are
/// searched one by one.
///
/// The better the bound, the fewer subsets live: with the best cost as the bound, thousands of 2^20.
[[nodiscard]] SparseTree best_sparse_tree(int count, std::span<const IndexClass> indices, const Objective& objective,
                                          OuterProducts outer, double log2_bound, std::int64_t most_pairs);

/// Whether that case of outer products is at hand (and all parts have open indices, or none has): the best of all is found hardly slower than
/// the best without outer products, but for hubs: a tensor without which n pieces are left may take any of up to 2^n products.
[[nodiscard]] bool outer_products_are_enclosed(int count, std::span<const IndexClass> indices, const Objective& objective);

}  // namespace einfold::pathfind
