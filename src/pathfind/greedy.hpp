// SPDX-License-Identifier: MIT
//
// Greedy orders for networks with equations: an upper bound for the exact search, and the start of others.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/moves.hpp"

namespace einfold::pathfind {

/// What the next pair makes small. Never the points: kernels of a chain of convolutions would be multiplied first.
enum class GreedyScore {
  kGrowth,  ///< size(result) - size(A) - size(B)
  kRatio,   ///< size(result) / (size(A) + size(B))
};

/// Contracts all leaves and equations. Before each pair every sum(A, E), |E| <= 1, that shrinks its tensor.
[[nodiscard]] const State* greedy(Moves& moves, GreedyScore score);

/// The same with the pairs given: every pair absorbs the equations that make its result grow least.
[[nodiscard]] const State* follow(Moves& moves, const SsaPath& path);

}  // namespace einfold::pathfind
