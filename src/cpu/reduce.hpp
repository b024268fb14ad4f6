// SPDX-License-Identifier: MIT
//
// Sums that read each number once or a few times: reductions of one operand along any of its axes, dot products,
// matrices times vectors, squares with their sum, and small contractions of any shape.
#pragma once

#include "cpu/nest_kernel.hpp"

namespace einfold::cpu {

/// Takes sums of one operand, and sums of products in which one operand has at most four rows per batch.
[[nodiscard]] Candidate make_reduction(const NestProblem& problem, const Options& options);

/// Takes every sum whose larger operand is contiguous along some loop and whose result has an element for each point
/// of its loops; of any type.
[[nodiscard]] Candidate make_sum_of_products(const NestProblem& problem, const Options& options);

}  // namespace einfold::cpu
