// SPDX-License-Identifier: MIT
//
// What a kernel says about its work: enough to predict how long it takes.
#pragma once

#include "cpu/loop_nest.hpp"
#include "einfold/dtype.hpp"

namespace einfold::cpu {

struct Load {
  double operations = 0;  ///< 2 per product that is added, 1 per element that is only added or moved
  double bytes = 0;       ///< elements of A and B that are read and of C that are written, once each
  /// Operations per second where data come from cache, as a part of those that fused multiply-adds on whole
  /// vectors would reach.
  double of_peak = 1;
};

/// Of all loop points, windows not regarded: a product and a sum, a sum alone, or nothing where elements are
/// only moved.
[[nodiscard]] double flops_of(const LoopNest& nest, bool has_a, bool has_b);

/// Elements of an operand that a nest brings in, at most: the points of the loops along which it moves, or
/// the range of its addresses, whichever is smaller: a view through a pattern meets elements several times. A
/// point that steps over others brings in those of its line.
[[nodiscard]] double elements_touched(const LoopNest& nest, Operand x);

[[nodiscard]] double bytes_touched(const LoopNest& nest, bool has_a, bool has_b, DType dtype);

}  // namespace einfold::cpu
