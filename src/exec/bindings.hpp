// SPDX-License-Identifier: MIT
//
// Operands bound to a network: checks of number and shape that every evaluator starts with.
#pragma once

#include "einfold/network.hpp"

#include <span>

namespace einfold {

/// Throws E0205 (number of operands) or E0206 (a shape differs from the network's).
void check_bindings(const Network& network, std::span<const Tensor> operands);

/// The type in which a network over these operands is summed, and its result's type: the operands' promoted type
/// (bool counts in int64), or float64 where integers meet a fractional scale. No operand: int64.
[[nodiscard]] DType result_type(const Network& network, std::span<const Tensor> operands);

}  // namespace einfold
