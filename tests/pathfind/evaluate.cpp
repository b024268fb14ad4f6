// SPDX-License-Identifier: MIT
#include "pathfind/evaluate.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace einfold::pathfind {
namespace {

using Point = std::vector<std::int64_t>;  // a value per index

std::size_t offset(const Problem& problem, const std::vector<int>& legs, const Point& at) {
  std::size_t result = 0;
  for (const int x : legs)
    result = result * static_cast<std::size_t>(problem.extents[x]) + static_cast<std::size_t>(at[x]);
  return result;
}

/// f at every point of the box over these indices.
template <class F>
void for_points(const Problem& problem, const std::vector<int>& indices, F f) {
  for (const int x : indices)
    if (problem.extents[x] == 0) return;
  Point at(problem.extents.size(), 0);
  while (true) {
    f(at);
    std::size_t digit = 0;
    for (; digit < indices.size(); ++digit) {
      if (++at[indices[digit]] < problem.extents[indices[digit]]) break;
      at[indices[digit]] = 0;
    }
    if (digit == indices.size()) return;
  }
}

std::size_t size_of(const Problem& problem, const std::vector<int>& legs) {
  std::size_t size = 1;
  for (const int x : legs) size *= static_cast<std::size_t>(problem.extents[x]);
  return size;
}

std::vector<int> all_legs(const Leaf& leaf) {
  std::vector<int> legs;
  for (const auto& axis : leaf.axes) legs.insert(legs.end(), axis.begin(), axis.end());
  return legs;
}

}  // namespace

Operands random_operands(const Problem& problem, unsigned seed) {
  Operands operands;
  for (const Leaf& leaf : problem.leaves) {
    if (operands.contains(leaf.operand)) continue;
    std::mt19937 random(seed + static_cast<unsigned>(leaf.operand));
    auto& values = operands[leaf.operand];
    values.resize(size_of(problem, all_legs(leaf)));
    for (double& value : values) value = std::uniform_int_distribution<int>(-4, 4)(random);
  }
  return operands;
}

Array array_of(const Problem& problem, int leaf, const Operands& operands) {
  const std::vector<int> legs = all_legs(problem.leaves[leaf]);
  Array result{distinct_indices(problem.leaves[leaf]), {}};
  result.values.resize(size_of(problem, result.legs));
  const auto& data = operands.at(problem.leaves[leaf].operand);
  for_points(problem, result.legs, [&](const Point& at) {
    result.values[offset(problem, result.legs, at)] = data[offset(problem, legs, at)];
  });
  return result;
}

Array contract(const Problem& problem, const std::vector<const Array*>& arrays, const std::vector<int>& equations,
               const std::vector<int>& legs) {
  std::set<int> indices(legs.begin(), legs.end());
  for (const Array* array : arrays) indices.insert(array->legs.begin(), array->legs.end());
  for (const int e : equations)
    for (const auto& term : problem.equations[e].terms) indices.insert(term.first);
  Array result{legs, std::vector<double>(size_of(problem, legs), 0)};
  for_points(problem, {indices.begin(), indices.end()}, [&](const Point& at) {
    for (const int e : equations) {
      std::int64_t sum = 0;
      for (const auto& [x, c] : problem.equations[e].terms) sum += c * at[x];
      if (sum != problem.equations[e].constant) return;
    }
    double product = 1;
    for (const Array* array : arrays) product *= array->values[offset(problem, array->legs, at)];
    result.values[offset(problem, legs, at)] += product;
  });
  return result;
}

Array evaluate(const Problem& problem, const Operands& operands) {
  std::vector<Array> leaves;
  for (int leaf = 0; leaf < static_cast<int>(problem.leaves.size()); ++leaf)
    leaves.push_back(array_of(problem, leaf, operands));
  std::vector<const Array*> arrays;
  for (const Array& array : leaves) arrays.push_back(&array);
  std::vector<int> equations(problem.equations.size());
  std::iota(equations.begin(), equations.end(), 0);
  return contract(problem, arrays, equations, problem.output);
}

std::vector<Array> evaluate(const Problem& problem, const Tree& tree, const Operands& operands) {
  std::vector<Array> tensors;
  for (int leaf = 0; leaf < static_cast<int>(problem.leaves.size()); ++leaf)
    tensors.push_back(array_of(problem, leaf, operands));
  for (const Step& step : tree.steps) {
    std::vector<const Array*> arrays;
    for (const int tensor : {step.a, step.b})
      if (tensor >= 0) arrays.push_back(&tensors[tensor]);
    tensors.push_back(contract(problem, arrays, step.equations, step.legs));
  }
  tensors.erase(tensors.begin(), tensors.begin() + static_cast<std::ptrdiff_t>(problem.leaves.size()));
  return tensors;
}

}  // namespace einfold::pathfind
