// SPDX-License-Identifier: MIT
#include "pathfind/log2.hpp"
#include "pathfind/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace einfold::pathfind {
namespace {

constexpr double kMostElements = 1e300;  // sums of many stay finite

double elements(const Problem& problem, const Step& step, const std::vector<int>& loops,
                const std::vector<Slice>& slices) {
  double size = 1;
  for (const int leg : step.legs) {
    std::int64_t extent = problem.extents[leg];
    for (const int loop : loops)
      if (slices[loop].index == leg) extent = std::min(extent, slices[loop].block);
    size = std::min(size * static_cast<double>(extent), kMostElements);
  }
  return size;
}

bool reads(const Problem& problem, const Step& step, int index) {
  const auto has = [&](const std::vector<int>& legs) { return std::ranges::find(legs, index) != legs.end(); };
  if (has(step.legs)) return true;
  return std::ranges::any_of(step.equations, [&](int e) {
    return std::ranges::any_of(problem.equations[e].terms, [&](const auto& term) { return term.first == index; });
  });
}

}  // namespace

std::vector<Lifetime> lifetimes_of(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices,
                                   const Schedule& schedule) {
  std::vector<int> begin(slices.size()), end(slices.size()), at(tree.steps.size(), -1);
  for (int i = 0; i < static_cast<int>(schedule.instructions.size()); ++i) {
    const auto& [kind, number] = schedule.instructions[i];
    (kind == Instruction::kCompute ? at : kind == Instruction::kBegin ? begin : end)[number] = i;
  }
  const int leaves = static_cast<int>(problem.leaves.size());
  std::vector<int> last = at;
  for (int s = 0; s < static_cast<int>(tree.steps.size()); ++s) {
    if (at[s] < 0) continue;
    const auto& loops = schedule.inner[s];
    for (const int tensor : {tree.steps[s].a, tree.steps[s].b}) {
      if (tensor < leaves) continue;
      const int value = schedule.value[tensor - leaves];
      const std::size_t shared = schedule.outer[value].size();
      last[value] = std::max(last[value], loops.size() > shared ? end[loops[shared]] : at[s]);
    }
  }
  std::vector<Lifetime> result;
  for (int s = 0; s + 1 < static_cast<int>(tree.steps.size()); ++s) {
    if (at[s] < 0) continue;
    const auto& outer = schedule.outer[s];
    const auto& inner = schedule.inner[s];
    const int first = inner.size() > outer.size() ? begin[inner[outer.size()]] : at[s];
    result.push_back({s, first, last[s], elements(problem, tree.steps[s], outer, slices)});
  }
  return result;
}

bool symmetric_in(const Step& step, const std::vector<int>& loops, const std::vector<Slice>& slices) {
  const auto sliced = [&](int index) {
    return std::ranges::any_of(loops, [&](int loop) { return slices[loop].index == index; });
  };
  return !step.exchanged.empty() &&
         std::ranges::none_of(step.exchanged, [&](const auto& pair) { return sliced(pair.first) || sliced(pair.second); });
}

namespace {

double peak_of(std::size_t instructions, const std::vector<Lifetime>& lifetimes) {
  std::vector<double> born(instructions + 1, 0), dead(instructions + 1, 0);
  for (const Lifetime& lifetime : lifetimes) {
    born[lifetime.first] += lifetime.elements;
    dead[lifetime.last + 1] += lifetime.elements;
  }
  double alive = 0, peak = 0;
  for (std::size_t i = 0; i < born.size(); ++i) {
    alive += born[i] - dead[i];
    peak = std::max(peak, alive);
  }
  return peak;
}

/// Whether the step's work is divided among the turns of a loop over the index, not repeated.
bool divides(const Problem& problem, const Tree& tree, const Step& step, int index) {
  const int leaves = static_cast<int>(problem.leaves.size());
  if (reads(problem, step, index)) return true;
  for (const int tensor : {step.a, step.b}) {
    if (tensor < 0) continue;
    if (tensor >= leaves) {
      if (reads(problem, tree.steps[tensor - leaves], index)) return true;
      continue;
    }
    const auto& axes = problem.leaves[tensor].axes;
    if (std::ranges::any_of(axes, [&](const auto& axis) { return std::ranges::find(axis, index) != axis.end(); })) return true;
  }
  return false;
}

}  // namespace

SlicedCost sliced_cost(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices, const Schedule& schedule,
                       const std::vector<Lifetime>& lifetimes) {
  SlicedCost cost{peak_of(schedule.instructions.size(), lifetimes), kLog2Zero, 0};
  for (int s = 0; s < static_cast<int>(tree.steps.size()); ++s) {
    if (schedule.value[s] != s) continue;
    const Step& step = tree.steps[s];
    double points = step.log2_points, times = 1;
    for (const int loop : schedule.inner[s]) {
      const Slice& slice = slices[loop];
      const double turns = std::ceil(static_cast<double>(problem.extents[slice.index]) / static_cast<double>(slice.block));
      times *= std::max(turns, 1.0);
      if (!divides(problem, tree, step, slice.index)) points += std::log2(std::max(turns, 1.0));
    }
    if (!symmetric_in(step, schedule.inner[s], slices) && !step.exchanged.empty()) points += 1;
    cost.log2_flops = log2_add(cost.log2_flops, points);
    cost.computations += times;
  }
  return cost;
}

SlicedCost sliced_cost(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices) {
  const Schedule schedule = schedule_of(problem, tree, slices);
  return sliced_cost(problem, tree, slices, schedule, lifetimes_of(problem, tree, slices, schedule));
}

double peak_elements(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices) {
  return sliced_cost(problem, tree, slices).peak_elements;
}

double log2_sliced_flops(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices) {
  return sliced_cost(problem, tree, slices).log2_flops;
}

}  // namespace einfold::pathfind
