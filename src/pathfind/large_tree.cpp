// SPDX-License-Identifier: MIT
#include "pathfind/large_tree.hpp"

#include "base/fail.hpp"
#include "pathfind/random.hpp"

#include <algorithm>
#include <bit>
#include <queue>
#include <unordered_map>

namespace einfold::pathfind {
namespace {

/// Follows a path: f(step, legs of the result, log2 of its size, log2 of the points).
template <class F>
void for_steps(const FlatNetwork& network, const SsaPath& path, std::vector<std::vector<int>>& tensors, F f) {
  std::vector<int> living(static_cast<std::size_t>(network.indices()), 0);
  for (const auto& tensor : tensors)
    for (const int x : tensor) ++living[x];
  for (std::size_t step = 0; step < path.size(); ++step) {
    const auto& a = tensors[static_cast<std::size_t>(path[step].first)];
    const auto& b = tensors[static_cast<std::size_t>(path[step].second)];
    std::vector<int> legs;
    double points = 0, size = 0;
    const auto visit = [&](int x, int count) {
      points += network.log2_extents[x];
      living[x] -= count;
      if (living[x] == 0 && !network.in_output[x]) return;
      ++living[x];
      size += network.log2_extents[x];
      legs.push_back(x);
    };
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
      if (j == b.size() || (i < a.size() && a[i] < b[j]))
        visit(a[i++], 1);
      else if (i == a.size() || b[j] < a[i])
        visit(b[j++], 1);
      else
        visit(a[i], 2), ++i, ++j;
    }
    f(step, std::move(legs), size, points);
  }
}

}  // namespace

double log2_cost_of(const FlatNetwork& network, const SsaPath& path, const Objective& objective) {
  std::vector<std::vector<int>> tensors = network.tensors;
  tensors.reserve(tensors.size() + path.size());
  double cost = kLog2Zero;
  for_steps(network, path, tensors, [&](std::size_t step, std::vector<int> legs, double size, double points) {
    cost = objective.log2_sum(cost, objective.log2_step(points, size));
    for (const int old : {path[step].first, path[step].second}) std::vector<int>().swap(tensors[static_cast<std::size_t>(old)]);
    tensors.push_back(std::move(legs));
  });
  return cost + network.log2_batch;
}

LargeTree::LargeTree(const FlatNetwork& network, const SsaPath& path)
    : network_(&network), leaves_(network.size()), children_(path), legs_(network.tensors) {
  EINFOLD_INVARIANT(leaves_ >= 2 && static_cast<int>(path.size()) == leaves_ - 1);
  legs_.reserve(legs_.size() + path.size());
  for (const auto& tensor : network.tensors) log2_size_.push_back(size_of(tensor));
  for_steps(network, path, legs_, [&](std::size_t, std::vector<int> legs, double size, double points) {
    legs_.push_back(std::move(legs));
    log2_size_.push_back(size);
    log2_points_.push_back(points);
  });
}

double LargeTree::size_of(const std::vector<int>& indices) const {
  double size = 0;
  for (const int x : indices) size += network_->log2_extents[x];
  return size;
}

double LargeTree::log2_cost(const Objective& objective) const {
  double cost = kLog2Zero;
  for (int v = leaves_; v <= root(); ++v)
    cost = objective.log2_sum(cost, objective.log2_step(log2_points_[v - leaves_], log2_size_[v]));
  return cost + network_->log2_batch;
}

std::vector<int> LargeTree::steps_upwards() const {
  std::vector<int> steps, stack{root()};
  while (!stack.empty()) {
    const int v = stack.back();
    stack.pop_back();
    if (is_leaf(v)) continue;
    steps.push_back(v);
    stack.push_back(children_[v - leaves_].first);
    stack.push_back(children_[v - leaves_].second);
  }
  std::ranges::reverse(steps);
  return steps;
}

SsaPath LargeTree::path() const {
  SsaPath path;
  std::vector<int> number(legs_.size());
  for (int t = 0; t < leaves_; ++t) number[t] = t;
  for (const int v : steps_upwards()) {
    number[v] = leaves_ + static_cast<int>(path.size());
    path.emplace_back(number[children_[v - leaves_].first], number[children_[v - leaves_].second]);
  }
  return path;
}

