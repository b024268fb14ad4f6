// SPDX-License-Identifier: MIT
//
// Matrix products, grouped or not, in which either operand may be seen through windows.
#pragma once

#include "cpu/nest_kernel.hpp"

namespace einfold::cpu {

/// Takes products of real or complex floating-point numbers with loops in both operands and sums over loops
/// of both.
[[nodiscard]] Candidate make_gemm(const NestProblem& problem, const Options& options);

}  // namespace einfold::cpu
