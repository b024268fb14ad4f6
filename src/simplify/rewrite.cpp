// SPDX-License-Identifier: MIT
#include "simplify/rewrite.hpp"

#include "base/checked.hpp"
#include "simplify/equation.hpp"
#include "simplify/uses.hpp"

#include <algorithm>
#include <utility>

namespace einfold::rules {
namespace {

Group substituted(const Group& group, const Substitution& substitution) {
  Group result;
  for (const IndexId id : group) {
    const auto found = substitution.find(id);
    if (found == substitution.end()) {
      result.push_back(id);
    } else {
      result.insert(result.end(), found->second.digits.begin(), found->second.digits.end());
    }
  }
  return result;
}

/// Nothing on overflow.
std::optional<Affine> substituted(const Affine& equation, const Substitution& substitution) {
  std::vector<Term> terms;
  std::int64_t constant = equation.constant;
  for (const Term& term : equation.terms) {
    const auto found = substitution.find(term.index);
    if (found == substitution.end()) {
      terms.push_back(term);
      continue;
    }
    for (const Term& part : found->second.terms) {
      const auto product = checked::multiply(term.coefficient, part.coefficient);
      if (!product) return std::nullopt;
      terms.push_back({part.index, *product});
    }
    const auto product = checked::multiply(term.coefficient, found->second.constant);
    const auto rest = product ? checked::subtract(constant, *product) : std::nullopt;
    if (!rest) return std::nullopt;
    constant = *rest;
  }
  auto sum = collected(std::move(terms));
  if (!sum) return std::nullopt;
  return Affine{std::move(*sum), constant};
}

}  // namespace

std::optional<Network> substitute(const Network& network, const Substitution& substitution) {
  Network result = network;
  for (Dense& node : result.dense) {
    for (Group& group : node.axes) group = substituted(group, substitution);
  }
  for (Group& group : result.output) group = substituted(group, substitution);

  result.affine.clear();
  for (const Affine& equation : network.affine) {
    const bool concerned = std::any_of(equation.terms.begin(), equation.terms.end(),
                                       [&](const Term& term) { return substitution.contains(term.index); });
    if (!concerned) {
      result.affine.push_back(equation);
      continue;
    }
    auto changed = substituted(equation, substitution);
    if (!changed) return std::nullopt;
    if (!changed->terms.empty()) {
      result.affine.push_back(std::move(*changed));
    } else if (changed->constant != 0) {
      result.zero = true;
    }
  }
  for (const auto& [id, value] : substitution) result.indices.erase(id);
  return result;
}

Network without_equations(Network network, const std::vector<bool>& marked) {
  std::vector<Affine> kept;
  for (std::size_t e = 0; e < network.affine.size(); ++e) {
    if (!marked[e]) kept.push_back(std::move(network.affine[e]));
  }
  network.affine = std::move(kept);
  return network;
}

Network zero_of(Network network) {
  network.zero = true;
  network.affine.clear();
  const Uses uses = uses_of(network);
  std::erase_if(network.indices, [&](const auto& entry) { return !uses.at(entry.first).anywhere(); });
  return network;
}

std::optional<Scale> exactly_times(const Scale& scale, std::int64_t factor) {
  const Scale product = scale.times(factor);
  if (product.real != scale.real) return std::nullopt;  // what did not fit went there
  return product;
}

std::string names_of(const Network& network, const std::vector<IndexId>& indices) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < indices.size() && i < kShown; ++i) {
    if (i > 0) text += ", ";
    text += network.indices.at(indices[i]).name;
  }
  if (indices.size() > kShown) text += " and " + std::to_string(indices.size() - kShown) + " more";
  return text;
}

}  // namespace einfold::rules
