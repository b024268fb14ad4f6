// SPDX-License-Identifier: MIT
//
// Many products of small matrices: one product per lane of a vector, as many at a time as fill a cache line.
#pragma once

#include "cpu/nest_kernel.hpp"

namespace einfold::cpu {

/// Takes batches of products with few elements each, of any type.
[[nodiscard]] Candidate make_small_products(const NestProblem& problem, const Options& options);

}  // namespace einfold::cpu
