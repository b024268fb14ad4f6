// SPDX-License-Identifier: MIT
#include "pathfind/exact.hpp"

#include "base/fail.hpp"
#include "pathfind/log2.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace einfold::pathfind {
namespace {

using Mask = std::uint64_t;  // of parts, or of equations

class Exact {
 public:
  Exact(Moves& moves, const Target& target, double log2_bound, std::int64_t most_moves)
      : moves_(moves), target_(target), bound_(log2_bound), moves_left_(most_moves) {
    const int parts = static_cast<int>(target.parts.size());
    const int equations = static_cast<int>(target.equations.size());
    EINFOLD_INVARIANT(parts <= kMostParts && equations <= kMostEquations);
    all_parts_ = (Mask{1} << parts) - 1;
    all_equations_ = equations == 64 ? ~Mask{0} : (Mask{1} << equations) - 1;
    find_incidence();
  }

  Found run() {
    if (target_.parts.empty()) {
      consider(nullptr, nullptr, all_equations_);
      return {best_};
    }
    by_count_.resize(target_.parts.size() + 1);
    for (std::size_t p = 0; p < target_.parts.size(); ++p)
      add(Mask{1} << p, {target_.parts[p], 0, touch_of(target_.parts[p])});
    close_under_sums(1);
    return target_.pairs.empty() ? join_all() : join_given();
  }

 private:
  struct Entry {
    const State* state;
    Mask equations;  ///< absorbed
    Mask touch;      ///< equations that have one of the state's legs
  };

  Found join_given() {
    std::vector<Mask> sets;
    for (std::size_t p = 0; p < target_.parts.size(); ++p) sets.push_back(Mask{1} << p);
    for (const auto& [a, b] : target_.pairs) {
      if (!join(sets[a], sets[b])) return {best_, false};
      sets.push_back(sets[a] | sets[b]);
      close_under_sums_of(sets.back());
    }
    return {best_, moves_left_ >= 0};
  }

  Found join_all() {
    for (std::size_t count = 2; count < by_count_.size(); ++count) {
      for (std::size_t half = 1; 2 * half <= count; ++half) {
        for (const Mask left : by_count_[half]) {
          for (const Mask right : by_count_[count - half]) {
            if ((left & right) != 0 || (2 * half == count && left > right)) continue;
            if (!join(left, right)) return {best_, false};
          }
        }
      }
      close_under_sums(count);
    }
    return {best_, moves_left_ >= 0};
  }

  /// Per index: where it occurs. An index is open in (P, Q) unless all of its places lie in P and Q.
  void find_incidence() {
    const Problem& problem = moves_.problem();
    parts_with_.assign(problem.extents.size(), 0);
    equations_with_.assign(problem.extents.size(), 0);
    std::vector<int> inside(problem.extents.size(), 0);
    for (std::size_t p = 0; p < target_.parts.size(); ++p) {
      for (const Leg& leg : target_.parts[p]->legs) {
        parts_with_[leg.index] |= Mask{1} << p;
        inside[leg.index] += leg.count;
      }
    }
    for (std::size_t e = 0; e < target_.equations.size(); ++e) {
      for (const auto& term : problem.equations[target_.equations[e]].terms) {
        equations_with_[term.first] |= Mask{1} << e;
        ++inside[term.first];
      }
    }
    for (const int e : target_.equations) {
      Mask neighbours = 0;
      auto& closable = closable_.emplace_back();
      for (const auto& term : problem.equations[e].terms) {
        neighbours |= equations_with_[term.first];
        if (!moves_.in_output(term.first) && inside[term.first] == moves_.occurrences(term.first))
          closable.push_back(parts_with_[term.first]);
      }
      neighbours_.push_back(neighbours);
    }
  }

  Mask touch_of(const State* state) const {
    Mask touch = 0;
    for (const Leg& leg : state->legs) touch |= equations_with_[leg.index];
    return touch;
  }

  /// Equations reached through free equations from `start` that have a leg which could close once `parts` are joined.
  Mask candidates(Mask start, Mask used, Mask parts) const {
    Mask found = start & ~used;
    for (Mask fresh = found; fresh != 0;) {
      Mask next = 0;
      for (; fresh != 0; fresh &= fresh - 1) next |= neighbours_[std::countr_zero(fresh)];
      fresh = next & ~used & ~found;
      found |= fresh;
    }
    Mask result = 0;
    for (; found != 0; found &= found - 1) {
      const int e = std::countr_zero(found);
      if (std::ranges::any_of(closable_[e], [&](Mask with) { return (with & ~parts) == 0; })) result |= Mask{1} << e;
    }
    return result;
  }

  const EquationSet& equation_set(Mask mask) {
    const auto [it, is_new] = sets_.try_emplace(mask, nullptr);
    if (is_new) {
      std::vector<int> members;
      for (Mask rest = mask; rest != 0; rest &= rest - 1) members.push_back(target_.equations[std::countr_zero(rest)]);
      std::ranges::sort(members);
      it->second = &moves_.equation_set(members);
    }
    return *it->second;
  }

  /// All pairs over two disjoint sets of parts; false when the budget is spent.
  bool join(Mask left, Mask right) {
    const Mask parts = left | right;
    // references stay valid: the joined set is a third one
    for (const Entry& a : table_[left]) {
      for (const Entry& b : table_[right]) {
        if ((a.equations & b.equations) != 0) continue;
        const bool equal = a.state->signature.number == b.state->signature.number;
        if (std::max(a.state->log2_cost, b.state->log2_cost) > bound_) continue;
        if (!equal && log2_add(a.state->log2_cost, b.state->log2_cost) > bound_) continue;
        const Mask used = a.equations | b.equations;
        if (parts == all_parts_) consider(a.state, b.state, all_equations_ & ~used);
        const Mask free = candidates(a.touch | b.touch, used, parts);
        for_each_subset(free, a.touch & b.touch, [&](Mask e) { try_move(parts, a.state, b.state, e, used | e); });
        if (moves_left_ < 0) return false;
      }
    }
    return true;
  }

