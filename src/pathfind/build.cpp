// SPDX-License-Identifier: MIT
#include "pathfind/build.hpp"

#include "pathfind/log2.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace einfold::pathfind {

Tree tree_of(const Problem& problem, const State* last, const Objective& objective) {
  // a parent comes before its children, and b before a; reversed, all of a's steps come first
  std::vector<const State*> states, stack{last};
  while (!stack.empty()) {
    const State* state = stack.back();
    stack.pop_back();
    states.push_back(state);
    for (const State* child : {state->a, state->b})
      if (child != nullptr && child->leaf < 0) stack.push_back(child);
  }
  std::ranges::reverse(states);

  Tree tree;
  std::map<const State*, int> step_of;  // for look-up only
  std::map<int, int> first_with;        // signature -> step
  const auto number_of = [&](const State* state) {
    if (state == nullptr) return -1;
    return state->leaf >= 0 ? state->leaf : static_cast<int>(problem.leaves.size()) + step_of.at(state);
  };
  for (const State* state : states) {
    const int number = static_cast<int>(tree.steps.size());
    Step step{number_of(state->a), number_of(state->b), state->equations, state->signature.order};
    if (state != last) {
      const auto [first, is_new] = first_with.emplace(state->signature.number, number);
      if (!is_new) step.same_as = first->second;
    }
    step.squared = state->symmetry.squared;
    step.exchanged = state->symmetry.exchanged;
    step.log2_points = state->log2_points;
    step.log2_size = state->log2_size;
    step_of[state] = number;
    tree.steps.push_back(std::move(step));
  }
  total(tree, objective);
  return tree;
}

void total(Tree& tree, const Objective& objective) {
  tree.log2_flops = tree.log2_write = tree.log2_cost = kLog2Zero;
  tree.log2_largest = 0;
  for (const Step& step : tree.steps) {
    if (step.same_as >= 0) continue;
    tree.log2_flops = log2_add(tree.log2_flops, step.log2_points);
    tree.log2_write = log2_add(tree.log2_write, step.log2_size);
    tree.log2_cost = objective.log2_sum(tree.log2_cost, objective.log2_step(step.log2_points, step.log2_size));
    if (&step != &tree.steps.back()) tree.log2_largest = std::max(tree.log2_largest, step.log2_size);
  }
}

}  // namespace einfold::pathfind
