// SPDX-License-Identifier: MIT
#include "cpu/depthwise_problem.hpp"

#include "base/checked.hpp"
#include "cpu/roles.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace einfold::cpu {
namespace {

/// A loop o and a loop k along one dimension of X; either may be missing.
struct Pair {
  const Loop* o = nullptr;
  const Loop* k = nullptr;
  std::optional<std::size_t> window;
};

/// The loops that X shares with the image only, and with the taps only.
struct Shared {
  std::vector<const Loop*> o, k;
};

/// Takes the loop with a coefficient in the window; more than one is a mistake.
bool take(std::vector<const Loop*>& loops, std::size_t window, const Loop*& out) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    if (loops[i]->coefficients[window] == 0) continue;
    if (out != nullptr) return false;
    out = loops[i];
  }
  std::erase(loops, out);
  return true;
}

/// Whether two steps along X meet the same elements often.
bool overlap(const Loop& o, const Loop& k, Operand x) {
  const std::int64_t so = std::abs(o.stride[x]), sk = std::abs(k.stride[x]);
  return so != 0 && sk != 0 && (so % sk == 0 || sk % so == 0) && so <= sk * (k.extent - 1) &&
         sk <= so * (o.extent - 1);
}

/// Loops of the taps that slide along no position stay in `shared`.
std::optional<std::vector<Pair>> pair_up(const LoopNest& nest, Operand x, Shared& shared,
                                         std::string& reason) {
  std::vector<Pair> pairs;
  for (std::size_t w = 0; w < nest.windows.size(); ++w) {
    Pair pair{.window = w};
    if (!take(shared.o, w, pair.o) || !take(shared.k, w, pair.k)) {
      reason = "a window with more loops than a position and a tap";
      return std::nullopt;
    }
    for (const Loop& loop : nest.loops) {
      if (&loop != pair.o && &loop != pair.k && loop.coefficients[w] != 0) {
        reason = "a window that is not a position's";
        return std::nullopt;
      }
    }
    pairs.push_back(pair);
  }
  for (const Loop* k : std::vector<const Loop*>(shared.k)) {
    const Loop* best = nullptr;
    for (const Loop* o : shared.o) {
      if (!overlap(*o, *k, x)) continue;
      if (best == nullptr || std::abs(o->stride[x]) < std::abs(best->stride[x])) best = o;
    }
    if (best == nullptr) continue;
    pairs.push_back({best, k, std::nullopt});
    std::erase(shared.o, best);
    std::erase(shared.k, k);
  }
  return pairs;
}

/// Moves the ends of [from, to) to positions that some o and k reach: beyond, X may have no elements.
void shrink_to_reached(DepthwiseAxis& axis) {
  const auto reached = [&](std::int64_t position) {
    for (std::int64_t k = 0; k < axis.taps; ++k) {
      const std::int64_t rest = position - axis.dilation * k;
      if (rest >= 0 && rest % axis.stride == 0 && rest / axis.stride < axis.results) return true;
    }
    return false;
  };
  while (axis.from < axis.to && !reached(axis.from)) ++axis.from;
  while (axis.from < axis.to && !reached(axis.to - 1)) --axis.to;
}

/// The part of the problem that a pair is; loops that run backwards along X are turned around.
std::optional<DepthwiseAxis> axis_of(const LoopNest& nest, const Pair& pair, DepthwiseProblem& p) {
  DepthwiseAxis axis;
  // Along X the pair's loops move by so and sk elements, along the window's value by ao and ak.
  std::int64_t so = pair.o ? pair.o->stride[p.x] : 0, sk = pair.k ? pair.k->stride[p.x] : 0;
  axis.results = pair.o ? pair.o->extent : 1;
  axis.taps = pair.k ? pair.k->extent : 1;
  axis.image_step = pair.o ? pair.o->stride[p.image] : 0;
  axis.taps_step = pair.k ? pair.k->stride[p.taps] : 0;
  std::int64_t ao = so, ak = sk, constant = 0, extent = 0;
  if (pair.window) {
    ao = pair.o ? pair.o->coefficients[*pair.window] : 0;
    ak = pair.k ? pair.k->coefficients[*pair.window] : 0;
    constant = nest.windows[*pair.window].constant;
    extent = nest.windows[*pair.window].extent;
    if ((pair.o && ao == 0) || (pair.k && ak == 0)) return std::nullopt;
  } else if (so < 0) {
    ao = -ao;  // positions grow along the result
    ak = -ak;
  }
  if (pair.k && ak < 0) {
    p.x_base += sk * (axis.taps - 1);
    p.taps_base += axis.taps_step * (axis.taps - 1);
    constant += ak * (axis.taps - 1);
    sk = -sk;
    ak = -ak;
    axis.taps_step = -axis.taps_step;
  }
  if (pair.o && ao < 0) {
    p.x_base += so * (axis.results - 1);
    p.image_base += axis.image_step * (axis.results - 1);
    constant += ao * (axis.results - 1);
    so = -so;
    ao = -ao;
    axis.image_step = -axis.image_step;
  }
  const std::int64_t gain = std::gcd(ao, ak);
  if (gain == 0) return std::nullopt;
  axis.stride = pair.o ? ao / gain : 1;
  axis.dilation = pair.k ? ak / gain : 1;
  axis.x_step = pair.o ? so / axis.stride : sk / axis.dilation;
  if (axis.x_step == 0) return std::nullopt;
  if ((pair.o && axis.x_step * axis.stride != so) || (pair.k && axis.x_step * axis.dilation != sk))
    return std::nullopt;
  const std::int64_t count = axis.positions(axis.results);
  axis.from = 0;
  axis.to = count;
  if (pair.window) {
    axis.from = std::clamp<std::int64_t>(checked::ceil_divide(-constant, gain), 0, count);
    axis.to =
        std::clamp<std::int64_t>(checked::floor_divide(extent - 1 - constant, gain) + 1, axis.from, count);
    shrink_to_reached(axis);
  }
  return axis;
}

