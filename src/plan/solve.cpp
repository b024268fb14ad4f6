// SPDX-License-Identifier: MIT
#include "plan/solve.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace einfold::plan {
namespace {

using Int = std::int64_t;

Int must(std::optional<Int> value) {
  if (!value) fail(ErrorKind::kArgument, "E0604", "coefficients of the equations are too large for 64-bit arithmetic");
  return *value;
}

/// Whether different values of the other legs of `equation` always give different values of leg `x`: sorted by
/// coefficient, each leg steps beyond all that the finer ones reach.
bool injective(const Equation& equation, std::size_t x, const std::vector<StepIndex>& indices) {
  std::vector<std::pair<Int, Int>> legs;  // |coefficient|, extent
  for (std::size_t y = 0; y < indices.size(); ++y) {
    if (y != x && equation.coefficients[y] != 0) legs.emplace_back(std::abs(equation.coefficients[y]), indices[y].extent);
  }
  std::sort(legs.begin(), legs.end());
  Int reach = 0;
  for (const auto& [coefficient, extent] : legs) {
    if (coefficient <= reach) return false;
    reach = must(checked::multiply_add(reach, coefficient, extent - 1));
  }
  return true;
}

/// How much solving `equation` for x is worth per value of x that no longer is a loop (planning page, section 4).
double weight(const Equation& equation, std::size_t x, const std::vector<StepIndex>& indices, Pivots pivots) {
  const StepIndex& index = indices[x];
  const bool unit = std::abs(equation.coefficients[x]) == 1;
  if (pivots == Pivots::kUnitOnly && !unit) return 1e-6;
  if (index.in_result) {
    // A scatter that never hits a place twice is as good as a view: it places a block in a larger result.
    if (unit && !index.on_a && !index.on_b && injective(equation, x, indices)) return 0.95;
    return unit ? 0.5 : 0.3;
  }
  if (!unit) return 0.6;
  const int operands = int{index.on_a} + int{index.on_b};
  return operands == 1 ? 1.0 : operands == 2 ? 0.9 : 0.55;
}

/// The equation and the index to solve it for.
std::pair<std::size_t, std::size_t> choose_pivot(const std::vector<Equation>& equations,
                                                 const std::vector<StepIndex>& indices, Pivots pivots) {
  std::tuple<double, bool, std::size_t> best{1.0, true, 0};
  std::pair<std::size_t, std::size_t> choice{0, indices.size()};
  for (std::size_t e = 0; e < equations.size(); ++e) {
    for (std::size_t x = 0; x < indices.size(); ++x) {
      const Int coefficient = equations[e].coefficients[x];
      if (coefficient == 0) continue;
      const double gain = weight(equations[e], x, indices, pivots) * static_cast<double>(indices[x].extent) *
                          std::abs(static_cast<double>(coefficient));
      const std::tuple<double, bool, std::size_t> key{-gain, !indices[x].on_a && !indices[x].on_b, x};
      if (choice.second == indices.size() || key < best) {
        best = key;
        choice = {e, x};
      }
    }
  }
  return choice;
}

/// equation with the index of `dependent` substituted; cross-multiplied, so it stays integral.
void substitute(Equation& equation, const Dependent& dependent) {
  const auto x = static_cast<std::size_t>(dependent.index);
  const Int factor = std::exchange(equation.coefficients[x], 0);
  if (factor == 0) return;
  for (std::size_t y = 0; y < equation.coefficients.size(); ++y) {
    const Int scaled = must(checked::multiply(equation.coefficients[y], dependent.divisor));
    equation.coefficients[y] = must(checked::multiply_add(scaled, factor, dependent.coefficients[y]));
  }
  const Int scaled = must(checked::multiply(equation.constant, dependent.divisor));
  equation.constant = must(checked::multiply_add(scaled, -factor, dependent.constant));
}

void reduce(Dependent& d) {
  Int divisor = checked::common_divisor(d.constant, d.divisor);
  for (const Int c : d.coefficients) divisor = checked::common_divisor(c, divisor);
  if (divisor <= 1) return;
  d.divisor /= divisor;
  d.constant /= divisor;
  for (Int& c : d.coefficients) c /= divisor;
}

/// x in terms of others, where one of them, y, is itself a dependent.
void substitute(Dependent& d, const Dependent& y) {
  const Int factor = std::exchange(d.coefficients[static_cast<std::size_t>(y.index)], 0);
  if (factor == 0) return;
  for (std::size_t l = 0; l < d.coefficients.size(); ++l) {
    const Int scaled = must(checked::multiply(d.coefficients[l], y.divisor));
    d.coefficients[l] = must(checked::multiply_add(scaled, factor, y.coefficients[l]));
  }
  const Int scaled = must(checked::multiply(d.constant, y.divisor));
  d.constant = must(checked::multiply_add(scaled, factor, y.constant));
  d.divisor = must(checked::multiply(d.divisor, y.divisor));
  reduce(d);
}

bool without_legs(const Equation& equation) {
  return std::all_of(equation.coefficients.begin(), equation.coefficients.end(), [](Int c) { return c == 0; });
}

}  // namespace

Solution solve(std::vector<Equation> equations, const std::vector<StepIndex>& indices, Pivots pivots) {
  Solution solution;
  const auto settle = [&] {
    for (const Equation& equation : equations) {
      if (without_legs(equation) && equation.constant != 0) solution.contradiction = true;
    }
    std::erase_if(equations, without_legs);
  };
  settle();
  while (!equations.empty() && !solution.contradiction) {
    const auto [e, x] = choose_pivot(equations, indices, pivots);
    Equation pivot = std::move(equations[e]);
    equations.erase(equations.begin() + static_cast<std::ptrdiff_t>(e));
    const Int coefficient = std::exchange(pivot.coefficients[x], 0);
    const Int sign = coefficient > 0 ? 1 : -1;
    Dependent dependent{static_cast<int>(x), std::move(pivot.coefficients), sign * pivot.constant, sign * coefficient};
    for (Int& c : dependent.coefficients) c *= -sign;
    for (Equation& equation : equations) substitute(equation, dependent);
    for (Dependent& earlier : solution.dependents) substitute(earlier, dependent);
    solution.dependents.push_back(std::move(dependent));
    settle();
  }
  std::vector<bool> solved(indices.size(), false);
  for (const Dependent& d : solution.dependents) solved[static_cast<std::size_t>(d.index)] = true;
  for (std::size_t x = 0; x < indices.size(); ++x) {
    if (!solved[x]) solution.loops.push_back(static_cast<int>(x));
  }
  return solution;
}

}  // namespace einfold::plan
