// SPDX-License-Identifier: MIT
#include "pathfind/subsets.hpp"

#include "base/fail.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace einfold::pathfind {
namespace {

using Set = std::uint32_t;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Per subset.
struct Table {
  std::vector<double> touch, inverse_inside, size, best;
  std::vector<Set> half;  ///< one side of the best split
};

/// For all S, of one number per set: the product over the subsets of S.
void multiply_subsets(std::vector<double>& product) {
  for (Set bit = 1; bit < product.size(); bit *= 2)
    for (Set high = bit; high < product.size(); high += 2 * bit)
      for (Set s = high; s < high + bit; ++s) product[s] *= product[s - bit];
}

/// Numbers are exact where extents are powers of two.
Table table_of(int count, std::span<const IndexClass> indices, double log2_total) {
  const std::size_t sets = std::size_t{1} << count;
  Table table;
  table.inverse_inside.assign(sets, 1);
  table.touch.assign(sets, 1);  // first, what S does not touch
  for (const IndexClass& index : indices) {
    const double inverse = std::exp2(-index.log2_extent);
    if (!index.elsewhere) table.inverse_inside[index.tensors] *= inverse;
    table.touch[index.tensors] *= inverse;
  }
  multiply_subsets(table.inverse_inside);
  multiply_subsets(table.touch);
  std::ranges::reverse(table.touch);
  const double everything = std::exp2(log2_total);
  table.size.resize(sets);
  for (std::size_t s = 0; s < sets; ++s) {
    table.touch[s] *= everything;
    table.size[s] = table.touch[s] * table.inverse_inside[s];
  }
  table.best.assign(sets, 0);
  table.half.assign(sets, 0);
  return table;
}

/// Sums of points and sizes, one number of tensors after the other. Subsets that cost more than `bound` are dead: no best tree has
/// them. A size is filled from pairs of living subsets or by splitting each of its subsets, whatever is less work.
class SumFiller {
 public:
  SumFiller(Table& table, const Objective& objective, double bound)
      : table_(table), objective_(objective), bound_(bound), count_(std::countr_zero(table.best.size())) {}

  void run() {
    if (bound_ == kInfinity) {
      for (Set s = 3; s < table_.best.size(); ++s) {
        if (std::has_single_bit(s)) continue;
        split(s);
        table_.best[s] += objective_.write_weight * table_.size[s];
      }
      return;
    }
    living_.resize(static_cast<std::size_t>(count_) + 1);
    std::vector<std::vector<Set>> of_size(static_cast<std::size_t>(count_) + 1);
    for (Set s = 1; s < table_.best.size(); ++s) of_size[std::popcount(s)].push_back(s);
    living_[1] = of_size[1];
    for (int size = 2; size <= count_; ++size) {
      for (const Set s : of_size[size]) table_.best[s] = kInfinity;
      double pairs = 0;
      for (int half = 1; 2 * half <= size; ++half)
        pairs += static_cast<double>(living_[half].size()) * static_cast<double>(living_[size - half].size());
      if (pairs < 0.5 * static_cast<double>(of_size[size].size()) * std::exp2(size - 1)) {
        join_living(size);
      } else {
        for (const Set s : of_size[size]) split(s);
      }
      for (const Set s : of_size[size]) {
        double& best = table_.best[s];
        best += objective_.write_weight * table_.size[s];
        // its consumer visits at least its elements
        if (best + objective_.flops_weight * table_.size[s] > bound_ && size < count_) best = kInfinity;
        if (best < kInfinity) living_[size].push_back(s);
      }
    }
  }

 private:
  void offer(Set s, Set side, Set other) {
    const double points = objective_.flops_weight * table_.touch[s] * (table_.inverse_inside[side] * table_.inverse_inside[other]);
    const double cost = table_.best[side] + table_.best[other] + points;
    if (cost >= table_.best[s]) return;
    table_.best[s] = cost;
    table_.half[s] = side;
  }

