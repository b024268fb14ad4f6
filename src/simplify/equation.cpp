// SPDX-License-Identifier: MIT
#include "simplify/equation.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <sstream>

namespace einfold::rules {

std::optional<std::vector<Term>> collected(std::vector<Term> terms) {
  std::stable_sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.index < b.index; });
  std::vector<Term> result;
  for (const Term& term : terms) {
    if (result.empty() || result.back().index != term.index) {
      result.push_back(term);
      continue;
    }
    const auto sum = checked::add(result.back().coefficient, term.coefficient);
    if (!sum) return std::nullopt;
    result.back().coefficient = *sum;
  }
  std::erase_if(result, [](const Term& term) { return term.coefficient == 0; });
  return result;
}

std::optional<Affine> plus_multiple(const Affine& target, std::int64_t factor, const Affine& source) {
  std::vector<Term> terms = target.terms;
  for (const Term& term : source.terms) {
    const auto coefficient = checked::multiply(factor, term.coefficient);
    if (!coefficient) return std::nullopt;
    terms.push_back({term.index, *coefficient});
  }
  auto sum = collected(std::move(terms));
  const auto constant = checked::multiply_add(target.constant, factor, source.constant);
  if (!sum || !constant) return std::nullopt;
  return Affine{std::move(*sum), *constant};
}

std::optional<Reach> reach(const Network& network, const Affine& equation, std::optional<IndexId> except) {
  Reach result;
  for (const Term& term : equation.terms) {
    if (term.index == except) continue;
    std::int64_t& side = term.coefficient < 0 ? result.low : result.high;
    const auto sum = checked::multiply_add(side, term.coefficient, network.extent(term.index) - 1);
    if (!sum) return std::nullopt;
    side = *sum;
  }
  return result;
}

bool always_solvable_for(const Network& network, const Affine& equation, const Term& x) {
  if (x.coefficient != 1 && x.coefficient != -1) return false;
  const auto others = reach(network, equation, x.index);
  if (!others) return false;
  // x = constant - others, or others - constant
  const bool positive = x.coefficient == 1;
  const auto low = positive ? checked::subtract(equation.constant, others->high)
                            : checked::subtract(others->low, equation.constant);
  const auto high = positive ? checked::subtract(equation.constant, others->low)
                             : checked::subtract(others->high, equation.constant);
  return low && high && *low >= 0 && *high < network.extent(x.index);
}

std::string to_text(const Network& network, const Affine& equation) {
  std::ostringstream text;
  for (std::size_t t = 0; t < equation.terms.size(); ++t) {
    const std::int64_t c = equation.terms[t].coefficient;
    text << (t == 0 ? (c < 0 ? "-" : "") : (c < 0 ? " - " : " + "));
    if (c != 1 && c != -1) text << (c < 0 ? -static_cast<std::uint64_t>(c) : static_cast<std::uint64_t>(c)) << '*';
    text << network.indices.at(equation.terms[t].index).name;
  }
  text << (equation.terms.empty() ? "0 = " : " = ") << equation.constant;
  return text.str();
}

}  // namespace einfold::rules
