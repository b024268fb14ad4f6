// SPDX-License-Identifier: MIT
#include "pathfind/sliced_search.hpp"

#include "pathfind/build.hpp"
#include "pathfind/moves.hpp"

#include <algorithm>

namespace einfold::pathfind {
namespace {

constexpr int kMostRounds = 4;

/// The same steps for a problem that differs in its extents only.
Tree with_extents_of(const Problem& problem, const Tree& tree, const SearchOptions& search) {
  Moves moves(problem, search.minimize ? objective_of(*search.minimize) : Objective{1, search.write_weight});
  const int leaves = static_cast<int>(problem.leaves.size());
  std::vector<const State*> states;
  const auto state_of = [&](int tensor) -> const State* {
    if (tensor < 0) return nullptr;
    return tensor < leaves ? moves.leaf(tensor) : states[tensor - leaves];
  };
  for (std::size_t s = 0; s < tree.steps.size(); ++s) {
    const Step& step = tree.steps[s];
    const Place place = s + 1 == tree.steps.size() ? Place::kLast : Place::kInside;
    Move move{state_of(step.a), state_of(step.b), &moves.equation_set(step.equations), place};
    moves.evaluate(move);
    states.push_back(moves.take(move));
  }
  return tree_of(problem, states.back(), moves.objective());
}

SlicedTree sliced(const Problem& problem, Tree tree, double limit, const SliceOptions& options) {
  SlicedTree result{std::move(tree), {}, {}};
  result.slices = choose_slices(problem, result.tree, limit, options);
  result.cost = sliced_cost(problem, result.tree, result.slices);
  return result;
}

bool better(const SlicedTree& a, const SlicedTree& b, double limit) {
  if (a.cost.peak_elements <= limit && b.cost.peak_elements <= limit) return a.cost.log2_flops < b.cost.log2_flops - 1e-9;
  return a.cost.peak_elements < b.cost.peak_elements;
}

}  // namespace

SlicedTree sliced_tree(const Problem& problem, Tree tree, double limit, const SearchOptions& search,
                       const SliceOptions& options) {
  const double log2_flops = tree.log2_flops;
  SlicedTree best = sliced(problem, std::move(tree), limit, options);
  const auto within = [&] { return best.cost.peak_elements <= limit; };
  for (int round = 0; round < kMostRounds; ++round) {
    if (best.slices.empty() || (within() && best.cost.log2_flops <= log2_flops + 1e-9)) break;
    Problem turn = problem;
    for (const Slice& slice : best.slices) turn.extents[slice.index] = std::min(turn.extents[slice.index], slice.block);
    SlicedTree next = sliced(problem, with_extents_of(problem, find_tree(turn, search), search), limit, options);
    if (!better(next, best, limit)) break;
    best = std::move(next);
  }
  if (!within()) {
    SearchOptions smallest = search;
    smallest.minimize = Minimize::kSize;
    SlicedTree next = sliced(problem, find_tree(problem, smallest), limit, options);
    if (better(next, best, limit)) best = std::move(next);
  }
  return best;
}

}  // namespace einfold::pathfind
