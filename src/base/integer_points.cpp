// SPDX-License-Identifier: MIT
#include "base/integer_points.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace einfold {
namespace {

using Int = std::int64_t;
__extension__ using Wide = __int128;

constexpr Wide kBound = Wide(1) << 62;  // sums of two, and products of two, fit in their types

bool fits(Wide value) { return -kBound < value && value < kBound; }

/// pivot * x[pivot variable] + sum_v coefficients[v] x_v = constant, dense over a component's variables.
struct Row {
  std::vector<Int> coefficients;
  Int constant = 0;
};

/// A connected component: its equations over variables 0 .. extents.size() - 1, the longest first. The last variable
/// has extent 1 and is in no equation, so that there always is a free one.
struct Component {
  std::vector<Row> rows;
  std::vector<Int> extents;
};

/// target := (source[pivot] target - target[pivot] source) / gcd of all. False if that does not fit.
bool eliminate(Row& target, const Row& source, std::size_t pivot) {
  const Wide a = source.coefficients[pivot];
  const Wide b = target.coefficients[pivot];
  std::vector<Wide> values(target.coefficients.size() + 1);
  Wide divisor = 0;
  for (std::size_t v = 0; v < values.size(); ++v) {
    const bool last = v + 1 == values.size();
    values[v] = last ? a * target.constant - b * source.constant
                     : a * target.coefficients[v] - b * source.coefficients[v];
    Wide rest = values[v] < 0 ? -values[v] : values[v];
    while (rest != 0) divisor = std::exchange(rest, divisor % rest);
  }
  for (std::size_t v = 0; v < values.size(); ++v) {
    const Wide value = divisor == 0 ? 0 : values[v] / divisor;
    if (!fits(value)) return false;
    (v + 1 == values.size() ? target.constant : target.coefficients[v]) = static_cast<Int>(value);
  }
  return true;
}

/// Reduced echelon form: row r is the only one with variable pivots[r], and its coefficient there is positive.
/// The variables are taken in order, so the pivots are the longest possible (a greedy choice in a matroid).
std::optional<std::vector<std::size_t>> solve(std::vector<Row>& rows, std::size_t variables) {
  std::vector<std::size_t> pivots;
  for (std::size_t v = 0; v < variables && pivots.size() < rows.size(); ++v) {
    const std::size_t rank = pivots.size();
    std::size_t found = rank;
    while (found < rows.size() && rows[found].coefficients[v] == 0) ++found;
    if (found == rows.size()) continue;
    std::swap(rows[rank], rows[found]);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (r != rank && rows[r].coefficients[v] != 0 && !eliminate(rows[r], rows[rank], v)) return std::nullopt;
    }
    pivots.push_back(v);
  }
  for (std::size_t r = 0; r < pivots.size(); ++r) {
    if (rows[r].coefficients[pivots[r]] > 0) continue;
    for (Int& coefficient : rows[r].coefficients) coefficient = -coefficient;
    rows[r].constant = -rows[r].constant;
  }
  return pivots;
}

/// The inverse of a modulo m, gcd(a, m) = 1, m >= 1.
Int inverse(Int a, Int m) {
  Wide x = checked::modulo(a, m), y = m, s = 1, t = 0;
  while (y != 0) {
    const Wide quotient = x / y;
    x = std::exchange(y, x - quotient * y);
    s = std::exchange(t, s - quotient * t);
  }
  return static_cast<Int>(((s % m) + m) % m);
}

/// The values first, first + step, .., at most last.
struct Progression {
  Int first = 0, last = 0, step = 1;

  [[nodiscard]] Int count() const { return first > last ? 0 : (last - first) / step + 1; }
};

/// Keeps the values x of `values` with  n x = rest (mod q)  and  0 <= rest - n x <= q (extent - 1).
void restrict_to(Progression& values, Int n, Int rest, Int q, Int extent) {
  const Int top = rest - q * (extent - 1);  // top <= n x <= rest
  Progression& v = values;
  if (n > 0) {
    v.first = std::max(v.first, v.first + checked::ceil_divide(checked::ceil_divide(top, n) - v.first, v.step) * v.step);
    v.last = std::min(v.last, checked::floor_divide(rest, n));
  } else {
    v.first =
        std::max(v.first, v.first + checked::ceil_divide(checked::ceil_divide(-rest, -n) - v.first, v.step) * v.step);
    v.last = std::min(v.last, checked::floor_divide(-top, -n));
  }
  // x = first + step y:  (n step) y = rest - n first  (mod q)
  const Int factor = static_cast<Int>(Wide(n) * v.step % q);
  const Int target = static_cast<Int>((rest - Wide(n) * v.first) % q);
  const Int divisor = std::gcd(factor, q);
  if (target % divisor != 0) {
    v.last = v.first - 1;
    return;
  }
  const Int modulus = q / divisor;
  const Int y = static_cast<Int>(Wide(checked::modulo(target / divisor, modulus)) * inverse(factor / divisor, modulus) %
                                 modulus);
  const Wide first = v.first + Wide(v.step) * y;
  const Wide step = Wide(v.step) * modulus;
  if (first > v.last) {
    v.last = v.first - 1;
    return;
  }
  v.first = static_cast<Int>(first);
  v.step = static_cast<Int>(std::min(step, kBound));  // beyond `last` in any case
}

