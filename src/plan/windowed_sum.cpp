// SPDX-License-Identifier: MIT
#include "plan/windowed_sum.hpp"

#include "base/checked.hpp"

#include <map>

namespace einfold::plan {
namespace {

using Int = std::int64_t;

constexpr Int kMostPairs = 1 << 22;  // of i and k; beyond, finding the segments costs too much

struct Legs {
  std::size_t summed, bare, kept;  // i, p, k
};

/// Which leg plays which part; nothing if one is missing or another index is summed too.
std::optional<Legs> legs_of(const StepSystem& system) {
  if (!system.a || system.b || system.equations.size() != 1) return std::nullopt;
  std::optional<std::size_t> summed, bare, kept;
  for (std::size_t x = 0; x < system.indices.size(); ++x) {
    const StepIndex& index = system.indices[x];
    if (system.equations[0].coefficients[x] == 0) {
      if (!index.on_a || !index.in_result) return std::nullopt;
      continue;
    }
    std::optional<std::size_t>& part = index.on_a ? summed : index.in_result ? kept : bare;
    if (part || (index.on_a && index.in_result)) return std::nullopt;
    part = x;
  }
  if (!summed || !bare || !kept) return std::nullopt;
  return Legs{*summed, *bare, *kept};
}

/// For every position i the ascending list of those k for which a p exists.
std::vector<std::vector<int>> membership(const StepSystem& system, const Legs& legs) {
  const Equation& equation = system.equations[0];
  const Int ci = equation.coefficients[legs.summed], cp = equation.coefficients[legs.bare];
  const Int ck = equation.coefficients[legs.kept];
  std::vector<std::vector<int>> result(static_cast<std::size_t>(system.indices[legs.summed].extent));
  for (Int i = 0; i < system.indices[legs.summed].extent; ++i) {
    for (Int k = 0; k < system.indices[legs.kept].extent; ++k) {
      const Int rest = equation.constant - ci * i - ck * k;
      if (rest % cp == 0 && rest / cp >= 0 && rest / cp < system.indices[legs.bare].extent) {
        result[static_cast<std::size_t>(i)].push_back(static_cast<int>(k));
      }
    }
  }
  return result;
}

/// Positions cut into arithmetic progressions.
std::vector<Segment> segments_of(const std::vector<Int>& positions) {
  std::vector<Segment> segments;
  for (const Int position : positions) {
    if (!segments.empty()) {
      Segment& last = segments.back();
      if (last.count == 1) last.step = position - last.start;
      if (position == last.start + last.count * last.step) {
        ++last.count;
        continue;
      }
    }
    segments.push_back({position, 1, 1});
  }
  return segments;
}

bool small(Int value) { return value > -(Int{1} << 30) && value < (Int{1} << 30); }

}  // namespace

std::optional<WindowedSum> as_windowed_sum(const StepSystem& system) {
  const auto legs = legs_of(system);
  if (!legs) return std::nullopt;
  const Equation& equation = system.equations[0];
  for (const std::size_t x : {legs->summed, legs->bare, legs->kept}) {
    if (!small(equation.coefficients[x]) || !small(system.indices[x].extent)) return std::nullopt;
  }
  if (equation.constant / 4 >= Int{1} << 60 || equation.constant / 4 <= -(Int{1} << 60)) return std::nullopt;
  const Int kernel = system.indices[legs->kept].extent;
  if (kernel == 0 || system.indices[legs->summed].extent > kMostPairs / kernel) return std::nullopt;

  WindowedSum sum;
  sum.base_a = system.a->base;
  sum.base_c = system.c.base;
  sum.axis_stride_a = system.a->strides[legs->summed];
  sum.axis_stride_c = system.c.strides[legs->kept];
  for (std::size_t x = 0; x < system.indices.size(); ++x) {
    if (equation.coefficients[x] != 0) continue;
    sum.extents.push_back(system.indices[x].extent);
    sum.strides_a.push_back(system.a->strides[x]);
    sum.strides_c.push_back(system.c.strides[x]);
  }
  std::map<std::vector<int>, std::vector<Int>> positions_of;  // set of k -> its positions
  const auto members = membership(system, *legs);
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!members[i].empty()) positions_of[members[i]].push_back(static_cast<Int>(i));
  }
  sum.members.resize(static_cast<std::size_t>(kernel));
  for (const auto& [kernels, positions] : positions_of) {
    for (const Segment& segment : segments_of(positions)) {
      for (const int k : kernels) sum.members[static_cast<std::size_t>(k)].push_back(static_cast<int>(sum.segments.size()));
      sum.segments.push_back(segment);
    }
  }
  return sum;
}

}  // namespace einfold::plan
