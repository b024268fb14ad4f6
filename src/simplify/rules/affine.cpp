// SPDX-License-Identifier: MIT
//
// Rules about equations alone.
#include "simplify/equation.hpp"
#include "simplify/rewrite.hpp"
#include "simplify/rules/families.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace einfold::rules {
namespace {

/// Positive; nothing if the only common divisor is -2^63 (which has no negative in 64 bits).
std::optional<std::int64_t> common_divisor(const Affine& equation) {
  std::uint64_t divisor = 0;
  for (const Term& term : equation.terms) {
    const auto bits = static_cast<std::uint64_t>(term.coefficient);
    divisor = std::gcd(divisor, term.coefficient < 0 ? 0 - bits : bits);
  }
  if (divisor > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<std::int64_t>(divisor);
}

std::optional<Rewritten> zero(const Network& network, const Uses& uses) {
  if (network.zero) {
    const bool bare = network.affine.empty() && std::all_of(uses.begin(), uses.end(), [](const auto& entry) {
                        return entry.second.anywhere();
                      });
    if (bare) return std::nullopt;
    return Rewritten{zero_of(network), "the value is zero: no equation is needed"};
  }
  for (const auto& [id, index] : network.indices) {
    if (index.extent == 0) return Rewritten{zero_of(network), "index " + index.name + " has no value"};
  }
  return std::nullopt;
}

std::optional<std::string> contradiction_in(const Network& network, const Affine& equation) {
  const auto divisor = common_divisor(equation);
  if (divisor && equation.constant % *divisor != 0) {
    return "the coefficients are multiples of " + std::to_string(*divisor);
  }
  const auto sum = reach(network, equation);
  if (sum && (equation.constant < sum->low || equation.constant > sum->high)) {
    return "the sum is in [" + std::to_string(sum->low) + ", " + std::to_string(sum->high) + "]";
  }
  return std::nullopt;
}

std::optional<Rewritten> contradiction(const Network& network, const Uses&) {
  for (const Affine& equation : network.affine) {
    if (const auto reason = contradiction_in(network, equation)) {
      return Rewritten{zero_of(network), to_text(network, equation) + " has no solution: " + *reason};
    }
  }
  return std::nullopt;
}

/// The larger of (sorted coefficients, constant) and the same negated; of equal ones the first coefficient decides.
/// This does not depend on the indices' ids, so that copies of a pattern look alike.
bool has_wrong_sign(const Affine& equation) {
  std::vector<std::int64_t> plus, minus;
  for (const Term& term : equation.terms) {
    plus.push_back(term.coefficient);
    minus.push_back(-term.coefficient);
  }
  std::sort(plus.begin(), plus.end());
  std::sort(minus.begin(), minus.end());
  plus.push_back(equation.constant);
  minus.push_back(-equation.constant);
  return plus == minus ? equation.terms.front().coefficient < 0 : plus < minus;
}

std::optional<Affine> normal_form(const Affine& equation) {
  const auto divisor = common_divisor(equation);
  const auto negatable = [](std::int64_t value) { return value != INT64_MIN; };
  if (!divisor || !negatable(equation.constant)) return std::nullopt;
  Affine result = equation;
  result.constant /= *divisor;
  for (Term& term : result.terms) {
    term.coefficient /= *divisor;
    if (!negatable(term.coefficient)) return std::nullopt;
  }
  if (has_wrong_sign(result)) {
    result.constant = -result.constant;
    for (Term& term : result.terms) term.coefficient = -term.coefficient;
  }
  return result;
}

std::optional<Rewritten> normalise(const Network& network, const Uses&) {
  std::vector<std::pair<std::size_t, Affine>> changes;
  for (std::size_t e = 0; e < network.affine.size(); ++e) {
    auto normal = normal_form(network.affine[e]);
    if (normal && *normal != network.affine[e]) changes.emplace_back(e, std::move(*normal));
  }
  if (changes.empty()) return std::nullopt;
  Rewritten result{network, {}};
  for (auto& [e, normal] : changes) {
    if (!result.what.empty()) result.what += "; ";
    result.what += to_text(network, network.affine[e]) + " becomes " + to_text(network, normal);
    result.network.affine[e] = std::move(normal);
  }
  return result;
}

/// `target` minus the multiple of `source` that leaves the fewest legs; nothing, if that is no fewer than it has.
std::optional<Affine> reduced(const Affine& target, const Affine& source) {
  std::optional<Affine> best;
  for (const Term& of_source : source.terms) {
    const auto of_target = std::find_if(target.terms.begin(), target.terms.end(),
                                        [&](const Term& term) { return term.index == of_source.index; });
    if (of_target == target.terms.end()) continue;
    if (of_source.coefficient == -1 && of_target->coefficient == INT64_MIN) continue;
    if (of_target->coefficient % of_source.coefficient != 0) continue;
    const std::int64_t quotient = of_target->coefficient / of_source.coefficient;
    if (quotient == INT64_MIN) continue;
    auto sum = plus_multiple(target, -quotient, source);
    if (sum && sum->terms.size() < (best ? best->terms : target.terms).size()) best = std::move(sum);
  }
  return best;
}

/// The equations that may take a leg off equation `target`: those that share more than half of their own legs with it,
/// for all others would bring in at least as many legs as they remove.
std::vector<std::size_t> candidates_for(const Network& network, const Uses& uses, std::size_t target) {
  std::unordered_map<std::size_t, std::size_t> shared;
  for (const Term& term : network.affine[target].terms) {
    for (const std::size_t source : uses.at(term.index).equations) ++shared[source];
  }
  std::vector<std::size_t> candidates;
  for (const auto& [source, legs] : shared) {
    if (source != target && 2 * legs > network.affine[source].terms.size()) candidates.push_back(source);
  }
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

std::optional<Rewritten> reduce_rows(const Network& network, const Uses& uses) {
  for (std::size_t target = 0; target < network.affine.size(); ++target) {
    const Affine& old = network.affine[target];
    for (const std::size_t source : candidates_for(network, uses, target)) {
      auto sum = reduced(old, network.affine[source]);
      if (!sum) continue;
      Rewritten result{network, to_text(network, old) + " becomes " + to_text(network, *sum) + ", by " +
                                    to_text(network, network.affine[source])};
      std::vector<Affine>& equations = result.network.affine;
      if (sum->terms.empty()) {
        result.network.zero = sum->constant != 0;
        equations.erase(equations.begin() + static_cast<std::ptrdiff_t>(target));
      } else {
        equations[target] = std::move(*sum);
      }
      return result;
    }
  }
  return std::nullopt;
}

}  // namespace

const Rule kZero{
    .name = "zero",
    .equation = "sum over x in {} of .. -> 0",
    .condition = "an index has extent 0, or the network is marked zero and still has equations or unused indices",
    .rewrite = zero,
};

const Rule kContradiction{
    .name = "contradiction",
    .equation = "[sum c x = b] -> 0",
    .condition = "gcd(c) does not divide b, or b is not in [sum min(0, c (X - 1)), sum max(0, c (X - 1))]",
    .rewrite = contradiction,
};

const Rule kNormalise{
    .name = "normalise",
    .equation = "[sum c x = b] -> [sum (c/g) x = b/g],  g = +-gcd(c)",
    .condition = "g != 1, its sign making (sorted coefficients, b) the larger of the two choices",
    .rewrite = normalise,
};

const Rule kRowReduction{
    .name = "row reduction",
    .equation = "[e1] [e2] -> [e1] [e2 + t e1]",
    .condition = "e2 + t e1, t an integer, has fewer legs than e2 (none: e2 is dropped, or the value is zero)",
    .rewrite = reduce_rows,
};

}  // namespace einfold::rules
