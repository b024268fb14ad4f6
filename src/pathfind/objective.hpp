// SPDX-License-Identifier: MIT
//
// What a search makes small.
#pragma once

#include "pathfind/log2.hpp"

#include <algorithm>
#include <span>

namespace einfold::pathfind {

enum class Minimize {
  kFlops,  ///< points of all steps
  kSize,   ///< the largest result; of trees alike in that, flops
  kWrite,  ///< elements of all results
  kCombo,  ///< flops + 64 write
};

/// The cost of a tree is the sum over its steps of  flops_weight * points + write_weight * size, or the largest size.
struct Objective {
  double flops_weight = 1;
  double write_weight = 0;
  bool largest = false;

  [[nodiscard]] double log2_step(double log2_points, double log2_size) const {
    if (largest) return log2_size;
    if (write_weight == 0) return log2_points;
    if (flops_weight == 0) return log2_size;
    return log2_add(log2_points, log2_size + std::log2(write_weight));
  }
  [[nodiscard]] double log2_sum(double a, double b) const { return largest ? std::max(a, b) : log2_add(a, b); }

  friend bool operator==(const Objective&, const Objective&) = default;
};

[[nodiscard]] inline Objective objective_of(Minimize minimize) {
  switch (minimize) {
    case Minimize::kFlops: break;
    case Minimize::kSize: return {0, 0, true};
    case Minimize::kWrite: return {0, 1};
    case Minimize::kCombo: return {1, 64};
  }
  return {};
}

}  // namespace einfold::pathfind
