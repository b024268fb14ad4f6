// SPDX-License-Identifier: MIT
#include "pathfind/search.hpp"

#include "pathfind/build.hpp"
#include "pathfind/exact.hpp"
#include "pathfind/greedy.hpp"

#include <algorithm>
#include <numeric>

namespace einfold::pathfind {
namespace {

const State* best_of(Moves& moves, const SearchOptions& options) {
  const State* by_growth = greedy(moves, GreedyScore::kGrowth);
  const State* by_ratio = greedy(moves, GreedyScore::kRatio);
  const State* best = by_ratio->log2_cost < by_growth->log2_cost - 1e-9 ? by_ratio : by_growth;

  const Problem& problem = moves.problem();
  const int leaves = static_cast<int>(problem.leaves.size());
  const int equations = static_cast<int>(problem.equations.size());
  if (leaves + equations > std::min(options.exact_nodes, kMostParts)) return best;
  Target target;
  for (int leaf = 0; leaf < leaves; ++leaf) target.parts.push_back(moves.leaf(leaf));
  target.equations.resize(equations);
  std::iota(target.equations.begin(), target.equations.end(), 0);
  const State* found = exact(moves, target, best->log2_cost, options.exact_moves);
  return found != nullptr ? found : best;
}

}  // namespace

Tree find_tree(const Problem& problem, const SearchOptions& options) {
  verify(problem);
  Moves moves(problem, options.write_weight);
  return tree_of(problem, best_of(moves, options), options.write_weight);
}

}  // namespace einfold::pathfind
