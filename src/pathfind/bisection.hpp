// SPDX-License-Identifier: MIT
//
// A hypergraph cut in two.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/random.hpp"

#include <span>
#include <vector>

namespace einfold::pathfind {

/// Lists of integers one behind the other.
class Lists {
 public:
  Lists() = default;
  explicit Lists(std::span<const std::vector<int>> lists) {
    for (const auto& list : lists) append(list);
  }

  void append(std::span<const int> list) {
    items_.insert(items_.end(), list.begin(), list.end());
    start_.push_back(static_cast<int>(items_.size()));
  }
  [[nodiscard]] int size() const { return static_cast<int>(start_.size()) - 1; }
  [[nodiscard]] std::span<const int> operator[](int list) const {
    return {items_.data() + start_[list], items_.data() + start_[list + 1]};
  }
  /// list by item instead of item by list; items are below `count`.
  [[nodiscard]] Lists transposed(int count) const;

 private:
  std::vector<int> start_{0}, items_;
};

/// Nodes of a weight each, joined by nets of two or more of them, which cost their weight if they are cut.
struct Hypergraph {
  std::vector<int> node_weight;
  std::vector<double> net_weight;
  Lists nodes_of;  ///< per net, distinct
  Lists nets_of;   ///< per node
  bool anchored = false;  ///< node 0 stays on side 0, node 1 on side 1; they weigh nothing

  [[nodiscard]] int nodes() const { return static_cast<int>(node_weight.size()); }
  [[nodiscard]] int nets() const { return static_cast<int>(net_weight.size()); }
};

/// Per node the side, 0 or 1; neither is empty (anchors not counted). A side has at most (1 + imbalance) / 2 of the weight, where nodes are light enough, and the
/// weight of the nets on both is small. In several levels (Hendrickson, Leland 1995): clusters of nodes that share heavy nets are joined
/// until few are left; those are divided breadth-first; on the way back Fiduccia and Mattheyses' passes (1982) move single nodes.
/// O(nodes log nodes) for nets of bounded size. Needs two nodes besides anchors; cut short when the deadline passes.
[[nodiscard]] std::vector<char> bisect(const Hypergraph& graph, double imbalance, Random& random, const Deadline& deadline);

}  // namespace einfold::pathfind
