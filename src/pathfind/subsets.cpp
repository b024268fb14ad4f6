// SPDX-License-Identifier: MIT
#include "pathfind/subsets.hpp"

#include "base/fail.hpp"

#include <bit>
#include <limits>
#include <map>

namespace einfold::pathfind {
namespace {

using Set = std::uint32_t;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Per subset; numbers in units of 2^unit.
struct Table {
  std::vector<double> touch, inverse_inside, size, best;
  std::vector<Set> half;  ///< one side of the best split
};

/// log2 of the extents of the indices on subsets of S only, for all S: sums over subsets.
std::vector<double> log2_inside(int count, std::span<const IndexClass> indices) {
  std::vector<double> inside(std::size_t{1} << count, 0);
  for (const IndexClass& index : indices)
    if (!index.elsewhere) inside[index.tensors] += index.log2_extent;
  for (int t = 0; t < count; ++t)
    for (Set s = 0; s < inside.size(); ++s)
      if (s >> t & 1) inside[s] += inside[s ^ Set{1} << t];
  return inside;
}

/// log2 of the extents of all indices on S: all but those on subsets of the rest.
std::vector<double> log2_touch(int count, std::span<const IndexClass> indices) {
  std::vector<IndexClass> all(indices.begin(), indices.end());
  double total = 0;
  for (IndexClass& index : all) {
    index.elsewhere = false;
    total += index.log2_extent;
  }
  const std::vector<double> inside = log2_inside(count, all);
  std::vector<double> touch(inside.size());
  for (Set s = 0; s < touch.size(); ++s) touch[s] = total - inside[touch.size() - 1 - s];
  return touch;
}

/// Sums of points and sizes.
void fill_sums(Table& table, const Objective& objective) {
  const double* best = table.best.data();
  const double* inverse = table.inverse_inside.data();
  for (Set s = 3; s < table.best.size(); ++s) {
    if (std::has_single_bit(s)) continue;
    const double touch = objective.flops_weight * table.touch[s];
    const Set lowest = s & (0u - s);
    const Set rest = s ^ lowest;  // the side with the lowest tensor: lowest + sub
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
    table.best[s] = least + objective.write_weight * table.size[s];
    table.half[s] = half;
  }
}

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
  fill_sums(table, {});
  return limit;
}

SsaPath path_of(int count, const Table& table) {
  SsaPath path;
  std::vector<Set> stack{static_cast<Set>(table.best.size() - 1)};
  std::vector<Set> order;  // parents first
  while (!stack.empty()) {
    const Set s = stack.back();
    stack.pop_back();
    if (std::has_single_bit(s)) continue;
    order.push_back(s);
    stack.push_back(table.half[s]);
    stack.push_back(s ^ table.half[s]);
  }
  std::map<Set, int> number;
  for (int t = 0; t < count; ++t) number[Set{1} << t] = t;
  for (auto s = order.rbegin(); s != order.rend(); ++s) {
    path.emplace_back(number.at(table.half[*s]), number.at(*s ^ table.half[*s]));
    number[*s] = count + static_cast<int>(path.size()) - 1;
  }
  return path;
}

}  // namespace

BestTree best_tree(int count, std::span<const IndexClass> indices, const Objective& objective) {
  EINFOLD_INVARIANT(count >= 2 && count <= kMostInSubsets);
  const std::vector<double> touch = log2_touch(count, indices);
  const std::vector<double> inside = log2_inside(count, indices);
  if (touch.back() > 900) return {};
  Table table;
  for (std::size_t s = 0; s < touch.size(); ++s) {
    table.touch.push_back(std::exp2(touch[s]));
    table.inverse_inside.push_back(std::exp2(-inside[s]));
    table.size.push_back(std::exp2(touch[s] - inside[s]));
  }
  table.best.assign(touch.size(), 0);
  table.half.assign(touch.size(), 0);
  double cost = 0;
  if (objective.largest) {
    cost = fill_largest(table);
  } else {
    fill_sums(table, objective);
    cost = table.best.back();
  }
  return {path_of(count, table), std::log2(cost)};
}

BestTree best_tree(const FlatNetwork& network, const Objective& objective) {
  std::vector<IndexClass> indices(static_cast<std::size_t>(network.indices()));
  for (int t = 0; t < network.size(); ++t)
    for (const int index : network.tensors[t]) indices[index].tensors |= Set{1} << t;
  for (int index = 0; index < network.indices(); ++index) {
    indices[index].elsewhere = network.in_output[index] != 0;
    indices[index].log2_extent = network.log2_extents[index];
  }
  BestTree best = best_tree(network.size(), indices, objective);
  best.log2_cost += network.log2_batch;
  return best;
}

}  // namespace einfold::pathfind