  template <class F>
  static void for_each_subset(Mask free, Mask both, F f) {
    f(Mask{0});
    if (std::popcount(free) <= 8) {
      for (Mask e = (Mask{0} - free) & free; e != 0; e = (e - free) & free) f(e);  // ascending
      return;
    }
    for (Mask rest = free; rest != 0; rest &= rest - 1) f(rest & (Mask{0} - rest));
    if (std::popcount(free & both) > 1 && (free & both) != free) f(free & both);
    f(free);
  }

  void close_under_sums(std::size_t count) {
    for (const Mask parts : by_count_[count]) close_under_sums_of(parts);
  }

  /// Sums of every state over these parts, until nothing improves.
  void close_under_sums_of(Mask parts) {
    for (std::size_t next = 0; next < table_[parts].size(); ++next) {
      // a replaced entry was appended anew, its old place is dead
      const Entry entry = table_[parts][next];
      if (entry.state == nullptr || moves_left_ < 0) continue;
      if (parts == all_parts_) {
        consider(entry.state, nullptr, all_equations_ & ~entry.equations);
      }
      const Mask free = candidates(entry.touch, entry.equations, parts);
      try_move(parts, entry.state, nullptr, 0, entry.equations);
      for (Mask e = free; e != 0; e &= e - 1) {
        const Mask one = e & (Mask{0} - e);
        try_move(parts, entry.state, nullptr, one, entry.equations | one);
        for (Mask f = e & (e - 1); f != 0; f &= f - 1) {
          const Mask two = one | (f & (Mask{0} - f));
          try_move(parts, entry.state, nullptr, two, entry.equations | two);
        }
      }
    }
    std::erase_if(table_[parts], [](const Entry& entry) { return entry.state == nullptr; });
  }

  /// The move that contracts all that is left.
  void consider(const State* a, const State* b, Mask equations) {
    if (target_.place == Place::kInside) return;  // found by try_move
    Move move{a, b, &equation_set(equations), Place::kLast};
    --moves_left_;
    if (moves_.evaluate(move, bound_)) offer(move);
  }

  void offer(const Move& move) {
    const State* state = moves_.take(move);
    if (state->log2_cost < bound_ - 1e-12) {
      best_ = state;
      bound_ = state->log2_cost;
    }
  }

  void try_move(Mask parts, const State* a, const State* b, Mask equations, Mask absorbed) {
    const bool complete = parts == all_parts_ && absorbed == all_equations_;
    if (complete && target_.place == Place::kLast && !moves_.broadcasts()) return;  // that is the last move
    Move& move = move_;
    move.a = a;
    move.b = b;
    move.equations = &equation_set(equations);
    --moves_left_;
    if (!moves_.evaluate(move, bound_)) return;
    if (complete && target_.place == Place::kInside) return offer(move);
    const auto found = table_.find(parts);
    if (found != table_.end()) {
      for (const Entry& entry : found->second) {
        if (entry.state != nullptr && entry.equations == absorbed && entry.state->legs.size() == move.legs.size() &&
            move.log2_least_cost > entry.state->log2_cost + 1e-9)
          return;
      }
    }
    const State* state = moves_.take(move);
    if (state->log2_cost > bound_) return;
    add(parts, {state, absorbed, touch_of(state)});
  }

  /// Keeps the cheapest state per set of parts, equations and legs (a leaf has legs that its sum has not); of equally cheap ones that of
  /// the lowest signature, so that equal sub-networks get equal trees.
  void add(Mask parts, const Entry& entry) {
    auto& entries = table_[parts];
    if (entries.empty()) by_count_[std::popcount(parts)].push_back(parts);
    for (Entry& old : entries) {
      if (old.state == nullptr || old.equations != entry.equations) continue;
      if (old.state->legs.size() != entry.state->legs.size()) continue;
      const double cost = old.state->log2_cost;
      const bool better = log2_equal(entry.state->log2_cost, cost)
                              ? entry.state->signature.number < old.state->signature.number
                              : entry.state->log2_cost < cost;
      if (!better) return;
      old.state = nullptr;
      break;
    }
    entries.push_back(entry);
  }

  Moves& moves_;
  const Target& target_;
  double bound_;
  std::int64_t moves_left_;
  Mask all_parts_ = 0, all_equations_ = 0;
  std::vector<Mask> parts_with_, equations_with_;   ///< per index
  std::vector<Mask> neighbours_;                    ///< per equation: those it shares an index with
  std::vector<std::vector<Mask>> closable_;         ///< per equation and leg that may close: the parts that have it
  std::unordered_map<Mask, const EquationSet*> sets_;
  std::unordered_map<Mask, std::vector<Entry>> table_;  ///< never iterated
  std::vector<std::vector<Mask>> by_count_;             ///< sets of parts that have states, by number of parts
  Move move_;  ///< scratch
  const State* best_ = nullptr;
};

}  // namespace

Found exact(Moves& moves, const Target& target, double log2_bound, std::int64_t most_moves) {
  return Exact(moves, target, log2_bound, most_moves).run();
}

}  // namespace einfold::pathfind
