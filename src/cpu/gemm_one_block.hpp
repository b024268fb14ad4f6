// SPDX-License-Identifier: MIT
//
// Matrix products whose rows, columns and sum are one block each: one product, or a batch of them.
#pragma once

#include "cpu/gemm_plan.hpp"
#include "cpu/micro.hpp"

#include <memory>

namespace einfold::cpu {

/// All but the addresses is decided here, so that a run packs, multiplies and stores at once. Requires
/// plan.one_block.
template <class T>
[[nodiscard]] std::unique_ptr<const NestKernel> make_one_block(const NestProblem& problem,
                                                               const GemmPlan& plan,
                                                               const MicroKernels<T>& micro, int threads);

}  // namespace einfold::cpu
