// SPDX-License-Identifier: MIT
#include "cpu/roles.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace einfold::cpu {

std::vector<Loop> Roles::outs() const {
  std::vector<Loop> result = batch;
  result.insert(result.end(), a_rows.begin(), a_rows.end());
  result.insert(result.end(), b_rows.begin(), b_rows.end());
  return result;
}

std::int64_t count(const std::vector<Loop>& loops) {
  std::int64_t product = 1;
  for (const Loop& loop : loops) product *= loop.extent;
  return product;
}

std::vector<std::int64_t> extents_of(const std::vector<Loop>& loops) {
  std::vector<std::int64_t> result;
  for (const Loop& loop : loops) result.push_back(loop.extent);
  return result;
}

void sort_by_stride(std::vector<Loop>& loops, Operand first, Operand then) {
  std::stable_sort(loops.begin(), loops.end(), [&](const Loop& a, const Loop& b) {
    const auto key = [&](const Loop& l) {
      return std::pair(std::abs(l.stride[first]), std::abs(l.stride[then]));
    };
    return key(a) > key(b);
  });
}

Roles roles_of(const LoopNest& nest) {
  Roles roles;
  for (const Loop& loop : nest.loops) {
    const bool a = nest.depends(loop, kA), b = nest.depends(loop, kB), c = nest.depends(loop, kC);
    if (!c) {
      roles.sums.push_back(loop);
    } else if (a == b) {
      roles.batch.push_back(loop);
    } else {
      (a ? roles.a_rows : roles.b_rows).push_back(loop);
    }
  }
  return roles;
}

bool has_windows(const LoopNest& nest, Operand x) {
  return std::any_of(nest.windows.begin(), nest.windows.end(),
                     [&](const OwnedWindow& w) { return w.owner == x; });
}

}  // namespace einfold::cpu
