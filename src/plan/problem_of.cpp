// SPDX-License-Identifier: MIT
#include "plan/problem_of.hpp"

#include <algorithm>
#include <map>

namespace einfold::plan {

NumberedNetwork number_indices(const Network& network) {
  NumberedNetwork result;
  std::map<IndexId, int> number;
  for (const auto& [id, index] : network.indices) {
    number[id] = static_cast<int>(result.ids.size());
    result.ids.push_back(id);
    result.problem.extents.push_back(index.extent);
  }
  const auto numbered = [&](const Group& group) {
    std::vector<int> indices;
    for (const IndexId id : group) indices.push_back(number.at(id));
    return indices;
  };
  for (const Dense& node : network.dense) {
    pathfind::Leaf leaf{node.operand, {}};
    for (const Group& group : node.axes) leaf.axes.push_back(numbered(group));
    result.problem.leaves.push_back(std::move(leaf));
  }
  for (const Affine& node : network.affine) {
    pathfind::Equation equation{{}, node.constant};
    for (const Term& term : node.terms) equation.terms.emplace_back(number.at(term.index), term.coefficient);
    result.problem.equations.push_back(std::move(equation));
  }
  for (const Group& group : network.output) {
    result.output_groups.push_back(numbered(group));
    for (const int x : result.output_groups.back()) {
      auto& output = result.problem.output;
      if (std::find(output.begin(), output.end(), x) == output.end()) output.push_back(x);
    }
  }
  return result;
}

}  // namespace einfold::plan