std::optional<Int> count(Component component, Int limit) {
  if (std::find(component.extents.begin(), component.extents.end(), 0) != component.extents.end()) return 0;
  const std::size_t variables = component.extents.size();
  const auto pivots = solve(component.rows, variables);
  if (!pivots) return std::nullopt;
  for (std::size_t r = pivots->size(); r < component.rows.size(); ++r) {
    if (component.rows[r].constant != 0) return 0;
  }
  component.rows.resize(pivots->size());
  for (const Row& row : component.rows) {
    Wide reach = row.constant < 0 ? -Wide(row.constant) : Wide(row.constant);
    for (std::size_t v = 0; v < variables; ++v) {
      const Wide coefficient = row.coefficients[v] < 0 ? -Wide(row.coefficients[v]) : Wide(row.coefficients[v]);
      reach += coefficient * component.extents[v];
      if (!fits(reach)) return std::nullopt;
    }
  }

  std::vector<std::size_t> free;
  for (std::size_t v = 0; v < variables; ++v) {
    if (std::find(pivots->begin(), pivots->end(), v) == pivots->end()) free.push_back(v);
  }
  const std::size_t inner = free.front();
  free.erase(free.begin());
  Wide combinations = 1;
  for (const std::size_t v : free) {
    combinations *= component.extents[v];
    if (combinations > limit) return std::nullopt;
  }

  std::vector<Int> rest;  // of each row, given the values of the enumerated variables
  for (const Row& row : component.rows) rest.push_back(row.constant);
  std::vector<Int> value(free.size(), 0);
  Int total = 0;
  for (;;) {
    Progression values{0, component.extents[inner] - 1, 1};
    for (std::size_t r = 0; r < rest.size() && values.count() > 0; ++r) {
      const Row& row = component.rows[r];
      const Int q = row.coefficients[(*pivots)[r]];
      const Int extent = component.extents[(*pivots)[r]];
      const Int n = row.coefficients[inner];
      if (n != 0) {
        restrict_to(values, n, rest[r], q, extent);
      } else if (rest[r] % q != 0 || rest[r] < 0 || rest[r] / q >= extent) {
        values.last = values.first - 1;
      }
    }
    const auto sum = checked::add(total, values.count());
    if (!sum) return std::nullopt;
    total = *sum;
    // The next combination.
    std::size_t digit = 0;
    for (; digit < free.size(); ++digit) {
      const bool carry = ++value[digit] == component.extents[free[digit]];
      const Int change = carry ? 1 - component.extents[free[digit]] : 1;
      for (std::size_t r = 0; r < rest.size(); ++r) rest[r] -= component.rows[r].coefficients[free[digit]] * change;
      if (!carry) break;
      value[digit] = 0;
    }
    if (digit == free.size()) return total;
  }
}

/// The component that each variable belongs to, as the smallest variable in it.
std::vector<std::size_t> components_of(std::span<const LinearEquation> equations, std::size_t variables) {
  std::vector<std::size_t> parent(variables);
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
  };
  for (const LinearEquation& equation : equations) {
    for (const auto& term : equation.terms) {
      const std::size_t a = root(term.variable), b = root(equation.terms.front().variable);
      parent[std::max(a, b)] = std::min(a, b);
    }
  }
  for (std::size_t v = 0; v < variables; ++v) parent[v] = root(v);
  return parent;
}

}  // namespace

std::optional<std::int64_t> count_points(std::span<const LinearEquation> equations,
                                         std::span<const std::int64_t> extents, std::int64_t limit) {
  const std::vector<std::size_t> root = components_of(equations, extents.size());
  std::vector<std::vector<std::size_t>> members(extents.size());
  for (std::size_t v = 0; v < extents.size(); ++v) members[root[v]].push_back(v);
  std::vector<std::vector<const LinearEquation*>> systems(extents.size());
  for (const LinearEquation& equation : equations) {
    if (!equation.terms.empty()) {
      systems[root[equation.terms.front().variable]].push_back(&equation);
    } else if (equation.constant != 0) {
      return 0;
    }
  }

  std::optional<Int> product = 1;
  std::vector<std::size_t> position(extents.size());
  for (std::size_t v = 0; v < extents.size(); ++v) {
    if (members[v].empty()) continue;
    std::stable_sort(members[v].begin(), members[v].end(),
                     [&](std::size_t a, std::size_t b) { return extents[a] > extents[b]; });
    Component component;
    for (std::size_t i = 0; i < members[v].size(); ++i) {
      position[members[v][i]] = i;
      component.extents.push_back(extents[members[v][i]]);
    }
    component.extents.push_back(1);
    for (const LinearEquation* equation : systems[v]) {
      Row row{std::vector<Int>(component.extents.size(), 0), equation->constant};
      for (const auto& term : equation->terms) {
        const auto sum = checked::add(row.coefficients[position[term.variable]], term.coefficient);
        if (!sum || !fits(*sum)) return std::nullopt;
        row.coefficients[position[term.variable]] = *sum;
      }
      if (!fits(row.constant)) return std::nullopt;
      component.rows.push_back(std::move(row));
    }
    const std::optional<Int> points = systems[v].empty() ? extents[v] : count(std::move(component), limit);
    if (points == 0) return 0;
    product = product && points ? checked::multiply(*product, *points) : std::nullopt;
  }
  return product;
}

}  // namespace einfold
