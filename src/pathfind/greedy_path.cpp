// SPDX-License-Identifier: MIT
#include "pathfind/greedy_path.hpp"

#include "pathfind/log2.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

namespace einfold::pathfind {
namespace {

class GreedyPath {
 public:
  GreedyPath(const FlatNetwork& network, const GreedyOptions& options, Random& random)
      : network_(network), options_(options), random_(random), log2_m_(std::log2(options.m)) {
    tensors_ = network.tensors;
    with_.resize(static_cast<std::size_t>(network.indices()));
    for (int t = 0; t < network.size(); ++t) {
      log2_size_.push_back(size_of(tensors_[t]));
      alive_.push_back(1);
      for (const int index : tensors_[t]) with_[index].push_back(t);
    }
    for (const auto& with : with_) living_.push_back(static_cast<int>(with.size()));
    seen_.assign(static_cast<std::size_t>(2 * network.size()), -1);
  }

  SsaPath run(const Deadline& deadline) {
    for (int t = 0; t < network_.size(); ++t) offer_neighbours(t, Direction::kLater);
    while (!candidates_.empty()) {
      const Candidate best = candidates_.top();
      candidates_.pop();
      if (!alive_[best.a] || !alive_[best.b]) continue;
      if (path_.size() % 32 == 0 && deadline.passed()) return {};
      join(best.a, best.b);
      offer_neighbours(static_cast<int>(tensors_.size()) - 1, Direction::kAll);
    }
    join_rest();
    return path_;
  }

 private:
  struct Candidate {
    double score;
    int a, b;
    bool operator<(const Candidate& other) const {  // the top of the queue is the lowest
      if (score != other.score) return score > other.score;
      return std::pair(a, b) > std::pair(other.a, other.b);
    }
  };
  enum class Direction { kLater, kAll };
  static constexpr int kMostNeighbours = 128;  ///< by one index, lest an index on n tensors makes n^2 candidates

  double size_of(const std::vector<int>& indices) const {
    double size = 0;
    for (const int index : indices) size += network_.log2_extents[index];
    return size;
  }

  void offer_neighbours(int t, Direction direction) {
    seen_[t] = t;
    for (const int index : tensors_[t]) {
      auto& with = with_[index];
      std::erase_if(with, [&](int other) { return !alive_[other]; });
      int offered = 0;
      for (const int other : with) {
        if (seen_[other] == t || (direction == Direction::kLater && other < t)) continue;
        if (++offered > kMostNeighbours) break;
        seen_[other] = t;
        candidates_.push({score(t, other), std::min(t, other), std::max(t, other)});
      }
    }
  }

  double score(int a, int b) {
    double size = 0;
    for_union(a, b, [&](int index, int count) {
      if (living_[index] > count || network_.in_output[index]) size += network_.log2_extents[index];
    });
    const double value = log2_growth(size - log2_m_, log2_size_[a] + log2_m_, log2_size_[b] + log2_m_);
    return options_.temperature == 0 ? value : value - options_.temperature * random_.gumbel();
  }

  /// f(index, how many of the two have it)
  template <class F>
  void for_union(int a, int b, F f) const {
    const auto& x = tensors_[a];
    const auto& y = tensors_[b];
    std::size_t i = 0, j = 0;
    while (i < x.size() || j < y.size()) {
      if (j == y.size() || (i < x.size() && x[i] < y[j]))
        f(x[i++], 1);
      else if (i == x.size() || y[j] < x[i])
        f(y[j++], 1);
      else
        f(x[i], 2), ++i, ++j;
    }
  }

  void join(int a, int b) {
    std::vector<int> result;
    for_union(a, b, [&](int index, int count) {
      if (network_.in_output[index] || living_[index] > count) result.push_back(index);
    });
    alive_[a] = alive_[b] = 0;
    for (const int old : {a, b})
      for (const int index : tensors_[old]) --living_[index];
    for (const int index : result) ++living_[index];
    const int t = static_cast<int>(tensors_.size());
    for (const int index : result) with_[index].push_back(t);
    log2_size_.push_back(size_of(result));
    tensors_.push_back(std::move(result));
    alive_.push_back(1);
    path_.emplace_back(a, b);
  }

  void join_rest() {
    using Item = std::pair<double, int>;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> rest;
    for (int t = 0; t < static_cast<int>(tensors_.size()); ++t)
      if (alive_[t]) rest.push({log2_size_[t], t});
    while (rest.size() > 1) {
      const int a = rest.top().second;
      rest.pop();
      const int b = rest.top().second;
      rest.pop();
      join(std::min(a, b), std::max(a, b));
      rest.push({log2_size_.back(), static_cast<int>(tensors_.size()) - 1});
    }
  }

  const FlatNetwork& network_;
  const GreedyOptions& options_;
  Random& random_;
  double log2_m_;
  std::vector<std::vector<int>> tensors_;
  std::vector<std::vector<int>> with_;  ///< per index: tensors, dead ones dropped when met
  std::vector<int> living_;              ///< per index: how many
  std::vector<double> log2_size_;
  std::vector<char> alive_;
  std::vector<int> seen_;
  std::priority_queue<Candidate> candidates_;
  SsaPath path_;
};

}  // namespace

SsaPath greedy_path(const FlatNetwork& network, const GreedyOptions& options, Random& random, const Deadline& deadline) {
  return GreedyPath(network, options, random).run(deadline);
}

}  // namespace einfold::pathfind
