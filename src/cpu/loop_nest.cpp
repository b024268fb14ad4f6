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

bool writes_apart(const std::vector<Loop>& loops) {
  std::vector<std::pair<std::int64_t, std::int64_t>> steps;  // (stride, span)
  for (const Loop& loop : loops) {
    steps.emplace_back(loop.stride[kC] < 0 ? -loop.stride[kC] : loop.stride[kC], loop.span(kC));
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
