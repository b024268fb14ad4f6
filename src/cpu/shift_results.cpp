// SPDX-License-Identifier: MIT
#include "cpu/shift_results.hpp"

#include <algorithm>
#include <utility>

namespace einfold::cpu {
namespace {

/// Calls f(tap pair per dimension) for all pairs of a combination.
template <class F>
void each_pair(const ShiftPlan& plan, const Combination& c, F&& f) {
  const std::size_t dimensions = plan.dimensions.size();
  std::vector<std::size_t> at(dimensions, 0);
  std::vector<const TapPair*> taps(dimensions);
  for (;;) {
    for (std::size_t d = 0; d < dimensions; ++d) taps[d] = &plan.dimensions[d][c.of[d]].taps[at[d]];
    f(taps);
    std::size_t d = dimensions;
    while (d > 0 && ++at[d - 1] == plan.dimensions[d - 1][c.of[d - 1]].taps.size()) at[--d] = 0;
    if (d == 0) return;
  }
}

/// The cells that a window holds: an interval of pieces in every dimension.
std::vector<std::int64_t> cells_of(const ShiftPlan& plan, const Combination& c,
                                   const std::vector<const TapPair*>& taps) {
  std::vector<std::int64_t> cells{0}, next;
  for (std::size_t d = 0; d < taps.size(); ++d) {
    const auto pieces = static_cast<std::int64_t>(plan.dimensions[d][c.of[d]].pieces.size());
    next.clear();
    for (const std::int64_t cell : cells) {
      for (std::int64_t p = taps[d]->pieces.first; p < taps[d]->pieces.last; ++p)
        next.push_back(cell * pieces + p);
    }
    std::swap(cells, next);
  }
  return cells;
}

std::vector<TapRun> runs_of(const std::vector<TapResult>& taps, bool mirrored, bool together) {
  std::vector<std::pair<std::int64_t, std::size_t>> places;
  for (std::size_t i = 0; i < taps.size(); ++i) {
    if (!mirrored) places.emplace_back(taps[i].at, i);
    if (mirrored && taps[i].has_mirror) places.emplace_back(taps[i].mirrored_at, i);
  }
  std::sort(places.begin(), places.end());
  std::vector<TapRun> runs;
  for (const auto& [at, number] : places) {
    const bool continues = together && !runs.empty() && runs.back().at + runs.back().count == at &&
                           runs.back().count < kMostTapRun;
    if (!continues) runs.push_back({at, 0, {}});
    ++runs.back().count;
    runs.back().taps.push_back(number);
  }
  return runs;
}

}  // namespace

ShiftResults list_results(const ShiftPlan& plan, bool diagonal, std::size_t number, bool direct_runs,
                          bool mirrored_runs) {
  const Part& part = plan.parts(diagonal)[number];
  const plan::Access& c = plan.problem.nest.c;
  ShiftResults results;
  for (std::size_t i = part.first; i < part.last; ++i) {
    const Combination& combination = plan.combinations(diagonal)[i];
    bool moved = false;
    for (std::size_t d = 0; d < plan.dimensions.size(); ++d)
      moved = moved || plan.dimensions[d][combination.of[d]].difference != 0;
    each_pair(plan, combination, [&](const std::vector<const TapPair*>& taps) {
      TapResult result{c.base, plan.problem.symmetric && (moved || !diagonal), c.base,
                       cells_of(plan, combination, taps)};
      for (std::int64_t& cell : result.cells) cell += combination.first_cell - part.first_cell;
      for (std::size_t d = 0; d < taps.size(); ++d) {
        const ShiftedPair& pair = plan.problem.pairs[d];
        const std::int64_t row = c.strides[pair.a_tap], column = c.strides[pair.b_tap];
        result.at += taps[d]->a_tap * row + taps[d]->b_tap * column;
        result.mirrored_at += taps[d]->b_tap * row + taps[d]->a_tap * column;
      }
      results.taps.push_back(std::move(result));
    });
  }
  results.direct = runs_of(results.taps, false, direct_runs);
  results.mirrored = runs_of(results.taps, true, mirrored_runs);
  return results;
}

}  // namespace einfold::cpu
