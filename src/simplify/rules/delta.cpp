// SPDX-License-Identifier: MIT
#include "base/checked.hpp"
#include "simplify/equation.hpp"
#include "simplify/rewrite.hpp"
#include "simplify/rules/families.hpp"

#include <algorithm>
#include <utility>

namespace einfold::rules {
namespace {

/// The pairs (x_j, y_j) if the node says  sum_j a_j (x_j - y_j) = 0  with equal extents of each pair and every a_j greater
/// than what all finer digits can reach, so that the two numbers are equal digit by digit. Else none.
///
///     a_j > sum over finer l of a_l (X_l - 1)
std::vector<std::pair<IndexId, IndexId>> equal_digits(const Network& network, const Affine& node) {
  if (node.constant != 0 || node.terms.size() % 2 != 0) return {};
  const auto magnitude = [](const Term& term) {
    const auto bits = static_cast<std::uint64_t>(term.coefficient);
    return term.coefficient < 0 ? 0 - bits : bits;
  };
  std::vector<Term> terms = node.terms;
  std::sort(terms.begin(), terms.end(), [&](const Term& a, const Term& b) { return magnitude(a) < magnitude(b); });
  std::vector<std::pair<IndexId, IndexId>> pairs;
  std::int64_t finer = 0;
  for (std::size_t t = 0; t < terms.size(); t += 2) {
    const Term& x = terms[t];
    const Term& y = terms[t + 1];
    if (x.coefficient == INT64_MIN || x.coefficient != -y.coefficient) return {};
    const std::int64_t extent = network.extent(x.index);
    const std::int64_t a = std::abs(x.coefficient);
    if (extent != network.extent(y.index) || a <= finer) return {};
    const auto reach = checked::multiply_add(finer, a, extent - 1);
    if (!reach) return {};
    finer = *reach;
    pairs.emplace_back(x.index, y.index);
  }
  return pairs;
}

/// The index that stands for all that are equal to `id`.
IndexId representative(const std::unordered_map<IndexId, IndexId>& equal_to, IndexId id) {
  for (auto found = equal_to.find(id); found != equal_to.end(); found = equal_to.find(id)) id = found->second;
  return id;
}

std::optional<Rewritten> unify(const Network& network, const Uses&) {
  std::unordered_map<IndexId, IndexId> equal_to;  // towards smaller ids
  std::string what;
  for (const Affine& node : network.affine) {
    const auto pairs = equal_digits(network, node);
    if (pairs.empty()) continue;
    what += (what.empty() ? "one index each: " : "; ") + to_text(network, node);
    for (const auto& [x, y] : pairs) {
      const IndexId a = representative(equal_to, x);
      const IndexId b = representative(equal_to, y);
      if (a != b) equal_to[std::max(a, b)] = std::min(a, b);
    }
  }
  if (equal_to.empty()) return std::nullopt;
  Substitution substitution;
  for (const auto& [id, next] : equal_to) {
    const IndexId kept = representative(equal_to, next);
    substitution.emplace(id, Value{{kept}, {{kept, 1}}});
  }
  auto changed = substitute(network, substitution);
  if (!changed) return std::nullopt;
  return Rewritten{std::move(*changed), std::move(what)};
}

}  // namespace

const Rule kDelta{
    .name = "delta",
    .equation = "[sum a (x - y) = 0] f(x.., y..) -> f(x.., x..)",
    .condition = "x and y have the same extent, and every a > sum over finer digits of a (X - 1); mostly one digit",
    .rewrite = unify,
};

}  // namespace einfold::rules
