// SPDX-License-Identifier: MIT
#include "pathfind/partition.hpp"

#include "pathfind/subsets.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <queue>
#include <tuple>

namespace einfold::pathfind {
namespace {

using Part = std::vector<int>;  // tensors

/// One bisection: nodes are positions in the part.
class Bisection {
 public:
  Bisection(const FlatNetwork& network, const Part& part, double imbalance, Random& random) : random_(random) {
    const int count = static_cast<int>(part.size());
    std::map<int, int> local;
    legs_.resize(part.size());
    for (int n = 0; n < count; ++n) {
      for (const int x : network.tensors[part[n]]) {
        const auto [index, is_new] = local.emplace(x, static_cast<int>(nodes_.size()));
        if (is_new) {
          nodes_.emplace_back();
          weight_.push_back(network.log2_extents[x]);
        }
        nodes_[index->second].push_back(n);
        legs_[n].push_back(index->second);
      }
    }
    most_ = std::clamp(static_cast<int>((1 + imbalance) / 2 * count), (count + 1) / 2, count - 1);
  }

  std::vector<char> run() {
    grow();
    for (int pass = 0; pass < 8 && refine(); ++pass) {
    }
    return side_;
  }

 private:
  /// Breadth first from a tensor far from a random one.
  void grow() {
    const int count = static_cast<int>(legs_.size());
    const int far = breadth_first(random_.below(count)).back();
    const std::vector<int> order = breadth_first(far);
    side_.assign(legs_.size(), 1);
    for (int n = 0; n < count / 2; ++n) side_[order[n]] = 0;
    on_.assign(nodes_.size(), {0, 0});
    for (std::size_t x = 0; x < nodes_.size(); ++x)
      for (const int n : nodes_[x]) ++on_[x][side_[n]];
  }

  std::vector<int> breadth_first(int start) {
    std::vector<char> seen(legs_.size(), 0);
    std::vector<int> order;
    const auto visit = [&](int n) {
      if (!seen[n]) order.push_back(n);
      seen[n] = 1;
    };
    visit(start);
    for (std::size_t next = 0, other = 0; order.size() < legs_.size() || next < order.size();) {
      if (next == order.size()) {  // another component
        while (seen[other]) ++other;
        visit(static_cast<int>(other));
      }
      const int n = order[next++];
      for (const int x : legs_[n])
        for (const int neighbour : nodes_[x]) visit(neighbour);
    }
    return order;
  }

  double gain(int n) const {
    const int from = side_[n];
    double sum = 0;
    for (const int x : legs_[n]) {
      if (nodes_[x].size() < 2) continue;
      if (on_[x][from] == 1) sum += weight_[x];      // leaves the cut
      if (on_[x][1 - from] == 0) sum -= weight_[x];  // enters it
    }
    return sum;
  }

  void move(int n) {
    for (const int x : legs_[n]) {
      --on_[x][side_[n]];
      ++on_[x][1 - side_[n]];
    }
    side_[n] = static_cast<char>(1 - side_[n]);
  }

  /// Moves every node once, the best first, and keeps the best prefix; whether that cut less.
  bool refine() {
    const int count = static_cast<int>(legs_.size());
    std::array<int, 2> size{};
    for (const char side : side_) ++size[side];
    using Candidate = std::tuple<double, int, int>;  // gain, node, version
    std::array<std::priority_queue<Candidate>, 2> queue;
    std::vector<int> version(legs_.size(), 0);
    for (int n = 0; n < count; ++n) queue[side_[n]].push({gain(n), n, 0});
    std::vector<int> moved;
    double sum = 0, best = 1e-9;
    std::size_t keep = 0;
    const auto stale = [&](const Candidate& c) { return version[std::get<1>(c)] != std::get<2>(c); };
    while (true) {
      int from = -1;
      for (const int side : {0, 1}) {
        while (!queue[side].empty() && stale(queue[side].top())) queue[side].pop();
        if (queue[side].empty() || size[1 - side] >= most_) continue;
        if (from < 0 || queue[side].top() > queue[from].top()) from = side;
      }
      // a long run of losses does not come back
      if (from < 0 || moved.size() > keep + 50 + legs_.size() / 8) break;
      const auto [g, n, unused] = queue[from].top();
      version[n] = -1;
      --size[from];
      ++size[1 - from];
      move(n);
      moved.push_back(n);
      sum += g;
      if (sum > best) {
        best = sum;
        keep = moved.size();
      }
      for (const int x : legs_[n]) {
        if (nodes_[x].size() > 64) continue;  // their gains hardly change
        for (const int neighbour : nodes_[x])
          if (version[neighbour] >= 0)
            queue[side_[neighbour]].push({gain(neighbour), neighbour, ++version[neighbour]});
      }
    }
    while (moved.size() > keep) {
      move(moved.back());
      moved.pop_back();
    }
    return keep > 0;
  }

