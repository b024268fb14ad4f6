// SPDX-License-Identifier: MIT
//
// Solving the integer equations of one step: every equation gives one index in terms of the others, the loops.
#pragma once

#include <cstdint>
#include <vector>

namespace einfold::plan {

/// sum_x coefficients[x] x = constant, over the step's indices 0 .. n-1.
struct Equation {
  std::vector<std::int64_t> coefficients;
  std::int64_t constant = 0;
};

/// Where an index of a step occurs, and its extent.
struct StepIndex {
  std::int64_t extent = 1;
  bool on_a = false, on_b = false, in_result = false;
};

/// x = (constant + sum_l coefficients[l] l) / divisor, where it divides and 0 <= x < extent(x).
struct Dependent {
  int index = 0;
  std::vector<std::int64_t> coefficients;  ///< non-zero for loops only
  std::int64_t constant = 0;
  std::int64_t divisor = 1;  ///< > 0
};

struct Solution {
  std::vector<int> loops;  ///< the independent indices, ascending
  std::vector<Dependent> dependents;
  bool contradiction = false;  ///< no point satisfies the equations
};

enum class Pivots {
  kAny,       ///< an index of any coefficient may be solved for
  kUnitOnly,  ///< coefficient +-1 wherever there is one: no residue classes, but scatters
};

/// Solves greedily for the index that shrinks the loop box most, weighted by how its access is realised:
/// a view of one operand (best), residue classes of a view, a bare window, a scatter into the result.
/// Throws E0604 where coefficients leave 63 bits.
[[nodiscard]] Solution solve(std::vector<Equation> equations, const std::vector<StepIndex>& indices, Pivots pivots);

}  // namespace einfold::plan
