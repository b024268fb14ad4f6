// SPDX-License-Identifier: MIT
#include "pathfind/replay.hpp"

#include "pathfind/build.hpp"
#include "pathfind/moves.hpp"

#include <algorithm>

namespace einfold::pathfind {
namespace {

/// Takes part in what follows exactly once.
class Once {
 public:
  explicit Once(std::size_t count) : used_(count, 0) {}
  [[nodiscard]] bool take(int number, std::size_t known) {
    if (number < 0 || static_cast<std::size_t>(number) >= known || used_[static_cast<std::size_t>(number)]) return false;
    used_[static_cast<std::size_t>(number)] = 1;
    return true;
  }
  [[nodiscard]] auto unused() const { return std::ranges::count(used_, 0); }

 private:
  std::vector<char> used_;
};

bool ascending(const std::vector<int>& numbers) { return std::ranges::adjacent_find(numbers, std::greater_equal()) == numbers.end(); }

}  // namespace

std::vector<BareStep> bare_steps(const Tree& tree) {
  std::vector<BareStep> steps;
  for (const Step& step : tree.steps) steps.push_back({step.a, step.b, step.equations});
  return steps;
}

std::optional<Tree> replay(const Problem& problem, const std::vector<BareStep>& steps, const Objective& objective) {
  if (steps.empty()) return std::nullopt;
  const std::size_t leaves = problem.leaves.size();
  Moves moves(problem, objective);
  std::vector<const State*> states;
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) states.push_back(moves.leaf(static_cast<int>(leaf)));
  Once tensors(leaves + steps.size()), equations(problem.equations.size());
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const BareStep& step = steps[s];
    const bool last = s + 1 == steps.size();
    if (step.a < 0 ? step.a != -1 || step.b != -1 || !last || leaves > 0 : !tensors.take(step.a, states.size())) return std::nullopt;
    if (step.b != -1 && !tensors.take(step.b, states.size())) return std::nullopt;
    if (!ascending(step.equations)) return std::nullopt;
    for (const int e : step.equations)
      if (!equations.take(e, problem.equations.size())) return std::nullopt;
    const auto state_of = [&](int tensor) { return tensor < 0 ? nullptr : states[static_cast<std::size_t>(tensor)]; };
    Move move{state_of(step.a), state_of(step.b), &moves.equation_set(step.equations), last ? Place::kLast : Place::kInside};
    if (!moves.evaluate(move)) return std::nullopt;
    states.push_back(moves.take(move, Orientation::kAsGiven));
  }
  if (tensors.unused() != 1 || equations.unused() != 0) return std::nullopt;
  Tree tree = tree_of(problem, states.back(), objective);
  return bare_steps(tree) == steps ? std::optional(std::move(tree)) : std::nullopt;
}

}  // namespace einfold::pathfind