  Random& random_;
  int most_ = 0;
  std::vector<std::vector<int>> legs_, nodes_;  ///< per node: indices; per index: nodes
  std::vector<double> weight_;
  std::vector<char> side_;
  std::vector<std::array<int, 2>> on_;  ///< per index: nodes on either side
};

/// A small part's own steps; the last is its tensor.
int solve_part(const FlatNetwork& network, const Part& part, const std::vector<int>& occurrences, SsaPath& path) {
  if (part.size() == 1) return part.front();
  std::map<int, IndexClass> classes;
  std::map<int, int> inside;
  for (std::size_t t = 0; t < part.size(); ++t) {
    for (const int x : network.tensors[part[t]]) {
      classes[x].tensors |= std::uint32_t{1} << t;
      ++inside[x];
    }
  }
  std::vector<IndexClass> indices;
  for (auto& [x, index] : classes) {
    index.log2_extent = network.log2_extents[x];
    index.elsewhere = network.in_output[x] || inside[x] < occurrences[x];
    indices.push_back(index);
  }
  const int count = static_cast<int>(part.size());
  BestTree best = best_tree(count, indices, {});
  if (best.path.empty())  // beyond the range of doubles: one after the other
    for (int t = 1; t < count; ++t) best.path.emplace_back(t == 1 ? 0 : count + t - 2, t);
  std::vector<int> number = part;
  for (const auto& [a, b] : best.path) {
    path.emplace_back(number[a], number[b]);
    number.push_back(network.size() + static_cast<int>(path.size()) - 1);
  }
  return number.back();
}

}  // namespace

SsaPath partition_path(const FlatNetwork& network, const PartitionOptions& options, Random& random) {
  std::vector<int> occurrences(static_cast<std::size_t>(network.indices()), 0);
  for (const auto& tensor : network.tensors)
    for (const int x : tensor) ++occurrences[x];
  const std::size_t cutoff = static_cast<std::size_t>(std::clamp(options.cutoff, 2, 12));

  SsaPath path;
  std::vector<int> results;  // of parts that are done and wait for their other half
  struct Task {
    Part part;
    bool join = false;
  };
  std::vector<Task> tasks(1);
  for (int t = 0; t < network.size(); ++t) tasks[0].part.push_back(t);
  while (!tasks.empty()) {
    const Task task = std::move(tasks.back());
    tasks.pop_back();
    if (task.join) {
      const int b = results.back();
      results.pop_back();
      path.emplace_back(results.back(), b);
      results.back() = network.size() + static_cast<int>(path.size()) - 1;
      continue;
    }
    if (task.part.size() <= cutoff) {
      results.push_back(solve_part(network, task.part, occurrences, path));
      continue;
    }
    const std::vector<char> side = Bisection(network, task.part, options.imbalance, random).run();
    std::array<Part, 2> halves;
    for (std::size_t n = 0; n < side.size(); ++n) halves[side[n]].push_back(task.part[n]);
    tasks.push_back({{}, true});
    for (Part& half : halves) tasks.push_back({std::move(half)});
  }
  return path;
}

}  // namespace einfold::pathfind
