// SPDX-License-Identifier: MIT
#include "pathfind/moves.hpp"

#include "pathfind/log2.hpp"
#include "pathfind/points.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace einfold::pathfind {
namespace {

std::vector<const Equation*> pick(const Problem& problem, std::span<const int> members) {
  std::vector<const Equation*> result;
  for (const int e : members) result.push_back(&problem.equations[e]);
  return result;
}

std::vector<int> indices_of(std::span<const Leg> legs) {
  std::vector<int> result;
  for (const Leg& leg : legs) result.push_back(leg.index);
  return result;
}

/// Walks sorted lists of legs in step: f(index, total count, whether the last list has it).
template <class F>
void merge(std::span<const Leg> a, std::span<const Leg> b, std::span<const Leg> e, F f) {
  constexpr int kEnd = std::numeric_limits<int>::max();
  std::size_t i = 0, j = 0, k = 0;
  while (true) {
    const int x = i < a.size() ? a[i].index : kEnd;
    const int y = j < b.size() ? b[j].index : kEnd;
    const int z = k < e.size() ? e[k].index : kEnd;
    const int index = std::min(x, std::min(y, z));
    if (index == kEnd) return;
    int count = 0;
    if (x == index) count += a[i++].count;
    if (y == index) count += b[j++].count;
    if (z == index) count += e[k++].count;
    f(index, count, z == index);
  }
}

bool has(std::span<const Leg> legs, int index) { return std::ranges::binary_search(legs, index, {}, &Leg::index); }

bool equal_operands(const Move& move) {
  return move.b != nullptr && move.a->signature.number == move.b->signature.number;
}

}  // namespace

Moves::Moves(const Problem& problem, const Objective& objective)
    : problem_(problem),
      objective_(objective),
      occurrences_(problem.extents.size(), 0),
      in_output_(problem.extents.size(), 0),
      signatures_(problem),
      leaves_(problem.leaves.size(), nullptr) {
  for (const Leaf& leaf : problem.leaves)
    for (const int index : distinct_indices(leaf)) ++occurrences_[index];
  for (const Equation& equation : problem.equations)
    for (const auto& term : equation.terms) ++occurrences_[term.first];
  Log2Product output, broadcast;
  for (const int index : problem.output) {
    in_output_[index] = 1;
    output.multiply(problem.extents[index]);
    if (occurrences_[index] == 0) broadcast.multiply(problem.extents[index]);
  }
  log2_output_ = output.value();
  log2_broadcast_ = broadcast.value();
}

const State* Moves::leaf(int number) {
  if (leaves_[number] == nullptr) {
    State state;
    state.leaf = number;
    state.signature = signatures_.of_leaf(problem_.leaves[number]);
    Log2Product size;
    for (const int index : state.signature.order) {
      state.legs.push_back({index, 1});
      size.multiply(problem_.extents[index]);
    }
    std::ranges::sort(state.legs, {}, &Leg::index);
    state.log2_size = size.value();
    state.log2_cost = kLog2Zero;
    leaves_[number] = &states_.emplace_back(std::move(state));
  }
  return leaves_[number];
}

const EquationSet& Moves::equation_set(const std::vector<int>& members) {
  const auto [it, is_new] = equation_sets_.try_emplace(members);
  EquationSet& set = it->second;
  if (!is_new) return set;
  set.members = members;
  std::map<int, int> counts;
  for (const int e : members)
    for (const auto& term : problem_.equations[e].terms) ++counts[term.first];
  for (const auto& [index, count] : counts) set.legs.push_back({index, count});
  for (std::size_t member = 0; member < members.size() && member < 64; ++member)
    for (const auto& term : problem_.equations[members[member]].terms)
      if (counts.at(term.first) == 1) set.own.emplace_back(term.first, std::uint64_t{1} << member);
  std::ranges::sort(set.own);
  std::size_t components = 0;
  set.apart = std::ranges::all_of(set.legs, [](const Leg& leg) { return leg.count == 1; });
  for (const auto& component : connected_components(pick(problem_, members))) {
    std::vector<int> key;
    for (const int position : component) key.push_back(members[position]);
    const auto [points, unknown] = component_points_.try_emplace(key, 0.0);
    if (unknown) points->second = pathfind::log2_points(pick(problem_, key), problem_.extents);
    set.log2_points += points->second;
    if (const auto twins = twins_of(pick(problem_, key))) set.twins.push_back(*twins);
    ++components;
  }
  if (set.twins.size() != components) set.twins.clear();
  return set;
}

