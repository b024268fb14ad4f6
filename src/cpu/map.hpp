// SPDX-License-Identifier: MIT
//
// Steps that sum nothing: copies, permutations, windows cut out and put next to one another (unfold), products of
// elements, outer products. All that counts is to touch memory once, in long runs.
#pragma once

#include "cpu/nest_kernel.hpp"

namespace einfold::cpu {

/// Takes every nest in which each point writes an element of its own, of any type.
[[nodiscard]] Candidate make_map(const NestProblem& problem, const Options& options);

}  // namespace einfold::cpu
