// SPDX-License-Identifier: MIT
//
// Few results per row of positions: depth-wise and grouped convolutions, few channels, matrices times
// vectors.
#pragma once

#include "cpu/nest_kernel.hpp"

namespace einfold::cpu {

/// C[batch, m, n] += sum_k X[batch, m, k] Y[batch, k, n] with at most 8 columns n, at most 4096 taps k, and
/// rows m that are contiguous in X: vectors run along m, read where they are in a slab of X.
[[nodiscard]] Candidate make_stencil(const NestProblem& problem, const Options& options);

}  // namespace einfold::cpu
