// SPDX-License-Identifier: MIT
//
// The reference evaluator: a network's value straight from its definition. The oracle of every other path.
#pragma once

#include "einfold/network.hpp"

#include <span>

namespace einfold {

/// The value of `network`, one term per combination of index values that satisfies every affine node:
///
///     result = 0;  for each such combination:  result[output] += scale * product of the operands' entries
///
/// `operands[i]` is bound to `network.operands[i]`; strides and types are arbitrary.
/// Returns row-major int64 for integer operands and an integer scale, complex128 if an operand is complex, else
/// float64. Integers wrap. A network without dense nodes gives int64 (float64 for a fractional scale).
///
/// Cost: the number of such combinations; slow, and meant to be. Memory: operands in the wide type, and the result.
/// Throws E0205 (number of operands), E0206 (a shape differs from the network's).
[[nodiscard]] Tensor evaluate_reference(const Network& network, std::span<const Tensor> operands);

/// How many combinations it tries: those of the indices that no equation decides.
[[nodiscard]] double reference_points(const Network& network);

}  // namespace einfold
