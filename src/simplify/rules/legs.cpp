// SPDX-License-Identifier: MIT
//
// Rules that remove single indices.
#include "simplify/equation.hpp"
#include "simplify/rewrite.hpp"
#include "simplify/rules/families.hpp"

#include <algorithm>
#include <unordered_set>

namespace einfold::rules {
namespace {

std::optional<Rewritten> drop_unit_legs(const Network& network, const Uses& uses) {
  Substitution substitution;
  std::vector<IndexId> units;
  for (const auto& [id, index] : network.indices) {
    if (index.extent != 1 || !uses.at(id).anywhere()) continue;
    substitution.emplace(id, Value{});  // no digit, and 0
    units.push_back(id);
  }
  if (units.empty()) return std::nullopt;
  auto changed = substitute(network, substitution);
  if (!changed) return std::nullopt;
  return Rewritten{std::move(*changed), "drop " + names_of(network, units)};
}

std::optional<Rewritten> drop_free_indices(const Network& network, const Uses& uses) {
  std::vector<IndexId> dropped;
  Scale scale = network.scale;
  for (const auto& [id, index] : network.indices) {
    if (uses.at(id).anywhere()) continue;
    const auto product = exactly_times(scale, index.extent);
    if (!product) continue;
    scale = *product;
    dropped.push_back(id);
  }
  if (dropped.empty()) return std::nullopt;
  Rewritten result{network, "drop " + names_of(network, dropped)};
  result.network.scale = scale;
  for (const IndexId id : dropped) result.network.indices.erase(id);
  return result;
}

std::optional<Rewritten> drop_private_legs(const Network& network, const Uses& uses) {
  std::vector<bool> dropped(network.affine.size(), false);
  std::vector<IndexId> legs;
  for (std::size_t e = 0; e < network.affine.size(); ++e) {
    for (const Term& x : network.affine[e].terms) {
      const Use& use = uses.at(x.index);
      if (use.on_an_axis() || use.equations.size() != 1) continue;
      if (!always_solvable_for(network, network.affine[e], x)) continue;
      dropped[e] = true;
      legs.push_back(x.index);
      break;
    }
  }
  if (legs.empty()) return std::nullopt;
  Rewritten result{without_equations(network, dropped),
                   "drop " + names_of(network, legs) + ", each with the equation that determines it"};
  for (const IndexId id : legs) result.network.indices.erase(id);
  return result;
}

/// Equations without a common leg are composed at once.
std::optional<Rewritten> compose(const Network& network, const Uses& uses) {
  Substitution substitution;
  std::unordered_set<IndexId> touched;
  std::string what;
  for (const Affine& node : network.affine) {
    if (node.terms.size() != 2) continue;
    if (touched.contains(node.terms[0].index) || touched.contains(node.terms[1].index)) continue;
    for (std::size_t leg = 0; leg < 2; ++leg) {
      const Term& m = node.terms[leg];
      const Term& x = node.terms[1 - leg];
      if (uses.at(m.index).on_an_axis() || uses.at(m.index).equations.size() < 2) continue;
      if (!always_solvable_for(network, node, m) || x.coefficient == INT64_MIN || node.constant == INT64_MIN) continue;
      // m = c_m (b - c_x x), for c_m is its own inverse
      const std::int64_t c = m.coefficient;
      substitution.emplace(m.index, Value{{}, {{x.index, -c * x.coefficient}}, c * node.constant});
      what += (what.empty() ? "replace " : "; ") + network.indices.at(m.index).name + " by " + to_text(network, node);
      touched.insert({m.index, x.index});
      break;
    }
  }
  if (substitution.empty()) return std::nullopt;
  auto changed = substitute(network, substitution);
  if (!changed) return std::nullopt;
  return Rewritten{std::move(*changed), std::move(what)};
}

/// What stands before or after an index on all axes.
struct Neighbour {
  enum class Kind { kUnknown, kAlways, kVarying } kind = Kind::kUnknown;
  IndexId index = 0;

  void meet(const IndexId* seen) {
    if (kind == Kind::kUnknown && seen != nullptr) {
      kind = Kind::kAlways;
      index = *seen;
    } else if (kind == Kind::kUnknown || seen == nullptr || index != *seen) {
      kind = Kind::kVarying;
    }
  }
};

struct Neighbours {
  std::unordered_map<IndexId, Neighbour> before, after;

  void add(const Group& group) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      before[group[i]].meet(i == 0 ? nullptr : &group[i - 1]);
      after[group[i]].meet(i + 1 == group.size() ? nullptr : &group[i + 1]);
    }
  }
};

