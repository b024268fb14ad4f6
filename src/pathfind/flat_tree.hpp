// SPDX-License-Identifier: MIT
//
// A binary tree of contractions over a flat network, with the legs of every node as a bit set: the object of local search.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/objective.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace einfold::pathfind {

/// Nodes 0 .. n - 1 are the tensors, n .. 2 n - 2 the steps; the root is the last. Legs of a node: the indices below it that also
/// occur elsewhere or in the output. Needs at least two tensors.
class FlatTree {
 public:
  FlatTree(const FlatNetwork& network, const SsaPath& path);

  [[nodiscard]] const FlatNetwork& network() const { return *network_; }
  [[nodiscard]] int leaves() const { return leaves_; }
  [[nodiscard]] int nodes() const { return 2 * leaves_ - 1; }
  [[nodiscard]] int root() const { return nodes() - 1; }
  [[nodiscard]] bool is_leaf(int node) const { return node < leaves_; }
  [[nodiscard]] int left(int node) const { return children_[node - leaves_].first; }
  [[nodiscard]] int right(int node) const { return children_[node - leaves_].second; }
  [[nodiscard]] int parent(int node) const { return parent_[node]; }

  [[nodiscard]] int words() const { return words_; }
  [[nodiscard]] const std::uint64_t* legs(int node) const { return legs_.data() + static_cast<std::size_t>(node) * words_; }
  [[nodiscard]] double log2_size(int node) const { return log2_size_[node]; }
  [[nodiscard]] double log2_points(int node) const { return log2_points_[node - leaves_]; }
  [[nodiscard]] double log2_cost(const Objective& objective) const;

  /// A step's children, legs and costs. Parents must be set by the caller's whole change; see set_children.
  void set_step(int node, int left, int right, const std::uint64_t* legs, double log2_size, double log2_points);
  /// Children only, and their parent.
  void set_children(int node, int left, int right);
  void set_log2_points(int node, double log2_points) { log2_points_[node - leaves_] = log2_points; }

  [[nodiscard]] double log2_size_of(const std::uint64_t* set) const;

  /// The steps, children before parents.
  [[nodiscard]] std::vector<int> steps_upwards() const;
  [[nodiscard]] SsaPath path() const;

 private:
  std::uint64_t* legs_at(int node) { return legs_.data() + static_cast<std::size_t>(node) * words_; }
  void find_legs();

  const FlatNetwork* network_;
  int leaves_, words_;
  std::vector<std::pair<int, int>> children_;
  std::vector<int> parent_;
  std::vector<std::uint64_t> legs_;
  std::vector<double> log2_size_, log2_points_;
};

}  // namespace einfold::pathfind
