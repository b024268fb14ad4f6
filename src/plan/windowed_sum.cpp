// SPDX-License-Identifier: MIT
#include "plan/windowed_sum.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <map>

namespace einfold::plan {
namespace {

using Int = std::int64_t;

constexpr Int kMostPairs = 1 << 22;  // of i and k; beyond, finding the segments costs too much
constexpr Int kMostTeeth = 8;
constexpr Int kMostSegments = 1 << 9;  // of an axis, and k: their sums stay in the cache ..
constexpr Int kMostBoxes = 1 << 12;    // .. and so do those over boxes of segments

/// An equation's part among several is one number where it lacks a leg.
struct Leg {
  Int coefficient = 0, extent = 1;
};

struct Legs {
  std::size_t summed = 0;
  std::optional<std::size_t> bare, kept;  // p, k
};

/// Which leg of the equation plays which part; nothing if there is no i, or two play one part.
std::optional<Legs> legs_of(const StepSystem& system, const Equation& equation) {
  std::optional<std::size_t> summed, bare, kept;
  for (std::size_t x = 0; x < system.indices.size(); ++x) {
    if (equation.coefficients[x] == 0) continue;
    const StepIndex& index = system.indices[x];
    std::optional<std::size_t>& part = index.on_a ? summed : index.in_result ? kept : bare;
    if (part || (index.on_a && index.in_result)) return std::nullopt;
    part = x;
  }
  if (!summed) return std::nullopt;
  return Legs{*summed, bare, kept};
}

/// For every position i the ascending list of those k for which a p exists.
std::vector<std::vector<int>> membership(Int constant, const Leg& i_leg, const Leg& p_leg, const Leg& k_leg) {
  std::vector<std::vector<int>> result(static_cast<std::size_t>(i_leg.extent));
  for (Int i = 0; i < i_leg.extent; ++i) {
    for (Int k = 0; k < k_leg.extent; ++k) {
      const Int rest = constant - i_leg.coefficient * i - k_leg.coefficient * k, c = p_leg.coefficient;
      const bool counts = c == 0 ? rest == 0 : rest % c == 0 && rest / c >= 0 && rest / c < p_leg.extent;
      if (counts) result[static_cast<std::size_t>(i)].push_back(static_cast<int>(k));
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

void set_segments(WindowedAxis& axis, const std::vector<std::vector<int>>& members_of_position, Int kept) {
  std::map<std::vector<int>, std::vector<Int>> positions_of;  // set of k -> its positions
  for (std::size_t i = 0; i < members_of_position.size(); ++i) {
    if (!members_of_position[i].empty()) positions_of[members_of_position[i]].push_back(static_cast<Int>(i));
  }
  axis.members.resize(static_cast<std::size_t>(kept));
  for (const auto& [kernels, positions] : positions_of) {
    for (const Segment& segment : segments_of(positions)) {
      for (const int k : kernels) axis.members[static_cast<std::size_t>(k)].push_back(static_cast<int>(axis.segments.size()));
      axis.segments.push_back(segment);
    }
  }
}

std::optional<WindowedAxis> axis_of(const StepSystem& system, const Equation& equation) {
  const auto legs = legs_of(system, equation);
  if (!legs) return std::nullopt;
  const auto leg = [&](std::optional<std::size_t> x) {
    return x ? Leg{equation.coefficients[*x], system.indices[*x].extent} : Leg{};
  };
  const Leg i = leg(legs->summed), p = leg(legs->bare), k = leg(legs->kept);
  for (const Leg& one : {i, p, k}) {
    if (!small(one.coefficient) || !small(one.extent)) return std::nullopt;
  }
  if (equation.constant / 4 >= Int{1} << 60 || equation.constant / 4 <= -(Int{1} << 60)) return std::nullopt;
  if (k.extent == 0 || i.extent > kMostPairs / k.extent) return std::nullopt;
  WindowedAxis axis{.stride_a = system.a->strides[legs->summed],
                    .stride_c = legs->kept ? system.c.strides[*legs->kept] : 0,
                    .segments = {},
                    .members = {}};
  set_segments(axis, membership(equation.constant, i, p, k), k.extent);
  return axis;
}

/// Whether the axis is more than a range of positions.
bool has_windows(const WindowedAxis& axis) {
  return axis.members.size() > 1 || axis.segments.size() != 1 || axis.segments[0].step != 1;
}

/// Whether few of many positions count, or there are very many: rows of the kernel have them all.
bool is_sparse(const WindowedAxis& axis) {
  constexpr Int kLong = 1 << 9;
  Int last = 0, counted = 0;
  for (const Segment& s : axis.segments) {
    last = std::max({last, s.start, s.start + (s.count - 1) * s.step});
    counted += s.count;
  }
  return last >= kMostPairs || (last >= kLong && counted < last / 4);
}

/// Whether no two elements of A are added: such a step only moves them.
bool adds_nothing(const WindowedSum& sum) {
  return std::all_of(sum.axes.begin(), sum.axes.end(), [](const WindowedAxis& axis) {
    return std::all_of(axis.segments.begin(), axis.segments.end(), [](const Segment& s) { return s.count == 1; }) &&
           std::all_of(axis.members.begin(), axis.members.end(), [](const std::vector<int>& m) { return m.size() <= 1; });
  });
}

/// Whether no index is in two equations.
bool apart(const StepSystem& system) {
  for (std::size_t x = 0; x < system.indices.size(); ++x) {
    int occurrences = 0;
    for (const Equation& equation : system.equations) occurrences += equation.coefficients[x] != 0 ? 1 : 0;
    if (occurrences > 1) return false;
  }
  return true;
}

bool in_equation(const StepSystem& system, std::size_t x) {
  for (const Equation& equation : system.equations) {
    if (equation.coefficients[x] != 0) return true;
  }
  return false;
}

/// Sums of every n-th position, n small: an axis  i = n o + k  where o is summed, k kept and A contiguous along k.
void add_combs(const StepSystem& system, WindowedSum& sum, std::vector<bool>& in_axis) {
  const auto stride = [&](std::size_t x) { return system.a->strides[x]; };
  const auto is = [&](std::size_t x, bool kept) {
    return system.indices[x].on_a && system.indices[x].in_result == kept && system.indices[x].extent > 1 && !in_axis[x];
  };
  bool contiguous = false;
  for (std::size_t o = 0; o < system.indices.size(); ++o) {
    for (std::size_t k = 0; k < system.indices.size() && is(o, false); ++k) {
      const Int n = system.indices[k].extent;
      if (!is(k, true) || n > kMostTeeth || stride(k) == 0 || stride(o) != n * stride(k)) continue;
      contiguous |= stride(k) == 1;
      WindowedAxis axis{.stride_a = stride(k), .stride_c = system.c.strides[k], .segments = {}, .members = {}};
      for (int tooth = 0; tooth < n; ++tooth) {
        axis.segments.push_back({tooth, n, system.indices[o].extent});
        axis.members.push_back({tooth});
      }
      sum.axes.push_back(std::move(axis));
      in_axis[o] = in_axis[k] = true;
    }
  }
  if (contiguous) return;
  sum.axes.clear();
  in_axis.assign(in_axis.size(), false);
}

}  // namespace

std::optional<WindowedSum> as_windowed_sum(const StepSystem& system) {
  if (!system.a || system.b || !apart(system)) return std::nullopt;
  for (const StepIndex& index : system.indices) {
    if (index.extent == 0) return std::nullopt;
  }
  WindowedSum sum;
  sum.base_a = system.a->base;
  sum.base_c = system.c.base;
  for (const Equation& equation : system.equations) {
    auto axis = axis_of(system, equation);
    if (!axis) return std::nullopt;
    sum.axes.push_back(*std::move(axis));
  }
  std::vector<bool> in_axis(system.indices.size());
  for (std::size_t x = 0; x < system.indices.size(); ++x) in_axis[x] = in_equation(system, x);
  if (system.equations.empty()) add_combs(system, sum, in_axis);
  if (std::none_of(sum.axes.begin(), sum.axes.end(), [](const WindowedAxis& axis) { return has_windows(axis); })) return std::nullopt;
  for (std::size_t x = 0; x < system.indices.size(); ++x) {
    if (in_axis[x]) continue;
    const StepIndex& index = system.indices[x];
    if (!index.on_a) return std::nullopt;
    if (index.in_result) {
      sum.extents.push_back(index.extent);
      sum.strides_a.push_back(system.a->strides[x]);
      sum.strides_c.push_back(system.c.strides[x]);
    } else {
      sum.axes.push_back({system.a->strides[x], 0, {{0, 1, index.extent}}, {{0}}});
    }
  }
  if (adds_nothing(sum)) return std::nullopt;
  Int boxes = 1;
  for (const WindowedAxis& axis : sum.axes) {
    const auto count = std::max<Int>(1, static_cast<Int>(std::max(axis.segments.size(), axis.members.size())));
    boxes *= count;
    if (count > kMostSegments || boxes > kMostBoxes || is_sparse(axis)) return std::nullopt;
  }
  return sum;
}

}  // namespace einfold::plan
