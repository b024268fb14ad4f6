// SPDX-License-Identifier: MIT
#include "pathfind/elimination.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <queue>
#include <tuple>

namespace einfold::pathfind {
namespace {

class Elimination {
 public:
  Elimination(const FlatNetwork& network, const EliminationOptions& options, Random& random)
      : network_(network), options_(options), random_(random), tensors_(network.tensors), alive_(network.tensors.size(), 1) {
    with_.resize(network.log2_extents.size());
    for (int t = 0; t < network.size(); ++t) {
      for (const int x : tensors_[t]) with_[x].push_back(t);
      log2_size_.push_back(size_of(tensors_[t]));
    }
    blur_.assign(with_.size(), 1);
    if (options.noise > 0)
      for (double& blur : blur_) blur += options.noise * random_.uniform();
    latest_.assign(with_.size(), kNever);
    seen_.assign(with_.size(), -1);
  }

  SsaPath run(const Deadline& deadline) {
    for (int x = 0; x < network_.indices(); ++x)
      if (!network_.in_output[x]) offer(x);
    while (!candidates_.empty()) {
      if (deadline.passed()) return {};
      const auto [depth, score, x] = candidates_.top();
      candidates_.pop();
      if (score != latest_[x] || with_[x].empty()) continue;
      // scores mostly grow: they are found anew when an index is next, not whenever a neighbour is summed
      const double now = score_of(x);
      if (now > score && !candidates_.empty() && std::tuple(depth, now, x) > candidates_.top()) {
        latest_[x] = now;
        candidates_.push({depth, now, x});
      } else {
        eliminate(x);
      }
    }
    std::vector<int> rest;
    for (int t = 0; t < static_cast<int>(tensors_.size()); ++t)
      if (alive_[t]) rest.push_back(t);
    join_all(rest);
    return path_;
  }

 private:
  using Candidate = std::tuple<int, double, int>;  // - depth, score, index
  static constexpr double kNever = -1;

  void offer(int x) {
    latest_[x] = score_of(x);
    candidates_.push({options_.depths == nullptr ? 0 : -(*options_.depths)[x], latest_[x], x});
  }

  /// Tensor after tensor: its new indices have not met those that only the ones before have.
  double score_of(int x) {
    double all = 0, fill = 0;
    ++round_;
    for (const int t : with_[x]) {
      double fresh = 0, met = 0;
      for (const int y : tensors_[t]) {
        if (y == x) continue;
        if (seen_[y] == round_) {
          met += network_.log2_extents[y];
        } else {
          seen_[y] = round_;
          fresh += network_.log2_extents[y];
        }
      }
      fill += fresh * (all - met);
      all += fresh;
    }
    return blur_[x] * (options_.score == EliminationScore::kSize ? all : fill);
  }

  void eliminate(int x) {
    const std::vector<int> members = with_[x];
    thinned_.clear();
    join_all(members);
    latest_[x] = kNever;
    // indices that were on several of these have fewer tensors now: their scores may have become less
    for (const int y : thinned_)
      if (!network_.in_output[y] && !with_[y].empty()) offer(y);
  }

  double size_of(const std::vector<int>& indices) const {
    double size = 0;
    for (const int x : indices) size += network_.log2_extents[x];
    return size;
  }

  void join_all(const std::vector<int>& members) {
    using Item = std::pair<double, int>;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
    for (const int t : members) queue.push({log2_size_[t], t});
    while (queue.size() > 1) {
      const int a = queue.top().second;
      queue.pop();
      const int b = queue.top().second;
      queue.pop();
      join(a, b);
      queue.push({log2_size_.back(), static_cast<int>(tensors_.size()) - 1});
    }
  }

  void join(int a, int b) {
    const int joined = static_cast<int>(tensors_.size());
    alive_[a] = alive_[b] = 0;
    std::vector<int> both, open;
    std::ranges::set_union(tensors_[a], tensors_[b], std::back_inserter(both));
    for (const int x : both) {
      const std::size_t removed = std::erase_if(with_[x], [&](int t) { return t == a || t == b; });
      if (removed == 2) thinned_.push_back(x);
      if (with_[x].empty() && !network_.in_output[x]) continue;
      with_[x].push_back(joined);
      open.push_back(x);
    }
    log2_size_.push_back(size_of(open));
    tensors_.push_back(std::move(open));
    alive_.push_back(1);
    path_.emplace_back(a, b);
  }

  const FlatNetwork& network_;
  const EliminationOptions& options_;
  Random& random_;
  std::vector<std::vector<int>> tensors_, with_;  ///< indices of living tensors; living tensors with an index
  std::vector<double> log2_size_;
  std::vector<char> alive_;
  std::vector<double> blur_, latest_;  ///< per index: noise; the score that counts
  std::vector<int> thinned_;            ///< indices that were on both tensors of a join
  std::vector<int> seen_;               ///< per index: the last round of scoring that met it
  int round_ = 0;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
  SsaPath path_;
};

}  // namespace

SsaPath elimination_path(const FlatNetwork& network, const EliminationOptions& options, Random& random, const Deadline& deadline) {
  return Elimination(network, options, random).run(deadline);
}

}  // namespace einfold::pathfind
