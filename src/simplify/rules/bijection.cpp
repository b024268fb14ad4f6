// SPDX-License-Identifier: MIT
#include "base/checked.hpp"
#include "simplify/equation.hpp"
#include "simplify/rewrite.hpp"
#include "simplify/rules/families.hpp"

#include <algorithm>
#include <unordered_set>

namespace einfold::rules {
namespace {

/// The legs other than `i`, slowest first, if  i = sum a x  is their mixed radix number, all of 0 .. extent(i) - 1.
std::optional<std::vector<Term>> digits_of(const Network& network, const Affine& node, const Term& i) {
  if (i.coefficient != 1 && i.coefficient != -1) return std::nullopt;
  std::vector<Term> digits;
  for (const Term& term : node.terms) {
    if (term.index == i.index) continue;
    if ((term.coefficient > 0) == (i.coefficient > 0) || term.coefficient == INT64_MIN) return std::nullopt;
    digits.push_back({term.index, std::abs(term.coefficient)});
  }
  std::sort(digits.begin(), digits.end(),
            [](const Term& a, const Term& b) { return a.coefficient > b.coefficient; });
  std::optional<std::int64_t> product = 1;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (product != digit->coefficient) return std::nullopt;
    product = checked::multiply(*product, network.extent(digit->index));
  }
  if (product != network.extent(i.index)) return std::nullopt;
  return digits;
}

std::optional<Rewritten> replace_by_digits(const Network& network, const Uses&) {
  Substitution substitution;
  std::unordered_set<IndexId> touched;  // bijections without a common leg are done at once
  std::string what;
  for (const Affine& node : network.affine) {
    if (node.constant != 0 || node.terms.size() < 3) continue;
    if (std::any_of(node.terms.begin(), node.terms.end(), [&](const Term& t) { return touched.contains(t.index); })) {
      continue;
    }
    for (const Term& i : node.terms) {
      auto digits = digits_of(network, node, i);
      if (!digits) continue;
      Value value;
      for (const Term& digit : *digits) value.digits.push_back(digit.index);
      value.terms = std::move(*digits);
      what += (what.empty() ? "" : "; ") + network.indices.at(i.index).name + " is (" +
              names_of(network, value.digits) + ")";
      substitution.emplace(i.index, std::move(value));
      for (const Term& term : node.terms) touched.insert(term.index);
      break;
    }
  }
  if (substitution.empty()) return std::nullopt;
  auto changed = substitute(network, substitution);
  if (!changed) return std::nullopt;
  return Rewritten{std::move(*changed), std::move(what)};
}

}  // namespace

const Rule kBijection{
    .name = "bijection",
    .equation = "[-i + sum a x = 0] f(i) -> f((x ..))",
    .condition = "sorted, every a is the product of the extents of the finer x, and the product of all is i's extent",
    .rewrite = replace_by_digits,
};

}  // namespace einfold::rules
