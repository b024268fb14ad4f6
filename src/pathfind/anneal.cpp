// SPDX-License-Identifier: MIT
#include "pathfind/anneal.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace einfold::pathfind {
namespace {

/// log2(1 + 2^-x) by linear interpolation: off by less than 1e-5, and as fast as moves need it.
class Log2OnePlus {
 public:
  Log2OnePlus() {
    for (int n = 0; n <= kMost * kPerUnit + 1; ++n) values_[n] = std::log2(1 + std::exp2(-static_cast<double>(n) / kPerUnit));
  }
  double operator()(double x) const {
    if (x >= kMost) return 0;
    const double at = x * kPerUnit;
    const int n = static_cast<int>(at);
    return values_[n] + (at - n) * (values_[n + 1] - values_[n]);
  }

 private:
  static constexpr int kMost = 20, kPerUnit = 128;
  std::array<double, kMost * kPerUnit + 2> values_;
};

const Log2OnePlus& log2_one_plus() {
  static const Log2OnePlus table;
  return table;
}

/// The tree's numbers laid out for moves at a rate of millions a second.
class Annealer {
 public:
  Annealer(FlatTree& tree, const Objective& objective, Random& random)
      : tree_(tree),
        extents_(tree.network().log2_extents),
        objective_(objective),
        random_(random),
        words_(tree.words()),
        joined_(static_cast<std::size_t>(words_)),
        legs_(static_cast<std::size_t>(words_)) {
    for (int step = tree.leaves(); step < tree.nodes(); ++step)
      costs_.push_back(objective.log2_step(tree.log2_points(step), tree.log2_size(step)));
  }

  void sweep(double temperature) {
    const int steps = tree_.leaves() - 1;
    for (int n = 0; n < steps; ++n) try_move(tree_.leaves() + random_.below(steps), temperature);
  }

 private:
  void try_move(int top, double temperature) {
    const std::uint64_t bits = random_.next();
    int inner = tree_.left(top), c = tree_.right(top);
    if (bits & 1) std::swap(inner, c);
    if (tree_.is_leaf(inner)) std::swap(inner, c);
    if (tree_.is_leaf(inner)) return;
    int a = tree_.left(inner), b = tree_.right(inner);
    if (bits & 2) std::swap(a, b);

    // ((a, b), c) -> ((a, c), b):  legs(a, c) = (a | c) & (b | top)
    const std::uint64_t* la = tree_.legs(a);
    const std::uint64_t* lb = tree_.legs(b);
    const std::uint64_t* lc = tree_.legs(c);
    const std::uint64_t* lt = tree_.legs(top);
    double common = 0, closed = 0, shared = 0;
    for (int w = 0; w < words_; ++w) {
      joined_[w] = la[w] | lc[w];
      legs_[w] = joined_[w] & (lb[w] | lt[w]);
      common += sum(w, la[w] & lc[w]);
      closed += sum(w, joined_[w] & ~legs_[w]);
      shared += sum(w, legs_[w] & lb[w]);
    }
    const double inner_points = tree_.log2_size(a) + tree_.log2_size(c) - common;
    const double inner_size = inner_points - closed;
    const double top_points = inner_size + tree_.log2_size(b) - shared;
    const double inner_cost = objective_.log2_step(inner_points, inner_size);
    const double top_cost = objective_.log2_step(top_points, tree_.log2_size(top));
    const double change = together(inner_cost, top_cost) - together(cost(inner), cost(top));
    if (change > 0 && (change > 60 * temperature || random_.uniform() >= std::exp2(-change / temperature))) return;
    tree_.set_step(inner, a, c, legs_.data(), inner_size, inner_points);
    tree_.set_children(top, inner, b);
    tree_.set_log2_points(top, top_points);
    cost(inner) = inner_cost;
    cost(top) = top_cost;
  }

  double& cost(int step) { return costs_[static_cast<std::size_t>(step - tree_.leaves())]; }

  double together(double a, double b) const {
    const double high = std::max(a, b);
    return objective_.largest ? high : high + log2_one_plus_(high - std::min(a, b));
  }

  double sum(int word, std::uint64_t set) const {
    double result = 0;
    for (; set != 0; set &= set - 1) result += extents_[64 * static_cast<std::size_t>(word) + std::countr_zero(set)];
    return result;
  }

  FlatTree& tree_;
  const std::vector<double>& extents_;
  const Objective& objective_;
  Random& random_;
  int words_;
  std::vector<std::uint64_t> joined_, legs_;
  std::vector<double> costs_;  ///< log2, per step
  const Log2OnePlus& log2_one_plus_ = log2_one_plus();
};

}  // namespace

void anneal(FlatTree& tree, const Objective& objective, const Annealing& schedule, Random& random, const Deadline& deadline) {
  Annealer annealer(tree, objective, random);
  SsaPath best = tree.path();
  double best_cost = tree.log2_cost(objective);
  const double ratio = std::pow(schedule.coldest / schedule.hottest, 1.0 / std::max(1, schedule.temperatures - 1));
  double temperature = schedule.hottest;
  for (int t = 0; t < schedule.temperatures && !deadline.passed(); ++t, temperature *= ratio) {
    for (int s = 0; s < schedule.sweeps && !deadline.passed(); ++s) annealer.sweep(temperature);
    const double cost = tree.log2_cost(objective);
    if (cost < best_cost) {
      best_cost = cost;
      best = tree.path();
    }
  }
  tree = FlatTree(tree.network(), best);
}

}  // namespace einfold::pathfind
