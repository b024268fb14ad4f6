// SPDX-License-Identifier: MIT
#include "pathfind/placement.hpp"

#include "base/fail.hpp"
#include "pathfind/exact.hpp"
#include "pathfind/greedy.hpp"

#include <map>
#include <numeric>

namespace einfold::pathfind {
namespace {

using Leaves = std::uint32_t;                                 // a set
using Steps = std::map<Leaves, std::vector<const State*>>;  // by the leaves below: the pair, then the sums

Leaves collect(const State* state, Steps& steps) {
  if (state->leaf >= 0) return Leaves{1} << state->leaf;
  Leaves below = 0;
  for (const State* child : {state->a, state->b})
    if (child != nullptr) below |= collect(child, steps);
  steps[below].push_back(state);
  return below;
}

/// The same steps, taken in the order of the path: the numbers of signatures, and with them which of a and b comes first, follow from it, so
/// that a path which came from a tree gives that tree.
const State* retaken(Moves& moves, const SsaPath& path, const State* last) {
  Steps steps;
  (void)collect(last, steps);
  const auto take = [&](const State* a, const State* b, Leaves below) {
    for (const State* step : steps[below]) {
      Move move{a, b, &moves.equation_set(step->equations), step == last ? Place::kLast : Place::kInside};
      bool allowed = moves.evaluate(move);
      EINFOLD_INVARIANT(allowed);
      a = moves.take(move);
      b = nullptr;
    }
    return a;
  };
  std::vector<std::pair<Leaves, const State*>> tensors;
  for (int leaf = 0; leaf < static_cast<int>(moves.problem().leaves.size()); ++leaf)
    tensors.emplace_back(Leaves{1} << leaf, take(moves.leaf(leaf), nullptr, Leaves{1} << leaf));
  for (const auto& [first, second] : path) {
    const auto [of_a, a] = tensors[first];
    const auto [of_b, b] = tensors[second];
    tensors.emplace_back(of_a | of_b, take(a, b, of_a | of_b));
  }
  return tensors.back().second;
}

}  // namespace

const State* placed_along(Moves& moves, const SsaPath& path, std::int64_t most_moves) {
  const Problem& problem = moves.problem();
  const bool few = static_cast<int>(problem.leaves.size()) <= kMostParts && static_cast<int>(problem.equations.size()) <= kMostEquations;
  if (problem.leaves.empty() || !few) return follow(moves, path);
  Moves others(problem, moves.objective());
  Target target{{}, std::vector<int>(problem.equations.size()), Place::kLast, path};
  for (int leaf = 0; leaf < static_cast<int>(problem.leaves.size()); ++leaf) target.parts.push_back(others.leaf(leaf));
  std::iota(target.equations.begin(), target.equations.end(), 0);
  const State* best = exact(others, target, follow(others, path)->log2_cost - 1e-9, most_moves).state;
  return best == nullptr ? follow(moves, path) : retaken(moves, path, best);
}

}  // namespace einfold::pathfind
