// SPDX-License-Identifier: MIT
#include "pathfind/shifts.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace einfold::pathfind {
namespace {

using Int = std::int64_t;

constexpr Int kMostPairsOfTaps = 1 << 16;
constexpr Int kMost = Int{1} << 31;  ///< of extents, coefficients and constants: nothing below overflows

std::optional<Int> coefficient(const Equation& equation, int index) {
  for (const auto& [x, c] : equation.terms)
    if (x == index) return c;
  return std::nullopt;
}

/// position = step o + dilation tap + offset
struct View {
  Int step, dilation, offset;
};

std::optional<View> solve(const Equation& equation, int position, int shared, int tap) {
  const auto c = coefficient(equation, position), s = coefficient(equation, shared), d = coefficient(equation, tap);
  if (!c || !s || !d || (*c != 1 && *c != -1)) return std::nullopt;
  for (const Int n : {*s, *d, equation.constant})
    if (n <= -kMost || n >= kMost) return std::nullopt;
  return View{-*c * *s, -*c * *d, *c * equation.constant};
}

/// The first and last o in [0, extent) for which  0 <= step o + first < positions,  step > 0.
std::pair<Int, Int> within(Int step, Int first, Int positions, Int extent) {
  return {std::max<Int>(checked::ceil_divide(-first, step), 0), std::min(checked::floor_divide(positions - 1 - first, step), extent - 1)};
}

/// The numbers in a union of intervals [first, last].
Int in_any(std::vector<std::pair<Int, Int>> intervals) {
  std::ranges::sort(intervals);
  Int count = 0, next = std::numeric_limits<Int>::min();
  for (const auto& [first, last] : intervals) {
    count += std::max<Int>(0, last - std::max(first, next) + 1);
    next = std::max(next, last + 1);
  }
  return count;
}

}  // namespace

std::optional<Twins> twins_of(std::span<const Equation* const> equations) {
  if (equations.size() != 2) return std::nullopt;
  Twins twins{equations[0], equations[1]};
  if (twins.first->terms.size() != 3 || twins.second->terms.size() != 3) return std::nullopt;
  for (const auto& [index, c] : twins.first->terms) {
    if (!coefficient(*twins.second, index)) continue;
    if (twins.shared >= 0) return std::nullopt;
    twins.shared = index;
  }
  if (twins.shared < 0) return std::nullopt;
  return twins;
}

std::optional<Int> distinct_products(const Twins& twins, const ShiftedLegs& legs, std::span<const Int> extents) {
  auto a = solve(*twins.first, legs.x, twins.shared, legs.k);
  auto b = solve(*twins.second, legs.y, twins.shared, legs.l);
  if (!a || !b || a->step != b->step || a->dilation != b->dilation) return std::nullopt;
  const Int taps = extents[legs.k], others = extents[legs.l], positions = extents[twins.shared];
  for (const Int n : {taps, others, positions, extents[legs.x], extents[legs.y]})
    if (n >= kMost) return std::nullopt;
  if (taps == 0 || others == 0 || positions == 0) return 0;
  if (taps > kMostPairsOfTaps / others) return std::nullopt;
  for (View* view : {&*a, &*b}) {  // o backwards, if it steps backwards
    if (view->step > 0) continue;
    view->offset += view->step * (positions - 1);
    view->step = -view->step;
  }
  // x and l - k decide y; the x of one pair of taps are an interval of numbers with one remainder modulo s
  std::map<std::pair<Int, Int>, std::vector<std::pair<Int, Int>>> found;
  for (Int k = 0; k < taps; ++k) {
    const Int x = a->offset + a->dilation * k;
    const auto [from_x, to_x] = within(a->step, x, extents[legs.x], positions);
    const Int turn = checked::floor_divide(x, a->step);
    for (Int l = 0; l < others; ++l) {
      const auto [from_y, to_y] = within(b->step, b->offset + b->dilation * l, extents[legs.y], positions);
      const Int from = std::max(from_x, from_y), to = std::min(to_x, to_y);
      if (from <= to) found[{l - k, x - a->step * turn}].emplace_back(from + turn, to + turn);
    }
  }
  Int count = 0;
  for (auto& [key, intervals] : found) count += in_any(std::move(intervals));
  return count;
}

}  // namespace einfold::pathfind
