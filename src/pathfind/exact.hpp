// SPDX-License-Identifier: MIT
//
// The best order of all, by dynamic programming over sets of tensors and equations.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/moves.hpp"

#include <vector>

namespace einfold::pathfind {

/// What is to be contracted: stored tensors and the equations not yet absorbed by them (at most 24 and 64).
struct Target {
  std::vector<const State*> parts;
  std::vector<int> equations;
  Place place = Place::kLast;
  SsaPath pairs = {};  ///< of parts, where the tree is given and only the equations and sums are to be placed; empty: any
};

inline constexpr int kMostParts = 24;
inline constexpr int kMostEquations = 64;

struct Found {
  const State* state = nullptr;  ///< the cheapest way, if it is below the bound
  bool complete = true;          ///< false: given up after `most_moves` evaluated moves
};

/// The cheapest way, if below `log2_bound`.
///
///   best[parts, equations]: pair(A, B, E) over all disjoint A, B and E out of the equations that are reached from their legs
///   through equations only (all subsets of up to 8; beyond: none, each, those that touch both, all); then sum(A, E),
///   |E| <= 2, until nothing improves. The last move takes all equations that are left.
[[nodiscard]] Found exact(Moves& moves, const Target& target, double log2_bound, std::int64_t most_moves);

}  // namespace einfold::pathfind
