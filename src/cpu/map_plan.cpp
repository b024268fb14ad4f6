// SPDX-License-Identifier: MIT
#include "cpu/map_plan.hpp"

#include "cpu/roles.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kMostBlocks = 512;  ///< listed in a plan

/// The loop along which this operand is contiguous, if that is not the column: a row of C gathers, a row of rows is a
/// transposition.
std::optional<std::size_t> transposed_loop(const std::vector<Loop>& loops, const Loop& column, Operand o) {
  if (column.stride[o] == 0 || column.stride[o] == 1) return std::nullopt;
  constexpr std::int64_t kFewest = 3;  // shorter, a transposition gains nothing
  for (std::size_t l = 0; l < loops.size(); ++l) {
    if (loops[l].stride[o] == 1 && loops[l].extent >= kFewest) return l;
  }
  return std::nullopt;
}

/// Whether some window admits other columns in every row.
bool are_tied(const Loop& row, const Loop& column) {
  for (std::size_t w = 0; w < row.coefficients.size(); ++w) {
    if (row.coefficients[w] != 0 && column.coefficients[w] != 0) return true;
  }
  return false;
}

Loop take(std::vector<Loop>& loops, std::size_t l) {
  Loop result = std::move(loops[l]);
  loops.erase(loops.begin() + static_cast<std::ptrdiff_t>(l));
  return result;
}

/// Advances `at` and the values of the loops to the index-th point of their box.
void enter(const std::vector<Loop>& loops, std::size_t first, std::size_t last, std::int64_t index, Offsets& at,
           std::int64_t* values) {
  for (std::size_t l = last; l-- > first;) {
    const std::int64_t value = index % loops[l].extent;
    index /= loops[l].extent;
    values[l] = value;
    for (std::size_t x = 0; x < 3; ++x) at[x] += value * loops[l].stride[x];
  }
}

MapBlock block_at(const MapPlan& plan, const Offsets& at, const std::int64_t* values) {
  const int row = static_cast<int>(plan.loops.size());
  const auto [r0, r1] = plan.schedule.range(row, values);
  const auto [c0, c1] = plan.schedule.range(row + 1, values);
  return {at, {r0, r1}, {c0, c1}};
}

/// How many of the last loops have their blocks listed; nothing if a window depends on another loop.
std::optional<std::size_t> listed_loops(const MapPlan& plan, std::size_t windows) {
  std::size_t count = 0;
  for (std::int64_t blocks = 1; count < plan.loops.size(); ++count) {
    blocks *= plan.loops[plan.loops.size() - 1 - count].extent;
    if (blocks > kMostBlocks) break;
  }
  for (std::size_t l = 0; l + count < plan.loops.size(); ++l) {
    for (std::size_t w = 0; w < windows; ++w) {
      if (plan.loops[l].coefficients[w] != 0) return std::nullopt;
    }
  }
  return count;
}

}  // namespace

std::int64_t MapPlan::count() const { return einfold::cpu::count(loops); }

std::optional<MapPlan> plan_map(const NestProblem& problem, std::string& reason) {
  LoopNest nest = problem.nest;
  for (std::size_t l = 0; l < nest.loops.size(); ++l) {
    if (nest.loops[l].stride[kC] == 0) {
      reason = "something is summed";
      return std::nullopt;
    }
    if (nest.loops[l].stride[kC] < 0) reverse_loop(nest, l);
  }
  if (!writes_apart(nest.loops)) {
    reason = "elements of the result are met more than once";
    return std::nullopt;
  }
  MapPlan plan;
  plan.overwrites = problem.may_overwrite && !has_windows(nest, kC) && nest.points() == problem.c_box_size;
  const Loop single{.extent = 1, .stride = {}, .coefficients = std::vector<std::int64_t>(nest.windows.size(), 0)};
  plan.loops = nest.loops;
  std::stable_sort(plan.loops.begin(), plan.loops.end(),
                   [](const Loop& x, const Loop& y) { return x.stride[kC] > y.stride[kC]; });
  plan.column = plan.loops.empty() ? single : take(plan.loops, plan.loops.size() - 1);
  std::optional<std::size_t> row;
  const auto propose = [&](std::optional<std::size_t> l) {
    if (!row && l && !are_tied(plan.loops[*l], plan.column)) row = l;
  };
  propose(transposed_loop(plan.loops, plan.column, kA));
  propose(transposed_loop(plan.loops, plan.column, kB));
  if (!plan.loops.empty()) propose(plan.loops.size() - 1);
  plan.row = row ? take(plan.loops, *row) : single;

  std::vector<Loop> order = plan.loops;
  order.push_back(plan.row);
  order.push_back(plan.column);
  plan.schedule = Schedule(nest, std::move(order), static_cast<int>(plan.loops.size()));
  const auto listed = listed_loops(plan, nest.windows.size());
  if (!listed) return plan;
  plan.far = plan.loops.size() - *listed;
  std::vector<std::int64_t> values(plan.loops.size() + 2, 0);
  std::int64_t blocks = 1;
  for (std::size_t l = plan.far; l < plan.loops.size(); ++l) blocks *= plan.loops[l].extent;
  for (std::int64_t i = 0; i < blocks; ++i) {
    Offsets at{};
    enter(plan.loops, plan.far, plan.loops.size(), i, at, values.data());
    plan.blocks.push_back(block_at(plan, at, values.data()));
  }
  return plan;
}

MapWalk::MapWalk(const MapPlan& plan, std::int64_t block)
    : plan_(plan), index_(block), values_(plan.loops.size() + 2, 0) {
  const auto listed = static_cast<std::int64_t>(plan.blocks.size());
  if (listed == 0) return;
  index_ = block / listed;
  listed_ = block % listed;
  enter_far();
}

void MapWalk::enter_far() {
  far_at_ = plan_.schedule.base();
  enter(plan_.loops, 0, plan_.far, index_, far_at_, values_.data());
}

MapBlock MapWalk::block() {
  if (plan_.blocks.empty()) {
    Offsets at = plan_.schedule.base();
    enter(plan_.loops, 0, plan_.loops.size(), index_, at, values_.data());
    return block_at(plan_, at, values_.data());
  }
  if (listed_ == static_cast<std::int64_t>(plan_.blocks.size())) {
    listed_ = 0;
    ++index_;
    enter_far();
  }
  MapBlock result = plan_.blocks[static_cast<std::size_t>(listed_)];
  for (std::size_t x = 0; x < 3; ++x) result.at[x] += far_at_[x];
  return result;
}

}  // namespace einfold::cpu
