// SPDX-License-Identifier: MIT
#include "pathfind/points.hpp"

#include "base/integer_points.hpp"
#include "pathfind/log2.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

namespace einfold::pathfind {
namespace {

using Int = std::int64_t;
using System = std::span<const Equation* const>;

std::vector<int> indices_of(System equations) {
  std::vector<int> indices;
  for (const Equation* equation : equations)
    for (const auto& term : equation->terms) indices.push_back(term.first);
  std::ranges::sort(indices);
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

/// The exact number, where it can be counted.
std::optional<Int> count(System equations, std::span<const Int> all_extents, Int limit) {
  const std::vector<int> indices = indices_of(equations);
  std::vector<Int> extents;
  for (const int index : indices) extents.push_back(all_extents[index]);
  std::vector<LinearEquation> system;
  for (const Equation* equation : equations) {
    auto& row = system.emplace_back();
    row.constant = equation->constant;
    for (const auto& [index, c] : equation->terms)
      row.terms.push_back({static_cast<std::size_t>(std::ranges::lower_bound(indices, index) - indices.begin()), c});
  }
  return count_points(system, extents, limit);
}

/// box / prod of (range of the equation's left side).
double estimate(System equations, std::span<const Int> extents) {
  Log2Product box;
  for (const int index : indices_of(equations)) box.multiply(extents[index]);
  double result = box.value();
  for (const Equation* equation : equations) {
    double range = 0;
    for (const auto& [index, c] : equation->terms)
      range += std::abs(static_cast<double>(c)) * static_cast<double>(std::max<Int>(extents[index] - 1, 0));
    result -= std::log2(std::max(range, 1.0));
  }
  return std::max(result, 0.0);
}

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
__extension__ using Wide = unsigned __int128;

std::uint64_t times(std::uint64_t a, std::uint64_t b) { return static_cast<std::uint64_t>(Wide{a} * b % kPrime); }

std::uint64_t inverse(std::uint64_t a) {  // a^(p - 2)
  std::uint64_t result = 1;
  for (std::uint64_t e = kPrime - 2; e != 0; e >>= 1, a = times(a, a))
    if (e & 1) result = times(result, a);
  return result;
}

}  // namespace

std::vector<std::vector<int>> connected_components(System equations) {
  struct Component {
    std::vector<int> members, indices;
  };
  std::vector<Component> components;
  for (int e = 0; e < static_cast<int>(equations.size()); ++e) {
    Component joined{{e}, {}};
    for (const auto& term : equations[e]->terms) joined.indices.push_back(term.first);
    std::ranges::sort(joined.indices);
    std::erase_if(components, [&](const Component& component) {
      std::vector<int> common, all;
      std::ranges::set_intersection(component.indices, joined.indices, std::back_inserter(common));
      if (common.empty()) return false;
      std::ranges::set_union(component.indices, joined.indices, std::back_inserter(all));
      joined.indices = std::move(all);
      joined.members.insert(joined.members.end(), component.members.begin(), component.members.end());
      return true;
    });
    std::ranges::sort(joined.members);
    components.push_back(std::move(joined));
  }
  std::vector<std::vector<int>> result;
  for (Component& component : components) result.push_back(std::move(component.members));
  return result;
}

double log2_points(System equations, std::span<const Int> extents, Int limit) {
  double sum = 0;
  for (const auto& members : connected_components(equations)) {
    std::vector<const Equation*> component;
    for (const int e : members) component.push_back(equations[e]);
    const auto points = count(component, extents, limit);
    sum += points ? std::log2(std::max(static_cast<double>(*points), 1.0)) : estimate(component, extents);
  }
  return sum;
}

// Modulo a prime near 2^61, where nothing overflows. Never above the rational rank; below it only if the prime divides
// every minor of that size.
int rank(System equations, std::span<const int> columns) {
  std::vector<std::vector<std::uint64_t>> rows;
  for (const Equation* equation : equations) {
    std::vector<std::uint64_t> row(columns.size(), 0);
    for (const auto& [index, c] : equation->terms) {
      const auto at = std::ranges::find(columns, index);
      if (at == columns.end()) continue;
      const auto magnitude = (c < 0 ? ~static_cast<std::uint64_t>(c) + 1 : static_cast<std::uint64_t>(c)) % kPrime;
      row[at - columns.begin()] = c < 0 && magnitude != 0 ? kPrime - magnitude : magnitude;
    }
    rows.push_back(std::move(row));
  }
  int rank = 0;
  for (std::size_t column = 0; column < columns.size() && rank < static_cast<int>(rows.size()); ++column) {
    const auto pivot = std::find_if(rows.begin() + rank, rows.end(), [&](const auto& row) { return row[column] != 0; });
    if (pivot == rows.end()) continue;
    std::iter_swap(rows.begin() + rank, pivot);
    const auto& by = rows[rank];
    const std::uint64_t scale = inverse(by[column]);
    for (std::size_t r = rank + 1; r < rows.size(); ++r) {
      if (rows[r][column] == 0) continue;
      const std::uint64_t factor = kPrime - times(rows[r][column], scale);
      for (std::size_t v = column; v < columns.size(); ++v) rows[r][v] = (rows[r][v] + times(factor, by[v])) % kPrime;
    }
    ++rank;
  }
  return rank;
}

}  // namespace einfold::pathfind
