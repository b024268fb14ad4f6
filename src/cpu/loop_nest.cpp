// SPDX-License-Identifier: MIT
#include "cpu/loop_nest.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <cstddef>

namespace einfold::cpu {

bool LoopNest::depends(const Loop& loop, Operand x) const noexcept {
  if (loop.stride[x] != 0) return true;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (windows[w].owner == x && loop.coefficients[w] != 0) return true;
  }
  return false;
}

double LoopNest::points() const noexcept {
  double count = empty ? 0 : 1;
  for (const Loop& loop : loops) count *= static_cast<double>(loop.extent);
  return count;
}

LoopNest loop_nest_of(const plan::Nest& nest, bool has_a, bool has_b) {
  LoopNest result;
  const std::array<const plan::Access*, 3> accesses{has_a ? &nest.a : nullptr, has_b ? &nest.b : nullptr,
                                                    &nest.c};
  for (std::size_t l = 0; l < nest.extents.size(); ++l) {
    if (nest.extents[l] < 1) result.empty = true;
    Loop loop{.extent = nest.extents[l]};
    for (std::size_t x = 0; x < 3; ++x) loop.stride[x] = accesses[x] ? accesses[x]->strides[l] : 0;
    result.loops.push_back(std::move(loop));
  }
  for (std::size_t x = 0; x < 3; ++x) {
    if (accesses[x] == nullptr) continue;
    result.base[x] = accesses[x]->base;
    for (const plan::Window& window : accesses[x]->windows) {
      std::int64_t low = window.constant, high = window.constant;
      for (std::size_t l = 0; l < nest.extents.size(); ++l) {
        const std::int64_t reach = window.coefficients[l] * (nest.extents[l] - 1);
        (reach < 0 ? low : high) += reach;
      }
      if (low >= 0 && high < window.extent) continue;
      if (high < 0 || low >= window.extent) result.empty = true;
      result.windows.push_back({window.constant, window.extent, static_cast<Operand>(x)});
      for (std::size_t l = 0; l < nest.extents.size(); ++l) {
        result.loops[l].coefficients.push_back(window.coefficients[l]);
      }
    }
  }
  std::erase_if(result.loops, [&](const Loop& loop) {
    if (loop.extent == 1) return true;
    if (result.depends(loop, kA) || result.depends(loop, kB) || result.depends(loop, kC)) return false;
    result.repeats.real *= static_cast<double>(loop.extent);
    result.repeats.integer = static_cast<std::int64_t>(static_cast<std::uint64_t>(result.repeats.integer) *
                                                       static_cast<std::uint64_t>(loop.extent));
    return true;
  });
  fuse_loops(result);
  return result;
}

void fuse_loops(LoopNest& nest) {
  const auto is_outer_half = [](const Loop& x, const Loop& y) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (x.stride[i] != y.stride[i] * y.extent) return false;
    }
    for (std::size_t w = 0; w < x.coefficients.size(); ++w) {
      if (x.coefficients[w] != y.coefficients[w] * y.extent) return false;
    }
    return true;
  };
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t x = 0; x < nest.loops.size() && !changed; ++x) {
      for (std::size_t y = 0; y < nest.loops.size() && !changed; ++y) {
        if (x == y || !is_outer_half(nest.loops[x], nest.loops[y])) continue;
        nest.loops[y].extent *= nest.loops[x].extent;
        nest.loops.erase(nest.loops.begin() + static_cast<std::ptrdiff_t>(x));
        changed = true;
      }
    }
  }
}

void reverse_loop(LoopNest& nest, std::size_t l) {
  Loop& loop = nest.loops[l];
  for (std::size_t x = 0; x < 3; ++x) {
    nest.base[x] += loop.stride[x] * (loop.extent - 1);
    loop.stride[x] = -loop.stride[x];
  }
  for (std::size_t w = 0; w < nest.windows.size(); ++w) {
    nest.windows[w].constant += loop.coefficients[w] * (loop.extent - 1);
    loop.coefficients[w] = -loop.coefficients[w];
  }
}

void split_loop(LoopNest& nest, std::size_t l, std::int64_t block) {
  const std::int64_t extent = nest.loops[l].extent;
  if (extent % block != 0) {
    nest.windows.push_back({0, extent, kA});
    for (Loop& loop : nest.loops) loop.coefficients.push_back(0);
    nest.loops[l].coefficients.back() = 1;
  }
  Loop blocks = nest.loops[l];
  blocks.extent = (extent + block - 1) / block;
  for (std::int64_t& stride : blocks.stride) stride *= block;
  for (std::int64_t& coefficient : blocks.coefficients) coefficient *= block;
  nest.loops[l].extent = block;
  nest.loops.push_back(std::move(blocks));
}

