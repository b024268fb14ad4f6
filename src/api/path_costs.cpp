// SPDX-License-Identifier: MIT
#include "api/path_costs.hpp"

#include "base/fail.hpp"
#include "pathfind/log2.hpp"
#include "pathfind/points.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace einfold {
namespace {

/// An index of a tensor, and how many leaves below have it.
struct Leg {
  int index, count;
};

double log2_of(const std::vector<Leg>& legs, const pathfind::Problem& problem) {
  pathfind::Log2Product product;
  for (const Leg& leg : legs) product.multiply(problem.extents[static_cast<std::size_t>(leg.index)]);
  return product.value();
}

std::vector<Leg> joined(const std::vector<Leg>& a, const std::vector<Leg>& b) {
  std::vector<Leg> result;
  auto x = a.begin(), y = b.begin();
  while (x != a.end() || y != b.end()) {
    if (y == b.end() || (x != a.end() && x->index < y->index)) result.push_back(*x++);
    else if (x == a.end() || y->index < x->index) result.push_back(*y++);
    else result.push_back({x->index, x->count + y->count}), ++x, ++y;
  }
  return result;
}

}  // namespace

std::vector<std::pair<int, int>> pairs_of_tree(const pathfind::Tree& tree, int leaves) {
  std::vector<std::pair<int, int>> pairs;
  std::vector<int> number;  // of each step's tensor in the path
  const auto number_of = [&](int tensor) { return tensor < leaves ? tensor : number[static_cast<std::size_t>(tensor - leaves)]; };
  for (const pathfind::Step& step : tree.steps) {
    if (step.a >= 0 && step.b >= 0) {
      const auto [low, high] = std::minmax({number_of(step.a), number_of(step.b)});
      pairs.emplace_back(low, high);
      number.push_back(leaves + static_cast<int>(pairs.size()) - 1);
    } else {
      number.push_back(step.a >= 0 ? number_of(step.a) : -1);
    }
  }
  return pairs;
}

PathCosts costs_of_path(const pathfind::Problem& problem, const std::vector<std::pair<int, int>>& pairs) {
  std::vector<int> occurrences(problem.extents.size(), 0);
  std::vector<char> in_output(problem.extents.size(), 0);
  for (const int index : problem.output) in_output[static_cast<std::size_t>(index)] = 1;
  std::vector<std::vector<Leg>> tensors;
  for (const pathfind::Leaf& leaf : problem.leaves) {
    std::vector<Leg> legs;
    for (const int index : pathfind::distinct_indices(leaf)) {
      legs.push_back({index, 1});
      ++occurrences[static_cast<std::size_t>(index)];
    }
    std::sort(legs.begin(), legs.end(), [](const Leg& a, const Leg& b) { return a.index < b.index; });
    tensors.push_back(std::move(legs));
  }
  PathCosts costs{pathfind::kLog2Zero, pathfind::kLog2Zero, 0};
  const auto write = [&](double log2_size) {
    costs.log2_write = pathfind::log2_add(costs.log2_write, log2_size);
    costs.log2_size = std::max(costs.log2_size, log2_size);
  };
  for (const auto& [a, b] : pairs) {
    std::vector<Leg>& left = tensors[static_cast<std::size_t>(a)];
    std::vector<Leg>& right = tensors[static_cast<std::size_t>(b)];
    std::vector<Leg> legs = joined(left, right);
    costs.log2_flops = pathfind::log2_add(costs.log2_flops, log2_of(legs, problem));
    std::erase_if(legs, [&](const Leg& leg) {
      return !in_output[static_cast<std::size_t>(leg.index)] && leg.count == occurrences[static_cast<std::size_t>(leg.index)];
    });
    write(log2_of(legs, problem));
    left.clear();
    right.clear();
    tensors.push_back(std::move(legs));
  }
  if (pairs.empty()) {
    pathfind::Log2Product output;
    for (const int index : problem.output) output.multiply(problem.extents[static_cast<std::size_t>(index)]);
    costs.log2_flops = tensors.empty() ? output.value() : log2_of(tensors.front(), problem);
    write(output.value());
  }
  return costs;
}

double log2_naive_flops(const pathfind::Problem& problem) {
  std::set<int> in_equations, others(problem.output.begin(), problem.output.end());
  std::vector<const pathfind::Equation*> equations;
  for (const pathfind::Equation& equation : problem.equations) {
    equations.push_back(&equation);
    for (const auto& [index, coefficient] : equation.terms) in_equations.insert(index);
  }
  for (const pathfind::Leaf& leaf : problem.leaves) {
    for (const auto& axis : leaf.axes) others.insert(axis.begin(), axis.end());
  }
  pathfind::Log2Product product;
  for (const int index : others) {
    if (!in_equations.contains(index)) product.multiply(problem.extents[static_cast<std::size_t>(index)]);
  }
  const double factors = std::max(1.0, static_cast<double>(problem.leaves.size()) - 1);
  return product.value() + pathfind::log2_points(equations, problem.extents) + std::log2(factors);
}

}  // namespace einfold
