// SPDX-License-Identifier: MIT
//
// Sums of few taps over a long row: depth-wise convolutions, filters, matrices times short vectors.
#pragma once

#include "cpu/nest_kernel.hpp"

namespace einfold::cpu {

/// C[batch, m] += sum_k X[batch, m, k] Y[batch, k]: takes at most 256 taps and rows that are contiguous in X.
[[nodiscard]] Candidate make_stencil(const NestProblem& problem, const Options& options);

}  // namespace einfold::cpu