namespace {

/// x and y of gather_scatters, with q; nothing is done if a window of C would then depend on a sum.
bool gather_pair(LoopNest& nest, std::size_t x, std::size_t y) {
  const std::int64_t wide = nest.loops[x].stride[kC], fine = nest.loops[y].stride[kC];
  if (x == y || fine <= 0 || wide < fine || wide % fine != 0 || wide > nest.loops[y].span(kC)) return false;
  const std::int64_t q = wide / fine;
  for (std::size_t w = 0; w < nest.windows.size(); ++w) {
    if (nest.windows[w].owner == kC && nest.loops[x].coefficients[w] != q * nest.loops[y].coefficients[w]) return false;
  }
  const std::int64_t extent = nest.loops[y].extent;
  for (std::size_t o = 0; o < 3; ++o) nest.loops[x].stride[o] -= q * nest.loops[y].stride[o];
  for (std::size_t w = 0; w < nest.windows.size(); ++w) {
    nest.loops[x].coefficients[w] -= q * nest.loops[y].coefficients[w];
  }
  nest.windows.push_back({0, extent, kA});
  for (Loop& loop : nest.loops) loop.coefficients.push_back(0);
  nest.loops[x].coefficients.back() = -q;
  nest.loops[y].coefficients.back() = 1;
  nest.loops[y].extent = q * (nest.loops[x].extent - 1) + extent;
  return true;
}

/// Drops a window of C that depends on one loop, and shortens the loop.
bool bound_loop(LoopNest& nest, std::size_t w) {
  if (nest.windows[w].owner != kC) return false;
  Loop* only = nullptr;
  for (Loop& loop : nest.loops) {
    if (loop.coefficients[w] == 0) continue;
    if (only != nullptr) return false;
    only = &loop;
  }
  if (only == nullptr) return false;
  const std::int64_t step = only->coefficients[w], at = nest.windows[w].constant, last = nest.windows[w].extent - 1;
  const std::int64_t size = step < 0 ? -step : step;
  const std::int64_t begin = std::max<std::int64_t>(0, checked::ceil_divide(step < 0 ? at - last : -at, size));
  const std::int64_t end = std::min(only->extent, checked::floor_divide(step < 0 ? at : last - at, size) + 1);
  if (begin >= end) {
    nest.empty = true;
    return false;
  }
  for (std::size_t o = 0; o < 3; ++o) nest.base[o] += begin * only->stride[o];
  for (std::size_t v = 0; v < nest.windows.size(); ++v) nest.windows[v].constant += begin * only->coefficients[v];
  only->extent = end - begin;
  nest.windows.erase(nest.windows.begin() + static_cast<std::ptrdiff_t>(w));
  for (Loop& loop : nest.loops) loop.coefficients.erase(loop.coefficients.begin() + static_cast<std::ptrdiff_t>(w));
  return true;
}

}  // namespace

void gather_scatters(LoopNest& nest) {
  std::vector<Loop> outs;
  for (std::size_t l = 0; l < nest.loops.size(); ++l) {
    if (nest.loops[l].stride[kC] < 0) reverse_loop(nest, l);
    if (nest.depends(nest.loops[l], kC)) outs.push_back(nest.loops[l]);
  }
  if (writes_apart(outs)) return;
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t x = 0; x < nest.loops.size() && !changed; ++x) {
      for (std::size_t y = 0; y < nest.loops.size() && !changed; ++y) changed = gather_pair(nest, x, y);
    }
  }
  for (std::size_t w = nest.windows.size(); w-- > 0;) bound_loop(nest, w);
}

bool writes_apart(const std::vector<Loop>& loops) {
  const auto moves = [](const Loop& loop) { return loop.stride[kC] != 0; };
  return std::all_of(loops.begin(), loops.end(), moves) && reads_apart(loops, kC);
}

bool reads_apart(const std::vector<Loop>& loops, Operand x) {
  std::vector<std::pair<std::int64_t, std::int64_t>> steps;  // (stride, span)
  for (const Loop& loop : loops) {
    const std::int64_t stride = loop.stride[x] < 0 ? -loop.stride[x] : loop.stride[x];
    if (stride != 0) steps.emplace_back(stride, loop.span(x));
  }
  std::sort(steps.begin(), steps.end());
  std::int64_t finer = 0;
  for (const auto& [stride, span] : steps) {
    if (stride <= finer) return false;
    finer += span;
  }
  return true;
}

Schedule::Schedule(const LoopNest& nest, std::vector<Loop> order, int not_before)
    : loops_(std::move(order)), base_(nest.base) {
  tests_.resize(loops_.size());
  if (loops_.empty()) return;  // all windows hold, or the nest is empty
  for (std::size_t w = 0; w < nest.windows.size(); ++w) {
    std::size_t at = std::min(static_cast<std::size_t>(not_before), loops_.size() - 1);
    for (std::size_t d = at; d < loops_.size(); ++d) {
      if (loops_[d].coefficients[w] != 0) at = d;
    }
    Test test{nest.windows[w].constant, nest.windows[w].extent, loops_[at].coefficients[w], {}};
    for (std::size_t d = 0; d < at; ++d) {
      if (loops_[d].coefficients[w] != 0)
        test.outer.emplace_back(static_cast<int>(d), loops_[d].coefficients[w]);
    }
    tests_[at].push_back(std::move(test));
  }
}

std::pair<std::int64_t, std::int64_t> Schedule::range(int d, const std::int64_t* values) const noexcept {
  std::int64_t first = 0, last = loop(d).extent;
  for (const Test& test : tests_[static_cast<std::size_t>(d)]) {
    std::int64_t at = test.constant;
    for (const auto& [outer, coefficient] : test.outer) at += coefficient * values[outer];
    if (test.coefficient == 0) {
      if (at < 0 || at >= test.extent) return {0, 0};
      continue;
    }
    // 0 <= at + coefficient l < extent
    const std::int64_t step = test.coefficient < 0 ? -test.coefficient : test.coefficient;
    const std::int64_t room = test.coefficient < 0 ? at : test.extent - 1 - at;
    const std::int64_t need = test.coefficient < 0 ? at - (test.extent - 1) : -at;
    first = std::max(first, checked::ceil_divide(need, step));
    last = std::min(last, checked::floor_divide(room, step) + 1);
  }
  return {std::min(first, last), last};
}

}  // namespace einfold::cpu
