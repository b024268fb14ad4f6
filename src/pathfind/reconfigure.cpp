// SPDX-License-Identifier: MIT
#include "pathfind/reconfigure.hpp"

#include "pathfind/random.hpp"
#include "pathfind/subsets.hpp"

#include <algorithm>
#include <bit>
#include <unordered_set>

namespace einfold::pathfind {
namespace {

/// The indices of the frontier's tensors by who has them. Few classes: at most one per index.
std::vector<IndexClass> classes_of(const FlatTree& tree, std::span<const int> frontier, int node) {
  const int words = tree.words();
  std::vector<IndexClass> classes;
  for (int w = 0; w < words; ++w) {
    std::uint64_t all = 0;
    for (const int tensor : frontier) all |= tree.legs(tensor)[w];
    for (; all != 0; all &= all - 1) {
      const int bit = std::countr_zero(all);
      IndexClass index;
      for (std::size_t t = 0; t < frontier.size(); ++t)
        index.tensors |= static_cast<std::uint32_t>(tree.legs(frontier[t])[w] >> bit & 1) << t;
      index.elsewhere = tree.legs(node)[w] >> bit & 1;
      index.log2_extent = tree.network().log2_extents[64 * w + bit];
      classes.push_back(index);
    }
  }
  return classes;
}

/// Opens the dearest step of the frontier until it is large enough. `steps`: the subtree's inner nodes, parents first.
std::vector<int> frontier_of(const FlatTree& tree, int node, int most_leaves, std::vector<int>& steps) {
  std::vector<int> frontier{node};
  while (static_cast<int>(frontier.size()) < most_leaves) {
    int dearest = -1;
    for (std::size_t f = 0; f < frontier.size(); ++f) {
      if (tree.is_leaf(frontier[f])) continue;
      if (dearest < 0 || tree.log2_points(frontier[f]) > tree.log2_points(frontier[dearest])) dearest = static_cast<int>(f);
    }
    if (dearest < 0) break;
    const int step = frontier[dearest];
    steps.push_back(step);
    frontier[dearest] = tree.left(step);
    frontier.push_back(tree.right(step));
  }
  return frontier;
}

class Reconfigurer {
 public:
  Reconfigurer(FlatTree& tree, const Objective& objective, int most_leaves)
      : tree_(tree),
        objective_(objective),
        most_leaves_(std::min(most_leaves, kMostInSubsets)),
        below_(static_cast<std::size_t>(tree.nodes())) {
    for (int t = 0; t < tree.leaves(); ++t) below_[t] = mixed(static_cast<std::uint64_t>(t) + 1);
    for (const int step : tree.steps_upwards()) below_[step] = below_[tree.left(step)] + below_[tree.right(step)];
  }

  /// Whether that made anything better.
  bool pass(int& subtrees_left, const Deadline& deadline) {
    std::vector<int> steps = tree_.steps_upwards();
    std::ranges::stable_sort(steps, std::ranges::greater{}, [&](int step) { return tree_.log2_points(step); });
    bool improved = false;
    for (const int step : steps) {
      if (subtrees_left <= 0 || deadline.passed()) return false;
      improved = improve_at(step, subtrees_left) || improved;
    }
    return improved;
  }

 private:
  bool improve_at(int top, int& subtrees_left) {
    std::vector<int> steps;
    const std::vector<int> frontier = frontier_of(tree_, top, most_leaves_, steps);
    if (frontier.size() < 3) return false;
    std::uint64_t key = 0;
    for (const int tensor : frontier) key += mixed(below_[tensor]);
    if (!solved_.insert(key).second) return false;
    --subtrees_left;

    double cost = kLog2Zero;
    for (const int step : steps)
      cost = objective_.log2_sum(cost, objective_.log2_step(tree_.log2_points(step), tree_.log2_size(step)));
    const BestTree best = best_tree(static_cast<int>(frontier.size()), classes_of(tree_, frontier, top), objective_);
    if (best.path.empty() || best.log2_cost > cost - 1e-9) return false;
    replace(top, frontier, steps, best.path);
    return true;
  }

  /// The old steps' numbers serve again, the top keeps its own.
  void replace(int top, const std::vector<int>& frontier, const std::vector<int>& steps, const SsaPath& path) {
    const int words = tree_.words();
    std::vector<int> number = frontier;
    std::vector<char> joined(frontier.size(), 0);
    std::vector<std::uint64_t> legs(static_cast<std::size_t>(words)), both(static_cast<std::size_t>(words));
    for (std::size_t p = 0; p < path.size(); ++p) {
      const int step = steps[path.size() - 1 - p];
      const auto [a, b] = path[p];
      joined[a] = joined[b] = 1;
      // open: what the top has, or a tensor not yet joined
      std::copy_n(tree_.legs(top), words, legs.begin());
      for (std::size_t n = 0; n < number.size(); ++n)
        for (int w = 0; w < words && !joined[n]; ++w) legs[w] |= tree_.legs(number[n])[w];
      for (int w = 0; w < words; ++w) {
        both[w] = tree_.legs(number[a])[w] | tree_.legs(number[b])[w];
        legs[w] &= both[w];
      }
      tree_.set_step(step, number[a], number[b], legs.data(), tree_.log2_size_of(legs.data()),
                     tree_.log2_size_of(both.data()));
      below_[step] = below_[number[a]] + below_[number[b]];
      number.push_back(step);
      joined.push_back(0);
    }
  }

  FlatTree& tree_;
  const Objective& objective_;
  int most_leaves_;
  std::vector<std::uint64_t> below_;          ///< per node: a hash of the tensors below
  std::unordered_set<std::uint64_t> solved_;  ///< hashes of frontiers; for look-ups only
};

}  // namespace

void reconfigure(FlatTree& tree, const Objective& objective, int most_leaves, int most_subtrees, const Deadline& deadline) {
  Reconfigurer reconfigurer(tree, objective, most_leaves);
  while (reconfigurer.pass(most_subtrees, deadline)) {
  }
}

}  // namespace einfold::pathfind