  void join_living(int size) {
    for (int half = 1; 2 * half <= size; ++half) {
      for (const Set a : living_[half]) {
        for (const Set b : living_[size - half])
          if ((a & b) == 0) offer(a | b, a, b);
      }
    }
  }

  /// Into the side with the lowest tensor and another.
  void split(Set s) {
    const double* best = table_.best.data();
    const double* inverse = table_.inverse_inside.data();
    const double touch = objective_.flops_weight * table_.touch[s];
    const Set rest = s & (s - 1);
    double least = kInfinity;
    Set half = 0;
    for (Set other = rest; other != 0; other = (other - 1) & rest) {
      const Set side = s ^ other;
      const double cost = best[side] + best[other] + touch * (inverse[side] * inverse[other]);
      if (cost < least) {
        least = cost;
        half = side;
      }
    }
    table_.best[s] = least;
    table_.half[s] = half;
  }

  Table& table_;
  const Objective& objective_;
  double bound_;
  int count_;
  std::vector<std::vector<Set>> living_;  ///< by number of tensors
};

/// The least largest size, which is returned; then flops among the trees that reach it.
double fill_largest(Table& table) {
  std::vector<double> largest(table.best.size(), 0);
  for (Set s = 3; s < table.best.size(); ++s) {
    if (std::has_single_bit(s)) continue;
    const Set rest = s & (s - 1);
    double least = kInfinity;
    for (Set other = rest; other != 0; other = (other - 1) & rest)
      least = std::min(least, std::max(largest[s ^ other], largest[other]));
    largest[s] = std::max(least, table.size[s]);
  }
  const double limit = largest.back();
  for (Set s = 0; s < table.best.size(); ++s)
    if (!std::has_single_bit(s) && table.size[s] > limit * (1 + 1e-12)) table.touch[s] = kInfinity;
  const Objective flops;
  SumFiller(table, flops, kInfinity).run();
  return limit;
}

/// Appends the steps of the best tree over s and returns its number.
int append_tree(int count, const Table& table, Set s, SsaPath& path) {
  if (std::has_single_bit(s)) return std::countr_zero(s);
  const int a = append_tree(count, table, table.half[s], path);
  const int b = append_tree(count, table, s ^ table.half[s], path);
  path.emplace_back(a, b);
  return count + static_cast<int>(path.size()) - 1;
}

}  // namespace

BestTree best_tree(int count, std::span<const IndexClass> indices, const Objective& objective, double log2_bound) {
  EINFOLD_INVARIANT(count >= 2 && count <= kMostInSubsets);
  double total = 0;
  for (const IndexClass& index : indices) total += index.log2_extent;
  if (total > 900) return {};
  Table table = table_of(count, indices, total);
  double cost = 0;
  if (objective.largest) {
    cost = fill_largest(table);
  } else {
    SumFiller(table, objective, std::exp2(log2_bound) * (1 + 1e-9)).run();
    cost = table.best.back();
  }
  BestTree tree{{}, std::log2(cost)};
  tree.path.reserve(static_cast<std::size_t>(count) - 1);
  append_tree(count, table, static_cast<Set>(table.best.size() - 1), tree.path);
  return tree;
}

std::vector<IndexClass> index_classes(const FlatNetwork& network) {
  std::vector<IndexClass> indices(static_cast<std::size_t>(network.indices()));
  for (int t = 0; t < network.size(); ++t)
    for (const int index : network.tensors[t]) indices[index].tensors |= Set{1} << t;
  for (int index = 0; index < network.indices(); ++index) {
    indices[index].elsewhere = network.in_output[index] != 0;
    indices[index].log2_extent = network.log2_extents[index];
  }
  return indices;
}

BestTree best_tree(const FlatNetwork& network, const Objective& objective, double log2_bound) {
  BestTree best = best_tree(network.size(), index_classes(network), objective, log2_bound - network.log2_batch);
  best.log2_cost += network.log2_batch;
  return best;
}

}  // namespace einfold::pathfind
