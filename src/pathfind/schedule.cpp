// SPDX-License-Identifier: MIT
#include "pathfind/schedule.hpp"

#include "base/fail.hpp"

#include <algorithm>
#include <map>

namespace einfold::pathfind {
namespace {

int step_of(const Problem& problem, int tensor) { return tensor - static_cast<int>(problem.leaves.size()); }

bool has(const std::vector<int>& legs, int index) { return std::ranges::find(legs, index) != legs.end(); }

bool in_equation(const Equation& equation, int index) {
  return std::ranges::any_of(equation.terms, [&](const auto& term) { return term.first == index; });
}

/// Per step: whether the index occurs in it or below.
std::vector<char> steps_with(const Problem& problem, const Tree& tree, int index) {
  std::vector<char> leaf_has(problem.leaves.size(), 0), with(tree.steps.size(), 0);
  for (std::size_t l = 0; l < problem.leaves.size(); ++l)
    leaf_has[l] = std::ranges::any_of(problem.leaves[l].axes, [&](const auto& axis) { return has(axis, index); });
  for (std::size_t s = 0; s < tree.steps.size(); ++s) {
    const Step& step = tree.steps[s];
    bool found = has(step.legs, index);
    for (const int tensor : {step.a, step.b}) {
      if (tensor < 0) continue;
      const int child = step_of(problem, tensor);
      found = found || (child < 0 ? leaf_has[tensor] : with[child]) != 0;
    }
    for (const int e : step.equations) found = found || in_equation(problem.equations[e], index);
    with[s] = found;
  }
  return with;
}

/// Whether the loops restrict two tensors, equal as wholes, in the same way.
bool alike(const Schedule& schedule, const Tree& tree, const std::vector<Slice>& slices, int s, int r) {
  if (schedule.outer[s] != schedule.outer[r]) return false;
  return std::ranges::all_of(schedule.outer[s], [&](int slice) {
    const int index = slices[slice].index;
    const auto& a = tree.steps[s].legs;
    const auto& b = tree.steps[r].legs;
    const auto at = std::ranges::find(a, index);
    return at != a.end() && at - a.begin() == std::ranges::find(b, index) - b.begin();
  });
}

/// The step at which an index is summed, or -1.
int closing_step(const Tree& tree, const std::vector<char>& with, int index) {
  for (int s = 0; s < static_cast<int>(tree.steps.size()); ++s)
    if (with[s] && !has(tree.steps[s].legs, index)) return s;
  return -1;
}

void nest_loops(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices,
                const std::map<int, std::vector<char>>& with, const std::vector<char>& dropped, Schedule& schedule) {
  std::vector<std::vector<int>> own(tree.steps.size());
  for (int slice = 0; slice < static_cast<int>(slices.size()); ++slice)
    if (!dropped[slice]) own[slices[slice].step].push_back(slice);
  schedule.outer.assign(tree.steps.size(), {});
  schedule.inner.assign(tree.steps.size(), {});
  for (int s = static_cast<int>(tree.steps.size()) - 1; s >= 0; --s) {
    auto& inner = schedule.inner[s] = schedule.outer[s];
    for (const int slice : own[s]) {
      const auto same_index = [&](int loop) { return slices[loop].index == slices[slice].index; };
      if (std::ranges::none_of(inner, same_index)) inner.push_back(slice);
    }
    for (const int tensor : {tree.steps[s].a, tree.steps[s].b}) {
      const int child = step_of(problem, tensor);
      if (child < 0) continue;
      const auto end = std::ranges::find_if(inner, [&](int slice) { return !with.at(slices[slice].index)[child]; });
      schedule.outer[child].assign(inner.begin(), end);
    }
  }
}

/// A loop over an index that is summed below its step must be around that sum too, else every turn would add all of it: if
/// other loops keep the sum outside, the loop is dropped.
void find_loops(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices, Schedule& schedule) {
  std::map<int, std::vector<char>> with;  // per sliced index
  std::map<int, int> closing;
  for (const auto& [step, index, block] : slices) {
    EINFOLD_INVARIANT(block >= 1);
    if (with.contains(index)) continue;
    with[index] = steps_with(problem, tree, index);
    closing[index] = closing_step(tree, with[index], index);
  }
  std::vector<char> dropped(slices.size(), 0);
  for (std::size_t slice = 0; slice < slices.size(); ++slice)
    dropped[slice] = !with[slices[slice].index][slices[slice].step];
  for (bool again = true; again;) {
    again = false;
    nest_loops(problem, tree, slices, with, dropped, schedule);
    for (int slice = 0; !again && slice < static_cast<int>(slices.size()); ++slice) {
      const auto& [step, index, block] = slices[slice];
      const int sum = closing.at(index);
      const bool takes_part = has(schedule.inner[step], slice);
      if (!takes_part || has(tree.steps[step].legs, index) || has(schedule.inner[sum], slice)) continue;
      dropped[slice] = again = true;
    }
  }
}

void find_values(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices, Schedule& schedule) {
  const int steps = static_cast<int>(tree.steps.size());
  std::map<int, std::vector<int>> equal;  // first of a class -> those of its steps that hold a value
  std::vector<int> holder(tree.steps.size());
  for (int s = 0; s < steps; ++s) {
    const int first = tree.steps[s].same_as >= 0 ? tree.steps[s].same_as : s;
    auto& holders = equal[first];
    const auto found = std::ranges::find_if(holders, [&](int r) { return alike(schedule, tree, slices, s, r); });
    holder[s] = found == holders.end() ? s : *found;
    if (holder[s] == s) holders.push_back(s);
  }
  std::vector<char> needed(tree.steps.size(), 0);
  needed.back() = 1;
  for (int s = steps - 1; s >= 0; --s) {
    if (!needed[s]) continue;
    if (holder[s] != s) {
      needed[holder[s]] = 1;
      continue;
    }
    for (const int tensor : {tree.steps[s].a, tree.steps[s].b})
      if (step_of(problem, tensor) >= 0) needed[step_of(problem, tensor)] = 1;
  }
  for (int s = 0; s < steps; ++s) schedule.value.push_back(needed[s] ? holder[s] : -1);
}

/// A loop takes the place of the step it is around: all that is hoisted out of it comes before, all that reads it after.
void write_instructions(Schedule& schedule) {
  const int steps = static_cast<int>(schedule.value.size());
  std::map<std::vector<int>, std::vector<Instruction>> body;  // by nest of loops
  for (int s = 0; s < steps; ++s) {
    if (schedule.value[s] != s) continue;
    body[schedule.inner[s]].push_back({Instruction::kCompute, s});
    // the step ends its own loops, innermost first: each with its body goes to the end of the one around it
    for (auto nest = schedule.inner[s]; nest.size() > schedule.outer[s].size();) {
      const int slice = nest.back();
      auto inside = std::move(body[nest]);
      nest.pop_back();
      auto& around = body[nest];
      around.push_back({Instruction::kBegin, slice});
      around.insert(around.end(), inside.begin(), inside.end());
      around.push_back({Instruction::kEnd, slice});
    }
  }
  schedule.instructions = std::move(body[{}]);
}

}  // namespace

Schedule schedule_of(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices) {
  Schedule schedule;
  find_loops(problem, tree, slices, schedule);
  find_values(problem, tree, slices, schedule);
  write_instructions(schedule);
  return schedule;
}

}  // namespace einfold::pathfind
