// SPDX-License-Identifier: MIT
//
// A contraction tree over any number of tensors, and its windows: subtrees small enough for local search.
#pragma once

#include "pathfind/flat_tree.hpp"

#include <vector>

namespace einfold::pathfind {

/// log2 of the cost of a path, in time proportional to the legs of all its tensors.
[[nodiscard]] double log2_cost_of(const FlatNetwork& network, const SsaPath& path, const Objective& objective);

/// Nodes as in FlatTree, their legs as sorted lists.
class LargeTree {
 public:
  LargeTree(const FlatNetwork& network, const SsaPath& path);

  /// Some connected steps below and including `top`, as a network of their own: its tensors are the nodes below them.
  struct Window {
    FlatNetwork network;
    SsaPath path;
    std::vector<int> below;                 ///< nodes, by tensor of `network`
    std::vector<int> steps;                 ///< nodes; parents first
    std::vector<std::vector<int>> members;  ///< per index of `network`: the indices it stands for
  };

  [[nodiscard]] int root() const { return static_cast<int>(legs_.size()) - 1; }
  [[nodiscard]] bool is_leaf(int node) const { return node < leaves_; }
  [[nodiscard]] double log2_cost(const Objective& objective) const;
  [[nodiscard]] SsaPath path() const;

  /// Per node, the dearest step below and including it.
  [[nodiscard]] std::vector<double> dearest_below(const Objective& objective) const;
  /// Of at most `most` tensors: dearest steps are opened first, so that it has the dearest ones and what lies above them.
  [[nodiscard]] Window window(int top, int most, const std::vector<double>& dearest_below) const;
  /// `tree` is over the window's network.
  void replace(const Window& window, const FlatTree& tree);

 private:
  [[nodiscard]] std::vector<int> steps_upwards() const;
  [[nodiscard]] double size_of(const std::vector<int>& indices) const;

  const FlatNetwork* network_;
  int leaves_;
  std::vector<std::pair<int, int>> children_;  ///< of steps
  std::vector<std::vector<int>> legs_;
  std::vector<double> log2_size_, log2_points_;  ///< by node; by step
};

}  // namespace einfold::pathfind
