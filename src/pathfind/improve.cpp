// SPDX-License-Identifier: MIT
#include "pathfind/improve.hpp"

#include "pathfind/exact.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace einfold::pathfind {
namespace {

/// The steps of a tree, children before parents.
std::vector<const State*> steps_of(const State* last) {
  std::vector<const State*> steps, stack{last};
  while (!stack.empty()) {
    const State* state = stack.back();
    stack.pop_back();
    steps.push_back(state);
    for (const State* child : {state->a, state->b})
      if (child != nullptr && child->leaf < 0) stack.push_back(child);
  }
  std::ranges::reverse(steps);
  return steps;
}

/// The subtree below `top` down to the parts that its dearest steps leave.
Target target_at(const State* top, Place place, int most_parts) {
  Target target{{top}, {}, place};
  const auto dearer = [](const State* x, const State* y) {
    if ((x->leaf < 0) != (y->leaf < 0)) return x->leaf >= 0;
    return x->log2_points < y->log2_points;
  };
  while (!target.parts.empty() && static_cast<int>(target.parts.size()) < most_parts) {
    const auto dearest = std::ranges::max_element(target.parts, dearer);
    const State* step = *dearest;
    if (step->leaf >= 0) break;
    target.equations.insert(target.equations.end(), step->equations.begin(), step->equations.end());
    target.parts.erase(dearest);
    for (const State* child : {step->a, step->b})
      if (child != nullptr) target.parts.push_back(child);
  }
  return target;
}

class Improver {
 public:
  Improver(Moves& moves, int most_parts, std::int64_t most_moves)
      : moves_(moves), most_parts_(most_parts), most_moves_(most_moves) {}

  /// A better tree, or null.
  const State* step(const State* last) {
    auto steps = steps_of(last);
    const auto upwards = steps;
    std::ranges::stable_sort(steps, std::ranges::greater{}, &State::log2_points);
    for (const State* top : steps) {
      if (!tried_.insert({top->signature.number, top == last}).second) continue;
      const int signature = top->signature.number;
      std::map<const State*, const State*> replaced;  // for look-ups only
      bool better = false;
      for (const State* state : upwards) {
        const bool same = state == top || (state->signature.number == signature && state != last && top != last);
        const State* solved = same ? solve(state, state == last ? Place::kLast : Place::kInside) : nullptr;
        better = better || solved != nullptr;
        replaced[state] = solved != nullptr ? solved : rebuilt(state, replaced, state == last);
      }
      const State* result = replaced.at(last);
      if (better && result->log2_cost < last->log2_cost - 1e-9) return result;
    }
    return nullptr;
  }

 private:
  const State* solve(const State* top, Place place) {
    const Target target = target_at(top, place, most_parts_);
    if (target.parts.size() < 3 && target.equations.size() < 2) return nullptr;
    if (target.parts.size() > kMostParts || target.equations.size() > kMostEquations) return nullptr;
    return exact(moves_, target, top->log2_cost, most_moves_).state;
  }

  /// The same step over children that may have changed.
  const State* rebuilt(const State* state, const std::map<const State*, const State*>& replaced, bool is_last) {
    const auto now = [&](const State* child) {
      const auto found = replaced.find(child);
      return found == replaced.end() ? child : found->second;
    };
    const State* a = now(state->a);
    const State* b = now(state->b);
    if (a == state->a && b == state->b) return state;
    Move move{a, b, &moves_.equation_set(state->equations), is_last ? Place::kLast : Place::kInside};
    return moves_.evaluate(move) ? moves_.take(move) : state;
  }

  Moves& moves_;
  int most_parts_;
  std::int64_t most_moves_;
  std::set<std::pair<int, bool>> tried_;  ///< subtrees by signature
};

}  // namespace

const State* improved(Moves& moves, const State* last, int most_parts, std::int64_t most_moves) {
  Improver improver(moves, most_parts, most_moves);
  while (const State* better = improver.step(last)) last = better;
  return last;
}

}  // namespace einfold::pathfind