std::int64_t coefficient_of(const Affine& equation, IndexId id) {
  for (const Term& term : equation.terms) {
    if (term.index == id) return term.coefficient;
  }
  return 0;
}

/// Whether every equation that x or y is in sees them as  c (extent(y) x + y)  only.
bool are_parallel_in_equations(const Network& network, const Uses& uses, IndexId x, IndexId y) {
  const Use& of_x = uses.at(x);
  if (of_x.equations != uses.at(y).equations) return false;
  return std::all_of(of_x.equations.begin(), of_x.equations.end(), [&](std::size_t e) {
    const std::int64_t slow = coefficient_of(network.affine[e], x);
    const std::int64_t fast = coefficient_of(network.affine[e], y);
    const std::int64_t extent = network.extent(y);
    return slow % extent == 0 && slow / extent == fast;
  });
}

/// c, k -> c_k;  c', k' -> c_k'. Of many names the first and the last.
std::string joined_name(const Network& network, const Group& chain) {
  constexpr std::size_t kMostNames = 4;
  std::string name;
  std::size_t primes = 0;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const std::string& part = network.indices.at(chain[i]).name;
    const std::size_t bare = part.find_last_not_of('\'') + 1;
    primes = std::max(primes, part.size() - bare);
    if (chain.size() > kMostNames && i != 0 && i + 1 != chain.size()) continue;
    if (!name.empty()) name += '_';
    name += part.substr(0, bare);
  }
  return name + std::string(primes, '\'');
}

std::optional<Rewritten> merge_parallel_legs(const Network& network, const Uses& uses) {
  Neighbours neighbours;
  for (const Dense& node : network.dense) {
    for (const Group& group : node.axes) neighbours.add(group);
  }
  for (const Group& group : network.output) neighbours.add(group);

  std::unordered_map<IndexId, IndexId> follower;
  std::unordered_set<IndexId> follows;
  for (const auto& [x, after] : neighbours.after) {
    if (after.kind != Neighbour::Kind::kAlways || after.index == x) continue;
    const Neighbour& before = neighbours.before.at(after.index);
    if (before.kind != Neighbour::Kind::kAlways || before.index != x) continue;
    if (!are_parallel_in_equations(network, uses, x, after.index)) continue;
    follower.emplace(x, after.index);
    follows.insert(after.index);
  }
  if (follower.empty()) return std::nullopt;

  // Chains x, y, z, .. become one index each. In an equation it has the coefficient of the last.
  Network wider = network;
  Substitution substitution;
  std::string what;
  for (const auto& [first, index] : network.indices) {
    if (follows.contains(first) || !follower.contains(first)) continue;
    Group chain{first};
    for (auto next = follower.find(first); next != follower.end(); next = follower.find(next->second)) {
      chain.push_back(next->second);
    }
    const IndexId merged = wider.add_index(joined_name(network, chain), network.extent(chain));
    for (const IndexId id : chain) substitution.emplace(id, Value{});
    substitution[chain.back()] = Value{{merged}, {{merged, 1}}};
    if (what.size() < 200) {
      what += (what.empty() ? "merge " : "; ") + names_of(network, chain) + " into " + wider.indices.at(merged).name;
    } else if (!what.ends_with(" ..")) {
      what += "; ..";
    }
  }
  auto changed = substitute(wider, substitution);
  if (!changed) return std::nullopt;
  return Rewritten{std::move(*changed), std::move(what)};
}

}  // namespace

const Rule kUnitLeg{
    .name = "unit leg",
    .equation = "f(x), x < 1 -> f(0)",
    .condition = "extent(x) = 1",
    .rewrite = drop_unit_legs,
};

const Rule kFreeIndex{
    .name = "free index",
    .equation = "sum over x of f -> extent(x) f",
    .condition = "x is on no node and not in the output",
    .rewrite = drop_free_indices,
};

const Rule kPrivateLeg{
    .name = "private leg",
    .equation = "sum over x of [+-x + sum c y = b] -> 1",
    .condition = "x is nowhere else, and has a solution within its range for all y",
    .rewrite = drop_private_legs,
};

const Rule kComposition{
    .name = "composition",
    .equation = "sum over m of [+-m + c x = b] [e(m)] .. -> [e(+-(b - c x))] ..",
    .condition = "m is on affine nodes only, and has a solution within its range for all x",
    .rewrite = compose,
};

const Rule kParallelLegs{
    .name = "parallel legs",
    .equation = "f(extent(y) x + y) -> f(z)",
    .condition = "y directly follows x on every axis with x or y; every equation has c_x = c_y extent(y), or neither",
    .rewrite = merge_parallel_legs,
};

}  // namespace einfold::rules
