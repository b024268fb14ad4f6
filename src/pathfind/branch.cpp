// SPDX-License-Identifier: MIT
#include "pathfind/branch.hpp"

#include "pathfind/log2.hpp"

#include <algorithm>
#include <iterator>

namespace einfold::pathfind {
namespace {

class Branch {
 public:
  Branch(const FlatNetwork& network, const Objective& objective, const BranchOptions& options, const Deadline& deadline)
      : network_(network), objective_(objective), options_(options), deadline_(deadline), steps_left_(options.most_steps) {
    holders_.assign(static_cast<std::size_t>(network.indices()), 0);
    for (int t = 0; t < network.size(); ++t) {
      living_.push_back({t, network.tensors[t], log2_of(network.tensors[t])});
      for (const int index : network.tensors[t]) ++holders_[index];
    }
    for (int index = 0; index < network.indices(); ++index) holders_[index] += network.in_output[index] != 0 ? 1 : 0;
  }

  SsaPath run() {
    descend(kLog2Zero);
    return best_;
  }

 private:
  struct Tensor {
    int number;
    std::vector<int> legs;
    double log2_size;
  };
  struct Pair {
    std::size_t a, b;  // positions among the living
    std::vector<int> legs;
    double log2_points, log2_size, score;
  };

  double log2_of(const std::vector<int>& legs) const {
    double sum = 0;
    for (const int index : legs) sum += network_.log2_extents[index];
    return sum;
  }

  Pair pair_of(std::size_t a, std::size_t b) const {
    Pair pair{a, b, {}, 0, 0, 0};
    std::vector<int> all;
    std::ranges::set_union(living_[a].legs, living_[b].legs, std::back_inserter(all));
    for (const int index : all) {
      const auto& other = living_[b].legs;
      const bool both = std::ranges::binary_search(living_[a].legs, index) && std::ranges::binary_search(other, index);
      if (holders_[index] > (both ? 2 : 1)) pair.legs.push_back(index);
    }
    pair.log2_points = log2_of(all);
    pair.log2_size = log2_of(pair.legs);
    pair.score = log2_growth(pair.log2_size, living_[a].log2_size, living_[b].log2_size);
    return pair;
  }

  bool share(const Tensor& a, const Tensor& b) const {
    return std::ranges::any_of(a.legs, [&](int index) { return std::ranges::binary_search(b.legs, index); });
  }

  /// Best first, and only as many as are to be tried; none when the time is over.
  std::vector<Pair> pairs() const {
    std::vector<Pair> result;
    for (const bool outer : {false, true}) {
      for (std::size_t a = 0; a < living_.size(); ++a) {
        if (deadline_.passed()) return {};
        for (std::size_t b = a + 1; b < living_.size(); ++b)
          if (outer || share(living_[a], living_[b])) result.push_back(pair_of(a, b));
      }
      if (!result.empty()) break;
    }
    std::ranges::stable_sort(result, {}, &Pair::score);
    if (options_.most_branches > 0 && result.size() > static_cast<std::size_t>(options_.most_branches))
      result.resize(static_cast<std::size_t>(options_.most_branches));
    return result;
  }

  void descend(double log2_cost) {
    if (living_.size() <= 1) {
      best_ = path_;
      log2_best_ = log2_cost;
      return;
    }
    for (const Pair& pair : pairs()) {
      const double cost = objective_.log2_sum(log2_cost, objective_.log2_step(pair.log2_points, pair.log2_size));
      if (cost >= log2_best_ || (steps_left_ <= 0 && !best_.empty())) continue;
      --steps_left_;
      take(pair, cost);
    }
  }

  /// Takes a step, all that may follow, and takes it back.
  void take(const Pair& pair, double log2_cost) {
    const std::vector<Tensor> living = living_;
    const std::vector<int> holders = holders_;
    for (const std::size_t side : {pair.a, pair.b})
      for (const int index : living_[side].legs) --holders_[index];
    for (const int index : pair.legs) ++holders_[index];
    path_.emplace_back(living_[pair.a].number, living_[pair.b].number);
    living_.erase(living_.begin() + static_cast<std::ptrdiff_t>(pair.b));
    living_.erase(living_.begin() + static_cast<std::ptrdiff_t>(pair.a));
    living_.push_back({network_.size() + static_cast<int>(path_.size()) - 1, pair.legs, pair.log2_size});
    descend(log2_cost);
    path_.pop_back();
    living_ = living;
    holders_ = holders;
  }

  const FlatNetwork& network_;
  const Objective& objective_;
  const BranchOptions& options_;
  const Deadline& deadline_;
  std::int64_t steps_left_;
  std::vector<Tensor> living_;
  std::vector<int> holders_;  ///< per index: living tensors that have it, and the output
  SsaPath path_, best_;
  double log2_best_ = std::numeric_limits<double>::infinity();
};

}  // namespace

SsaPath branch_path(const FlatNetwork& network, const Objective& objective, const BranchOptions& options, const Deadline& deadline) {
  return Branch(network, objective, options, deadline).run();
}

}  // namespace einfold::pathfind
