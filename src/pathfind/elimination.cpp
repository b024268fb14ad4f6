// SPDX-License-Identifier: MIT
#include "pathfind/elimination.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <queue>
#include <set>
#include <tuple>

namespace einfold::pathfind {
namespace {

class Elimination {
 public:
  Elimination(const FlatNetwork& network, EliminationScore score, double noise, Random& random)
      : network_(network), score_(score), noise_(noise), random_(random), tensors_(network.tensors) {
    with_.resize(static_cast<std::size_t>(network.indices()));
    neighbours_.resize(with_.size());
    version_.assign(with_.size(), 0);
    for (int t = 0; t < network.size(); ++t) {
      for (const int x : tensors_[t]) {
        with_[x].insert(t);
        for (const int y : tensors_[t])
          if (x != y) neighbours_[x].insert(y);
      }
    }
  }

  SsaPath run() {
    for (int x = 0; x < network_.indices(); ++x)
      if (!network_.in_output[x]) offer(x);
    while (!candidates_.empty()) {
      const auto [cost, x, version] = candidates_.top();
      candidates_.pop();
      if (version == version_[x]) eliminate(x);
    }
    std::vector<int> rest;
    for (int t = 0; t < static_cast<int>(tensors_.size()); ++t)
      if (alive(t)) rest.push_back(t);
    join_all(rest);
    return path_;
  }

 private:
  using Candidate = std::tuple<double, int, int>;  // score, index, version

  bool alive(int t) const { return t >= static_cast<int>(dead_.size()) || !dead_[t]; }

  double extent(int x) const { return network_.log2_extents[x]; }

  void offer(int x) {
    double cost = 0;
    if (score_ == EliminationScore::kSize) {
      for (const int y : neighbours_[x]) cost += extent(y);
    } else {
      for (auto y = neighbours_[x].begin(); y != neighbours_[x].end(); ++y)
        for (auto z = std::next(y); z != neighbours_[x].end(); ++z)
          if (!neighbours_[*y].contains(*z)) cost += extent(*y) * extent(*z);
    }
    if (noise_ > 0) cost *= 1 + noise_ * random_.uniform();
    candidates_.push({cost, x, ++version_[x]});
  }

  void eliminate(int x) {
    version_[x] = -1;
    const std::vector<int> members(with_[x].begin(), with_[x].end());
    join_all(members);
    const std::vector<int> clique(neighbours_[x].begin(), neighbours_[x].end());
    for (const int y : clique) {
      neighbours_[y].erase(x);
      for (const int z : clique)
        if (y != z) neighbours_[y].insert(z);
    }
    neighbours_[x].clear();
    for (const int y : clique)
      if (version_[y] >= 0 && !network_.in_output[y]) offer(y);
  }

  double size_of(int t) const {
    double size = 0;
    for (const int x : tensors_[t]) size += extent(x);
    return size;
  }

  void join_all(const std::vector<int>& members) {
    using Item = std::pair<double, int>;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
    for (const int t : members) queue.push({size_of(t), t});
    while (queue.size() > 1) {
      const int a = queue.top().second;
      queue.pop();
      const int b = queue.top().second;
      queue.pop();
      const int joined = join(a, b);
      queue.push({size_of(joined), joined});
    }
  }

  int join(int a, int b) {
    const int joined = static_cast<int>(tensors_.size());
    dead_.resize(static_cast<std::size_t>(joined) + 1, 0);
    dead_[a] = dead_[b] = 1;
    std::vector<int> both, open;
    std::ranges::set_union(tensors_[a], tensors_[b], std::back_inserter(both));
    for (const int x : both) {
      with_[x].erase(a);
      with_[x].erase(b);
      if (with_[x].empty() && !network_.in_output[x]) continue;
      with_[x].insert(joined);
      open.push_back(x);
    }
    tensors_.push_back(std::move(open));
    path_.emplace_back(a, b);
    return joined;
  }

  const FlatNetwork& network_;
  EliminationScore score_;
  double noise_;
  Random& random_;
  std::vector<std::vector<int>> tensors_;
  std::vector<std::set<int>> with_, neighbours_;  ///< per index: tensors; indices it shares a tensor with
  std::vector<int> version_;                      ///< of an index's latest score; -1: eliminated
  std::vector<char> dead_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
  SsaPath path_;
};

}  // namespace

SsaPath elimination_path(const FlatNetwork& network, EliminationScore score, double noise, Random& random) {
  return Elimination(network, score, noise, random).run();
}

}  // namespace einfold::pathfind