double Moves::log2_distinct_products(const Move& move) {
  // The windows of the taps cut the positions into pieces, each with a sum of its own: pieces of one or two positions, or hardly any that two
  // pairs of taps share, are not worth it.
  constexpr double kLeastGain = 1.25;
  constexpr std::int64_t kLeastPositions = 2;  // per tap
  // the position and the tap of an equation, as `state` sees them: it has the position, which closes; nobody has the tap, which stays open
  const auto legs_of = [&](const Equation& equation, int shared, const State& state, const State& other) -> std::optional<std::pair<int, int>> {
    int position = -1, tap = -1;
    for (const auto& term : equation.terms) {
      const int x = term.first;
      if (x == shared) continue;
      (has(state.legs, x) ? position : tap) = x;
    }
    if (position < 0 || tap < 0 || has(other.legs, position) || has(other.legs, tap)) return std::nullopt;
    if (has(move.legs, position) || !has(move.legs, tap)) return std::nullopt;
    return std::pair(position, tap);
  };
  double result = 0;
  for (const Twins& twins : move.equations->twins) {
    const int o = twins.shared;
    if (has(move.legs, o) || has(move.a->legs, o) || has(move.b->legs, o)) return move.equations->log2_points;
    Twins ordered = twins;
    auto first = legs_of(*ordered.first, o, *move.a, *move.b);
    if (!first) {
      std::swap(ordered.first, ordered.second);
      first = legs_of(*ordered.first, o, *move.a, *move.b);
    }
    const auto second = legs_of(*ordered.second, o, *move.b, *move.a);
    if (!first || !second) return move.equations->log2_points;
    const ShiftedLegs legs{first->first, first->second, second->first, second->second};
    const std::int64_t taps = std::max(problem_.extents[legs.k], problem_.extents[legs.l]);
    if (problem_.extents[o] / kLeastPositions < taps) return move.equations->log2_points;
    const auto [known, is_new] = products_.try_emplace({legs.x, legs.k, legs.y, legs.l});
    if (is_new) known->second = distinct_products(ordered, legs, problem_.extents);
    if (!known->second) return move.equations->log2_points;
    result += std::log2(static_cast<double>(std::max<std::int64_t>(*known->second, 1)));
  }
  return result + std::log2(kLeastGain) < move.equations->log2_points ? result : move.equations->log2_points;
}

/// Full if every equation has a closed leg of its own.
int Moves::rank_over_closed(const EquationSet& equations) const {
  std::uint64_t solved = 0;
  auto closed = closed_of_equations_.begin();
  for (const auto& [index, member] : equations.own) {
    while (closed != closed_of_equations_.end() && *closed < index) ++closed;
    if (closed != closed_of_equations_.end() && *closed == index) solved |= member;
  }
  const int members = static_cast<int>(equations.members.size());
  return std::popcount(solved) == members ? members : rank(pick(problem_, equations.members), closed_of_equations_);
}

bool Moves::evaluate(Move& move, double log2_bound) {
  const State* a = move.a;
  const State* b = move.b;
  const EquationSet& equations = *move.equations;
  const bool last = move.place == Place::kLast;
  static const std::vector<Leg> kNone;
  Log2Product loops, size;
  int closed = 0;
  closed_of_equations_.clear();
  move.legs.clear();
  merge(a != nullptr ? a->legs : kNone, b != nullptr ? b->legs : kNone, equations.legs,
        [&](int index, int count, bool in_equations) {
          if (!in_equations) loops.multiply(problem_.extents[index]);
          if (in_output_[index] || count < occurrences_[index]) {
            move.legs.push_back({index, count});
            size.multiply(problem_.extents[index]);
          } else {
            ++closed;
            if (in_equations) closed_of_equations_.push_back(index);
          }
        });
  move.log2_size = last ? log2_output_ : size.value();
  const double products = a != nullptr && b != nullptr && !equations.twins.empty() ? log2_distinct_products(move) : equations.log2_points;
  move.log2_points = products + loops.value() + (last ? log2_broadcast_ : 0);
  if (!last && closed_of_equations_.size() < equations.members.size()) return false;
  if (b == nullptr && a != nullptr && is_one_pass(move)) move.log2_points = std::min(move.log2_points, a->log2_size);
  move.log2_least_cost = log2_cost(move, move.log2_points - (equal_operands(move) ? 1 : 0));
  if (move.log2_least_cost > log2_bound) return false;
  if (last) return true;
  const int solved = equations.members.empty() ? 0 : rank_over_closed(equations);
  if (solved < static_cast<int>(equations.members.size())) return false;
  return b != nullptr || closed > solved;
}

bool Moves::is_one_pass(const Move& move) const {
  const auto& members = move.equations->members;
  if (members.size() <= 1) return true;
  if (!move.equations->apart) return false;
  return std::ranges::all_of(members, [&](int e) {
    int summed = 0, bare = 0, kept = 0;
    for (const auto& term : problem_.equations[e].terms) {
      const bool on_a = has(move.a->legs, term.first), open = has(move.legs, term.first);
      if (on_a && open) return false;
      ++(on_a ? summed : open ? kept : bare);
    }
    return summed == 1 && bare <= 1 && kept <= 1;
  });
}

double Moves::log2_cost(const Move& move, double log2_points) const {
  double cost = objective_.log2_step(log2_points, move.log2_size);
  if (move.a != nullptr) cost = objective_.log2_sum(cost, move.a->log2_cost);
  if (move.b != nullptr && !equal_operands(move)) cost = objective_.log2_sum(cost, move.b->log2_cost);
  return cost;
}

const State* Moves::take(const Move& move, Orientation orientation) {
  State state;
  state.legs = move.legs;
  state.a = move.a;
  state.b = move.b;
  state.equations = move.equations->members;
  state.log2_size = move.log2_size;
  state.log2_points = move.log2_points;
  state.log2_cost = move.log2_least_cost;
  const std::vector<int> open = move.place == Place::kLast ? problem_.output : indices_of(move.legs);
  if (equal_operands(move)) {
    state.symmetry = symmetry_of(problem_, state.a->signature.order, state.b->signature.order, state.equations, open);
    if (!state.symmetry.exchanged.empty()) state.log2_points -= 1;
    state.log2_cost = log2_cost(move, state.log2_points);
  }
  auto joined = signatures_.of_step(state.a != nullptr ? &state.a->signature : nullptr,
                                    state.b != nullptr ? &state.b->signature : nullptr, state.equations, open, orientation);
  if (joined.swapped) std::swap(state.a, state.b);
  state.signature = std::move(joined.signature);
  if (move.place == Place::kLast) state.signature.order = problem_.output;
  return &states_.emplace_back(std::move(state));
}

}  // namespace einfold::pathfind
