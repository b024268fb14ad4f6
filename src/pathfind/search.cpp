// SPDX-License-Identifier: MIT
#include "pathfind/search.hpp"

#include "pathfind/build.hpp"
#include "pathfind/exact.hpp"
#include "pathfind/greedy.hpp"
#include "pathfind/improve.hpp"
#include "pathfind/placement.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace einfold::pathfind {
namespace {

Objective objective_of(const SearchOptions& options) {
  return options.minimize ? objective_of(*options.minimize) : Objective{1, options.write_weight};
}

const State* cheaper(const State* a, const State* b) {
  return b == nullptr || (a != nullptr && a->log2_cost <= b->log2_cost + 1e-12) ? a : b;
}

/// Whether a search over sets of indices knows all there is: no equations, no equal operands, nothing to sum beforehand or to
/// broadcast.
bool is_flat(Moves& moves) {
  const Problem& problem = moves.problem();
  if (!problem.equations.empty() || moves.broadcasts() || problem.leaves.size() < 2) return false;
  std::set<int> operands;
  for (const Leaf& leaf : problem.leaves) {
    if (!operands.insert(leaf.operand).second) return false;
    for (const int index : distinct_indices(leaf))
      if (moves.occurrences(index) == 1 && !moves.in_output(index)) return false;
  }
  return true;
}

/// Leaf after leaf: what people write for layers in a row.
const State* in_order(Moves& moves) {
  const int leaves = static_cast<int>(moves.problem().leaves.size());
  SsaPath path;
  for (int leaf = 1; leaf < leaves; ++leaf) path.emplace_back(leaf == 1 ? 0 : leaves + leaf - 2, leaf);
  return follow(moves, path);
}

/// As if every equation made a view: its largest index that is not in the output is replaced by the others, wherever it is. Leaves keep
/// their numbers.
Problem without_equations(const Problem& problem) {
  Problem views = problem;
  views.equations.clear();
  std::vector<Equation> equations = problem.equations;
  for (std::size_t e = 0; e < equations.size(); ++e) {
    int dependent = -1;
    std::vector<int> others;
    for (const auto& [x, coefficient] : equations[e].terms) {
      const bool may = std::ranges::find(problem.output, x) == problem.output.end();
      if (may && (dependent < 0 || problem.extents[x] > problem.extents[dependent])) dependent = x;
    }
    if (dependent < 0) continue;
    for (const auto& [x, coefficient] : equations[e].terms)
      if (x != dependent) others.push_back(x);
    for (Leaf& leaf : views.leaves) {
      for (auto& axis : leaf.axes) {
        if (std::erase(axis, dependent) > 0) axis.insert(axis.end(), others.begin(), others.end());
      }
    }
    for (std::size_t later = e + 1; later < equations.size(); ++later) {
      auto& terms = equations[later].terms;
      if (std::erase_if(terms, [&](const auto& term) { return term.first == dependent; }) == 0) continue;
      for (const int x : others)
        if (std::ranges::none_of(terms, [&](const auto& term) { return term.first == x; })) terms.emplace_back(x, 1);
    }
  }
  return views;
}

const State* all_moves(Moves& moves, const State* best, const SearchOptions& options) {
  const Problem& problem = moves.problem();
  const int leaves = static_cast<int>(problem.leaves.size());
  const int equations = static_cast<int>(problem.equations.size());
  const auto improve = [&] {
    // without equations other searches have done that
    return equations == 0 ? best : improved(moves, best, 4, options.exact_moves / 20);
  };
  if (leaves + equations > std::min(options.exact_nodes, kMostParts)) return improve();
  Target target;
  for (int leaf = 0; leaf < leaves; ++leaf) target.parts.push_back(moves.leaf(leaf));
  target.equations.resize(equations);
  std::iota(target.equations.begin(), target.equations.end(), 0);
  const Found found = exact(moves, target, best->log2_cost, options.exact_moves);
  best = cheaper(best, found.state);
  return found.complete ? best : improve();
}

const State* search(Moves& moves, const SearchOptions& options) {
  const Problem& problem = moves.problem();
  const State* best = nullptr;
  if (problem.equations.empty()) {
    const PathOptions path{options.method, moves.objective(), options.seed, options.threads, options.max_seconds};
    best = follow(moves, find_path(flat_network_of(problem), path));
    if (is_flat(moves)) return best;
  } else {
    best = cheaper(greedy(moves, GreedyScore::kGrowth), greedy(moves, GreedyScore::kRatio));
    best = cheaper(best, in_order(moves));
    if (static_cast<int>(problem.leaves.size() + problem.equations.size()) > options.exact_nodes) {
      const PathOptions path{options.method, moves.objective(), options.seed, options.threads, options.max_seconds};
      best = cheaper(best, follow(moves, find_path(flat_network_of(without_equations(problem)), path)));
    }
  }
  return all_moves(moves, best, options);
}

}  // namespace

Tree find_tree(const Problem& problem, const SearchOptions& options) {
  verify(problem);
  Moves moves(problem, objective_of(options));
  return tree_of(problem, search(moves, options), moves.objective());
}

Tree tree_along(const Problem& problem, const SsaPath& path, const SearchOptions& options) {
  verify(problem);
  Moves moves(problem, objective_of(options));
  return tree_of(problem, placed_along(moves, path, options.exact_moves), moves.objective());
}

}  // namespace einfold::pathfind
