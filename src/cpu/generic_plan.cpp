// SPDX-License-Identifier: MIT
#include "cpu/generic_plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace einfold::cpu {
namespace {

std::int64_t magnitude(std::int64_t x) { return x < 0 ? -x : x; }

/// Rough cost per point of running this loop innermost: cache lines touched, and the start of the loop.
double cost_innermost(const Loop& loop, bool writes_c) {
  const auto lines = [](std::int64_t stride) {
    return static_cast<double>(std::min<std::int64_t>(magnitude(stride), 16));
  };
  return lines(loop.stride[kA]) + lines(loop.stride[kB]) + (writes_c ? lines(loop.stride[kC]) : 0) +
         32.0 / static_cast<double>(loop.extent);
}

/// How many of these loops, longest stride of C first, never lead two points to the same element of C,
/// whatever the loops after them do: each steps over all finer loops together.
int count_apart(const std::vector<Loop>& outs, const std::vector<Loop>& row) {
  int count = 0;
  for (std::size_t i = 0; i < outs.size(); ++i, ++count) {
    std::int64_t finer = 0;
    for (std::size_t j = i + 1; j < outs.size(); ++j) finer += outs[j].span(kC);
    for (const Loop& loop : row) {
      if (magnitude(loop.stride[kC]) > magnitude(outs[i].stride[kC])) return count;
      finer += loop.span(kC);
    }
    if (magnitude(outs[i].stride[kC]) <= finer) break;
  }
  return count;
}

}  // namespace

GenericNest generic_nest_of(const NestProblem& problem) {
  LoopNest nest = problem.nest;
  gather_scatters(nest);
  std::vector<Loop> outs, sums, row;
  for (const Loop& loop : nest.loops) (nest.depends(loop, kC) ? outs : sums).push_back(loop);
  std::stable_sort(outs.begin(), outs.end(), [](const Loop& x, const Loop& y) {
    return magnitude(x.stride[kC]) > magnitude(y.stride[kC]);
  });
  std::stable_sort(sums.begin(), sums.end(), [](const Loop& x, const Loop& y) {
    return magnitude(x.stride[kA]) + magnitude(x.stride[kB]) >
           magnitude(y.stride[kA]) + magnitude(y.stride[kB]);
  });

  GenericNest result;
  result.points = nest.points();
  result.factor = problem.factor;
  double written = 1;
  for (const Loop& loop : outs) written *= static_cast<double>(loop.extent);
  const bool c_windows = std::any_of(nest.windows.begin(), nest.windows.end(),
                                     [](const OwnedWindow& w) { return w.owner == kC; });
  result.row_apart = writes_apart(outs);
  result.overwrites =
      problem.may_overwrite && result.row_apart && !c_windows && written == problem.c_box_size;

  const auto cheapest = [](const std::vector<Loop>& loops, bool writes_c) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < loops.size(); ++i) {
      if (cost_innermost(loops[i], writes_c) < cost_innermost(loops[best], writes_c)) best = i;
    }
    return best;
  };
  const auto move_last = [](std::vector<Loop>& loops, std::size_t i) {
    std::rotate(loops.begin() + static_cast<std::ptrdiff_t>(i),
                loops.begin() + static_cast<std::ptrdiff_t>(i) + 1, loops.end());
  };
  if (sums.empty()) {
    result.inner = Inner::kPut;
    if (!outs.empty()) {
      move_last(outs, cheapest(outs, true));
      row.push_back(outs.back());
      outs.pop_back();
    }
  } else {
    const std::size_t sum = cheapest(sums, false);
    result.inner = Inner::kDot;
    if (!outs.empty()) {
      const std::size_t out = cheapest(outs, true);
      if (cost_innermost(outs[out], true) + 1 < cost_innermost(sums[sum], false)) {
        result.inner = Inner::kMultiply;
        move_last(outs, out);
        row.push_back(outs.back());
        outs.pop_back();
      }
    }
    if (result.inner == Inner::kDot) move_last(sums, sum);
  }
  result.outs = static_cast<int>(outs.size());
  result.apart = count_apart(outs, row);
  std::vector<Loop> order = outs;
  order.insert(order.end(), sums.begin(), sums.end());
  order.insert(order.end(), row.begin(), row.end());
  result.schedule = Schedule(nest, std::move(order), result.overwrites ? result.outs : 0);
  return result;
}

}  // namespace einfold::cpu
