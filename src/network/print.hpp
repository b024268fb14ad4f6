// SPDX-License-Identifier: MIT
//
// Network to text.
#pragma once

#include "einfold/network.hpp"
#include "einfold/notation.hpp"

#include <string>
#include <vector>

namespace einfold {

/// What stands behind a term of a printed equation.
struct TermOperand {
  int operand = -1;  ///< of the network; -1: a tensor of ones, of `shape`
  Shape shape;

  friend bool operator==(const TermOperand&, const TermOperand&) = default;
};

/// An equation whose value, times `scale`, is the network's.
struct EquationText {
  std::string equation;               ///< named spelling; means the same under Notation::kAuto
  std::vector<TermOperand> operands;  ///< one per term
  Sizes sizes;                        ///< of what shapes do not determine
  Scale scale;                        ///< 0 for a network that is zero
};

/// Every affine node becomes an affine axis. It is written
///
///     in place of a leg with coefficient +-1 that occurs once, on an operand or the output, and in no other node;
///     else on an extra operand of ones whose axes have extent 1:  sum_j c_j x_j - b  must then be 0.
///
/// That operand also carries the indices that occur nowhere (as 0*x), and stands alone if there is no other.
/// Ensures  building the equation and evaluating it gives the network's value [test: Print.RoundTrips_RandomNetworks].
/// Throws   E0227 (the negative of a coefficient or constant does not fit in 64 bits).
[[nodiscard]] EquationText to_equation(const Network& network);

/// For people: dense nodes, affine nodes, output, extents, and the scale if it is not 1.
///
///     x[n (c k)] [-i + 2*o + k = 1] -> n o | n=5 c=3 k=2 i=4 o=2 | scale 1/2 * 0.5
[[nodiscard]] std::string to_string(const Network& network);

}  // namespace einfold