std::vector<double> LargeTree::dearest_below(const Objective& objective) const {
  std::vector<double> dearest(legs_.size(), kLog2Zero);
  for (const int v : steps_upwards()) {
    const auto [a, b] = children_[v - leaves_];
    dearest[v] = std::max({dearest[a], dearest[b], objective.log2_step(log2_points_[v - leaves_], log2_size_[v])});
  }
  return dearest;
}

LargeTree::Window LargeTree::window(int top, int most, const std::vector<double>& dearest_below) const {
  Window window;
  std::priority_queue<std::pair<double, int>> open;
  open.push({dearest_below[top], top});
  while (!open.empty() && static_cast<int>(open.size() + window.below.size()) < most) {
    const int node = open.top().second;
    open.pop();
    if (is_leaf(node)) {
      window.below.push_back(node);
      continue;
    }
    window.steps.push_back(node);
    for (const int child : {children_[node - leaves_].first, children_[node - leaves_].second}) open.push({dearest_below[child], child});
  }
  for (; !open.empty(); open.pop()) window.below.push_back(open.top().second);

  // indices that the same tensors have become one: keyed by a hash of who has them
  std::unordered_map<int, std::vector<int>> tensors_with;
  std::vector<int> indices;  // in order of first occurrence
  for (int t = 0; t < static_cast<int>(window.below.size()); ++t) {
    for (const int x : legs_[window.below[t]]) {
      auto& with = tensors_with[x];
      if (with.empty()) indices.push_back(x);
      with.push_back(t);
    }
  }
  std::unordered_map<std::uint64_t, int> class_with;
  window.network.tensors.resize(window.below.size());
  for (const int x : indices) {
    const bool leaves_window = std::ranges::binary_search(legs_[top], x);
    std::uint64_t key = leaves_window ? 1 : 0;
    for (const int t : tensors_with[x]) key += mixed(static_cast<std::uint64_t>(t) + 2);
    const auto [known, is_new] = class_with.try_emplace(key, window.network.indices());
    if (is_new) {
      for (const int t : tensors_with[x]) window.network.tensors[t].push_back(known->second);
      window.network.log2_extents.push_back(0);
      window.network.in_output.push_back(leaves_window);
      window.members.emplace_back();
    }
    window.network.log2_extents[known->second] += network_->log2_extents[x];
    window.members[known->second].push_back(x);
  }

  std::unordered_map<int, int> number;
  for (std::size_t t = 0; t < window.below.size(); ++t) number[window.below[t]] = static_cast<int>(t);
  for (auto step = window.steps.rbegin(); step != window.steps.rend(); ++step) {
    window.path.emplace_back(number.at(children_[*step - leaves_].first), number.at(children_[*step - leaves_].second));
    number[*step] = window.network.size() + static_cast<int>(window.path.size()) - 1;
  }
  return window;
}

void LargeTree::replace(const Window& window, const FlatTree& tree) {
  std::vector<int> number(static_cast<std::size_t>(tree.nodes()));
  std::ranges::copy(window.below, number.begin());
  auto free = window.steps.rbegin();  // the top keeps its number
  for (const int step : tree.steps_upwards()) {
    const int node = number[step] = *free++;
    children_[node - leaves_] = {number[tree.left(step)], number[tree.right(step)]};
    log2_size_[node] = tree.log2_size(step);
    log2_points_[node - leaves_] = tree.log2_points(step);
    auto& legs = legs_[node];
    legs.clear();
    for (int w = 0; w < tree.words(); ++w) {
      for (std::uint64_t rest = tree.legs(step)[w]; rest != 0; rest &= rest - 1) {
        const auto& members = window.members[64 * static_cast<std::size_t>(w) + std::countr_zero(rest)];
        legs.insert(legs.end(), members.begin(), members.end());
      }
    }
    std::ranges::sort(legs);
  }
}

}  // namespace einfold::pathfind