std::optional<DepthwiseProblem> with_x(const LoopNest& nest, Operand x, std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return std::nullopt;
  };
  const Operand other = x == kA ? kB : kA;
  if (has_windows(nest, kC) || has_windows(nest, other)) return decline("windows on the taps or the images");
  Shared shared;
  std::vector<const Loop*> with_result, with_other, outside, summed;
  for (const Loop& loop : nest.loops) {
    const bool in_x = nest.depends(loop, x), in_other = nest.depends(loop, other),
               in_c = nest.depends(loop, kC);
    if (in_x && in_c && !in_other) {
      with_result.push_back(&loop);
    } else if (in_x && in_other && !in_c) {
      with_other.push_back(&loop);
    } else {
      (in_c ? outside : summed).push_back(&loop);
    }
  }
  if (with_result.empty() || with_other.empty()) return decline("no taps that slide over positions");
  if (!summed.empty()) return decline("a sum over one operand");

  // Which of the two is the taps: the one whose positions are fewer.
  DepthwiseProblem p;
  p.x = x;
  std::optional<std::vector<Pair>> pairs;
  for (const bool sums_taps : {true, false}) {
    p.sums_taps = sums_taps;
    shared = sums_taps ? Shared{with_result, with_other} : Shared{with_other, with_result};
    pairs = pair_up(nest, x, shared, reason);
    if (!pairs) continue;
    // Loops of the taps without positions run outside, over elements of the result. Of a sum over taps they are not the result's but
    // summed, too: a sum over channels. And without any pair nothing slides: a matrix product.
    if ((sums_taps || pairs->empty()) && !shared.k.empty()) {
      reason = "taps without positions";
      pairs.reset();
      continue;
    }
    std::int64_t results = 1, taps = 1;
    for (const Pair& pair : *pairs) {
      if (pair.o) results *= pair.o->extent;
      if (pair.k) taps *= pair.k->extent;
    }
    if (results < taps) pairs.reset();
    if (pairs) break;
    reason = "no taps that slide over positions";
  }
  if (!pairs) return std::nullopt;
  p.image = p.sums_taps ? kC : other;
  p.taps = p.sums_taps ? other : kC;
  p.x_base = nest.base[p.x];
  p.taps_base = nest.base[p.taps];
  p.image_base = nest.base[p.image];

  // Positions without taps are loops outside, but for the one along which elements of X are neighbours, and
  // for rows where there would be none.
  const bool contiguous = std::any_of(pairs->begin(), pairs->end(), [&](const Pair& pair) {
    return (pair.o && std::abs(pair.o->stride[x]) == 1) || (pair.k && std::abs(pair.k->stride[x]) == 1);
  });
  std::stable_sort(shared.o.begin(), shared.o.end(), [&](const Loop* a, const Loop* b) {
    return std::abs(a->stride[x]) < std::abs(b->stride[x]);
  });
  for (const Loop* o : std::vector<const Loop*>(shared.o)) {
    const bool neighbours = !contiguous && std::abs(o->stride[x]) == 1;
    if (o->stride[x] == 0 || (!neighbours && pairs->size() >= 2)) continue;
    pairs->push_back({o, nullptr, std::nullopt});
    std::erase(shared.o, o);
  }
  if (pairs->size() > p.axes.size()) return decline("more than three dimensions");
  std::vector<DepthwiseAxis> axes;
  for (const Pair& pair : *pairs) {
    const auto axis = axis_of(nest, pair, p);
    if (!axis) return decline("a window that is not a dimension of the tensor");
    axes.push_back(*axis);
  }
  std::stable_sort(axes.begin(), axes.end(), [](const DepthwiseAxis& a, const DepthwiseAxis& b) {
    return std::abs(a.x_step) > std::abs(b.x_step);
  });
  std::copy(axes.begin(), axes.end(), p.axes.end() - static_cast<std::ptrdiff_t>(axes.size()));

  const auto outer = [&](const Loop* loop) {
    return DepthwiseOuter{loop->extent, loop->stride[p.x], loop->stride[p.taps], loop->stride[p.image]};
  };
  for (const Loop* loop : outside) p.kept.push_back(outer(loop));
  for (const Loop* loop : shared.k) p.kept.push_back(outer(loop));
  for (const Loop* loop : shared.o) (p.sums_taps ? p.kept : p.summed).push_back(outer(loop));
  for (std::vector<DepthwiseOuter>* loops : {&p.kept, &p.summed}) {
    std::stable_sort(loops->begin(), loops->end(), [](const DepthwiseOuter& a, const DepthwiseOuter& b) {
      return std::abs(a.x) > std::abs(b.x);
    });
  }
  return p;
}

}  // namespace

std::optional<DepthwiseProblem> depthwise_problem_of(const LoopNest& nest, std::string& reason) {
  for (const Operand x : {kA, kB}) {
    if (auto problem = with_x(nest, x, reason)) {
      std::vector<Loop> outs;
      for (const Loop& loop : nest.loops) {
        if (nest.depends(loop, kC)) outs.push_back(loop);
      }
      if (writes_apart(outs)) return problem;
      reason = "elements of the result are met more than once";
    }
  }
  return std::nullopt;
}

}  // namespace einfold::cpu
