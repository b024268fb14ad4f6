// SPDX-License-Identifier: MIT
//
// How the generic kernel runs a nest: the order of its loops and the form of the innermost one.
#pragma once

#include "cpu/nest_kernel.hpp"

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
  plan::Factor factor;
  double points = 0;
};

[[nodiscard]] GenericNest generic_nest_of(const NestProblem& problem);

}  // namespace einfold::cpu
