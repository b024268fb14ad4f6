// SPDX-License-Identifier: MIT
//
// Small edits that transforms and rewrite rules are made of.
#pragma once

#include "einfold/network.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace einfold::edit {

/// Every group of every dense node and of the output replaced by `change(group)`.
template <class Change>
[[nodiscard]] Network with_groups(const Network& network, Change&& change) {
  Network result = network;
  for (Dense& node : result.dense) {
    for (Group& group : node.axes) group = change(std::as_const(group));
  }
  for (Group& group : result.output) group = change(std::as_const(group));
  return result;
}

/// Every index id replaced by `change(id)`, which must be injective.
template <class Change>
[[nodiscard]] Network with_ids(const Network& network, Change&& change) {
  Network result = with_groups(network, [&](const Group& group) {
    Group renamed;
    for (const IndexId id : group) renamed.push_back(change(id));
    return renamed;
  });
  result.indices.clear();
  for (const auto& [id, index] : network.indices) result.indices.emplace(change(id), index);
  for (Affine& node : result.affine) {
    for (Term& term : node.terms) term.index = change(term.index);
  }
  return result;
}

[[nodiscard]] inline std::vector<Term>::iterator find_term(Affine& node, IndexId index) {
  return std::find_if(node.terms.begin(), node.terms.end(), [&](const Term& term) { return term.index == index; });
}

/// The coefficient of an index, 0 if it is no leg.
[[nodiscard]] inline std::int64_t coefficient_of(const Affine& node, IndexId index) {
  for (const Term& term : node.terms) {
    if (term.index == index) return term.coefficient;
  }
  return 0;
}

/// Adds to the coefficient of an index; a leg whose coefficient becomes zero goes.
inline void add_term(Affine& node, IndexId index, std::int64_t coefficient) {
  if (coefficient == 0) return;
  const auto found = find_term(node, index);
  if (found == node.terms.end()) {
    node.terms.push_back({index, coefficient});
  } else if ((found->coefficient += coefficient) == 0) {
    node.terms.erase(found);
  }
}

/// Operands that no dense node stands for are forgotten.
[[nodiscard]] inline Network without_unused_operands(const Network& network) {
  Network result = network;
  std::set<int> used;
  for (const Dense& node : network.dense) used.insert(node.operand);
  result.operands.clear();
  for (const int operand : used) result.operands.push_back(network.operands[static_cast<std::size_t>(operand)]);
  for (Dense& node : result.dense) {
    node.operand = static_cast<int>(std::distance(used.begin(), used.find(node.operand)));
  }
  return result;
}

}  // namespace einfold::edit
