// SPDX-License-Identifier: MIT
#include "pathfind/problem.hpp"

#include "base/fail.hpp"

#include <algorithm>

namespace einfold::pathfind {

void verify(const Problem& problem) {
  const int count = static_cast<int>(problem.extents.size());
  const auto known = [&](int index) { return index >= 0 && index < count; };
  EINFOLD_INVARIANT(std::ranges::all_of(problem.extents, [](std::int64_t extent) { return extent >= 0; }));
  for (const Leaf& leaf : problem.leaves)
    for (const auto& axis : leaf.axes) EINFOLD_INVARIANT(std::ranges::all_of(axis, known));

  std::vector<int> last_seen(problem.extents.size(), -1);  // in which equation; then: in the output
  for (int e = 0; e < static_cast<int>(problem.equations.size()); ++e) {
    for (const auto& [index, coefficient] : problem.equations[e].terms) {
      EINFOLD_INVARIANT(known(index) && coefficient != 0 && last_seen[index] != e);
      last_seen[index] = e;
    }
  }
  for (const int index : problem.output) {
    EINFOLD_INVARIANT(known(index) && last_seen[index] != count + static_cast<int>(problem.equations.size()));
    last_seen[index] = count + static_cast<int>(problem.equations.size());
  }
}

std::vector<int> distinct_indices(const Leaf& leaf) {
  std::vector<int> indices;
  for (const auto& axis : leaf.axes)
    for (const int index : axis)
      if (std::ranges::find(indices, index) == indices.end()) indices.push_back(index);
  return indices;
}

}  // namespace einfold::pathfind
