// SPDX-License-Identifier: MIT
//
// Recognising a sum over patterns alone, which one pass over its operand computes.
#pragma once

#include "plan/contraction.hpp"
#include "plan/nests.hpp"

#include <optional>

namespace einfold::plan {

/// A step with one operand and equations {i, p, k} that share no index, where i is A's and summed, p is nobody's and k
/// the result's:
///
///     C[.., k, ..] = sum over i with a p that satisfies the equation of  A[.., i, ..]
///
/// Of several equations, some may lack p or k, and indices of A may be summed without an equation. Positions i that
/// count for the same set of k are summed once. So is the sum of every n-th element along a contiguous axis, for each
/// remainder, which needs no equation. Nothing if the step is no such sum.
[[nodiscard]] std::optional<WindowedSum> as_windowed_sum(const StepSystem& system);

}  // namespace einfold::plan
