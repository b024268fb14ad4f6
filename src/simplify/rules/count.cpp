// SPDX-License-Identifier: MIT
#include "base/checked.hpp"
#include "base/integer_points.hpp"
#include "simplify/equation.hpp"
#include "simplify/rewrite.hpp"
#include "simplify/rules/families.hpp"

#include <utility>

namespace einfold::rules {
namespace {

/// More combinations than this are not enumerated (some 10 ms); the component then stays in the network.
constexpr std::int64_t kMostCombinations = 1'000'000;

struct Component {
  std::vector<std::size_t> equations;
  std::vector<IndexId> legs;
  bool closed = true;  ///< touches no operand and not the output
};

/// The connected component of equation `first`; marks its equations in `seen`.
Component component_of(const Network& network, const Uses& uses, std::size_t first, std::vector<bool>& seen) {
  Component component;
  std::unordered_map<IndexId, bool> visited;
  component.equations.push_back(first);
  seen[first] = true;
  for (std::size_t next = 0; next < component.equations.size(); ++next) {
    for (const Term& term : network.affine[component.equations[next]].terms) {
      if (!visited.emplace(term.index, true).second) continue;
      const Use& use = uses.at(term.index);
      component.legs.push_back(term.index);
      component.closed = component.closed && !use.on_an_axis();
      for (const std::size_t e : use.equations) {
        if (!seen[e]) component.equations.push_back(e);
        seen[e] = true;
      }
    }
  }
  return component;
}

std::optional<std::int64_t> points_of(const Network& network, const Component& component) {
  std::unordered_map<IndexId, std::size_t> variable;
  std::vector<std::int64_t> extents;
  for (const IndexId id : component.legs) {
    variable.emplace(id, extents.size());
    extents.push_back(network.extent(id));
  }
  std::vector<LinearEquation> system;
  for (const std::size_t e : component.equations) {
    LinearEquation equation{{}, network.affine[e].constant};
    for (const Term& term : network.affine[e].terms) {
      equation.terms.push_back({variable.at(term.index), term.coefficient});
    }
    system.push_back(std::move(equation));
  }
  return count_points(system, extents, kMostCombinations);
}

std::optional<Rewritten> count(const Network& network, const Uses& uses) {
  std::vector<bool> seen(network.affine.size(), false);
  std::vector<bool> counted(network.affine.size(), false);
  Rewritten result{network, {}};
  for (std::size_t e = 0; e < network.affine.size(); ++e) {
    if (seen[e]) continue;
    const Component component = component_of(network, uses, e, seen);
    if (!component.closed) continue;
    const auto points = points_of(network, component);
    if (!points) continue;
    if (*points == 0) {
      return Rewritten{zero_of(network), "no point over " + names_of(network, component.legs)};
    }
    const auto scale = exactly_times(result.network.scale, *points);
    if (!scale) continue;
    result.network.scale = *scale;
    result.what += (result.what.empty() ? "" : "; ") + std::to_string(*points) + " points over " +
                   names_of(network, component.legs);
    for (const std::size_t equation : component.equations) counted[equation] = true;
    for (const IndexId id : component.legs) result.network.indices.erase(id);
  }
  if (result.what.empty()) return std::nullopt;
  result.network = without_equations(std::move(result.network), counted);
  return result;
}

}  // namespace

const Rule kCount{
    .name = "count",
    .equation = "sum over x of [e1] [e2] .. -> number of integer points",
    .condition = "the equations' component touches no operand and not the output, and can be counted",
    .rewrite = count,
};

}  // namespace einfold::rules
