// SPDX-License-Identifier: MIT
//
// How the generic kernel runs a nest: the order of its loops and the form of the innermost one.
#pragma once

#include "cpu/loop_nest.hpp"

namespace einfold::cpu {

/// The innermost loop, given that C is written once per point of the loops it depends on:
enum class Inner {
  kPut,       ///< nothing is summed: c[i] (+)= a[i] b[i]
  kDot,       ///< a summed loop: one number
  kMultiply,  ///< a loop of C below all summed loops: a row of numbers, summed in a buffer
};

struct GenericNest {
  Schedule schedule;  ///< loops of C, then summed loops, then (kMultiply) the row
  Inner inner = Inner::kPut;
  int outs = 0;             ///< loops of C, without the row
  int apart = 0;            ///< the first so many loops may run in parallel
  bool row_apart = false;   ///< and so may pieces of the row
  bool overwrites = false;  ///< every element of C's box is written once, with zero where all windows fail
  plan::Factor factor;      ///< the step's factor, times the extents of loops nobody depends on
  double points = 0;
};

/// `may_overwrite`: C holds nothing to add to, and this nest is the only one.
[[nodiscard]] GenericNest generic_nest_of(const LoopNest& nest, const plan::Factor& factor,
                                          bool may_overwrite, double c_box_size);

}  // namespace einfold::cpu
