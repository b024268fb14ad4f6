// SPDX-License-Identifier: MIT
#include "cpu/load.hpp"

#include <algorithm>
#include <cstdlib>

namespace einfold::cpu {

double flops_of(const LoopNest& nest, bool has_a, bool has_b) {
  const auto summed = [&](const Loop& loop) { return !nest.depends(loop, kC); };
  if (has_a && has_b) return 2 * nest.points();
  return std::any_of(nest.loops.begin(), nest.loops.end(), summed) ? nest.points() : 0;
}

double elements_touched(const LoopNest& nest, Operand x) {
  constexpr std::int64_t kLine = 16;  // elements that memory moves together, about
  double points = 1, range = 1;
  std::int64_t step = kLine;
  for (const Loop& loop : nest.loops) {
    if (loop.stride[x] == 0) continue;
    points *= static_cast<double>(loop.extent);
    range += static_cast<double>(loop.span(x));
    step = std::min(step, std::abs(loop.stride[x]));
  }
  return std::min(points * static_cast<double>(points > 1 ? step : 1), range);
}

double bytes_touched(const LoopNest& nest, bool has_a, bool has_b, DType dtype) {
  const double elements = (has_a ? elements_touched(nest, kA) : 0) +
                          (has_b ? elements_touched(nest, kB) : 0) + elements_touched(nest, kC);
  return elements * static_cast<double>(size_bytes(dtype));
}

}  // namespace einfold::cpu
