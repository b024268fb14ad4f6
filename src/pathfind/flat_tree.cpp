// SPDX-License-Identifier: MIT
#include "pathfind/flat_tree.hpp"

#include "base/fail.hpp"

#include <algorithm>
#include <bit>

namespace einfold::pathfind {

FlatTree::FlatTree(const FlatNetwork& network, const SsaPath& path)
    : network_(&network),
      leaves_(network.size()),
      words_(std::max(1, (network.indices() + 63) / 64)),
      children_(path),
      parent_(static_cast<std::size_t>(nodes()), -1),
      legs_(static_cast<std::size_t>(nodes()) * words_, 0),
      log2_size_(static_cast<std::size_t>(nodes()), 0),
      log2_points_(path.size(), 0) {
  EINFOLD_INVARIANT(leaves_ >= 2 && static_cast<int>(path.size()) == leaves_ - 1);
  for (int node = leaves_; node < nodes(); ++node) set_children(node, left(node), right(node));
  find_legs();
}

/// legs(v) = all(v) & elsewhere(v), where all(v) = all(left) | all(right), elsewhere(root) = output,
/// elsewhere(left) = elsewhere(v) | all(right).
void FlatTree::find_legs() {
  for (int t = 0; t < leaves_; ++t)
    for (const int index : network_->tensors[t]) legs_at(t)[index / 64] |= std::uint64_t{1} << index % 64;
  for (int v = leaves_; v < nodes(); ++v)
    for (int w = 0; w < words_; ++w) legs_at(v)[w] = legs_at(left(v))[w] | legs_at(right(v))[w];

  std::vector<std::uint64_t> elsewhere(legs_.size(), 0);
  const auto elsewhere_at = [&](int node) { return elsewhere.data() + static_cast<std::size_t>(node) * words_; };
  for (int index = 0; index < network_->indices(); ++index)
    if (network_->in_output[index]) elsewhere_at(root())[index / 64] |= std::uint64_t{1} << index % 64;
  for (int v = root(); v >= leaves_; --v) {
    for (int w = 0; w < words_; ++w) {
      elsewhere_at(left(v))[w] = elsewhere_at(v)[w] | legs_at(right(v))[w];
      elsewhere_at(right(v))[w] = elsewhere_at(v)[w] | legs_at(left(v))[w];
    }
  }
  for (std::size_t w = 0; w < legs_.size(); ++w) legs_[w] &= elsewhere[w];

  std::vector<std::uint64_t> both(static_cast<std::size_t>(words_));
  for (int v = 0; v < nodes(); ++v) log2_size_[v] = log2_size_of(legs(v));
  for (int v = leaves_; v < nodes(); ++v) {
    for (int w = 0; w < words_; ++w) both[w] = legs(left(v))[w] | legs(right(v))[w];
    log2_points_[v - leaves_] = log2_size_of(both.data());
  }
}

double FlatTree::log2_size_of(const std::uint64_t* set) const {
  double sum = 0;
  for (int w = 0; w < words_; ++w)
    for (std::uint64_t rest = set[w]; rest != 0; rest &= rest - 1)
      sum += network_->log2_extents[64 * w + std::countr_zero(rest)];
  return sum;
}

double FlatTree::log2_cost(const Objective& objective) const {
  double cost = kLog2Zero;
  for (int v = leaves_; v < nodes(); ++v)
    cost = objective.log2_sum(cost, objective.log2_step(log2_points(v), log2_size(v)));
  return cost + network_->log2_batch;
}

void FlatTree::set_children(int node, int left, int right) {
  children_[node - leaves_] = {left, right};
  parent_[left] = parent_[right] = node;
}

void FlatTree::set_step(int node, int left, int right, const std::uint64_t* legs, double log2_size, double log2_points) {
  set_children(node, left, right);
  std::copy_n(legs, words_, legs_at(node));
  log2_size_[node] = log2_size;
  log2_points_[node - leaves_] = log2_points;
}

std::vector<int> FlatTree::steps_upwards() const {
  std::vector<int> steps, stack{root()};
  while (!stack.empty()) {
    const int v = stack.back();
    stack.pop_back();
    if (is_leaf(v)) continue;
    steps.push_back(v);
    stack.push_back(left(v));
    stack.push_back(right(v));
  }
  std::ranges::reverse(steps);
  return steps;
}

SsaPath FlatTree::path() const {
  SsaPath path;
  std::vector<int> number(static_cast<std::size_t>(nodes()));
  for (int t = 0; t < leaves_; ++t) number[t] = t;
  for (const int v : steps_upwards()) {
    number[v] = leaves_ + static_cast<int>(path.size());
    path.emplace_back(number[left(v)], number[right(v)]);
  }
  return path;
}

}  // namespace einfold::pathfind
