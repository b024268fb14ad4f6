// SPDX-License-Identifier: MIT
//
// Loops that keep intermediates small.
#pragma once

#include "pathfind/schedule.hpp"

namespace einfold::pathfind {

struct SliceOptions {
  bool free_only = false;         ///< no loop that repeats work
  double most_computations = 1e5; ///< sliced_cost's: loops take longer turns rather than more
};

/// Loops that bring peak_elements down to `limit`; as near as was found where it stays above. `limit` 0 asks for the
/// smallest peak.
///
/// Two ways are tried: free of repetition first, and loops around the whole tree only. Of those that reach the limit the one
/// that repeats least is taken, else the one of the lower peak.
///   - free: for the largest tensor alive at the peak, a loop around the nearest step above it that repeats no work, over one
///     of its legs: first one that both operands of the tensor's own step have, then one in no equation, then one that the step around it
///     sums, then the longest;
///   - around everything: over the leg that repeats least for what it takes off the peak.
/// In the end loops that are not needed go, and every block grows as far as the limit allows.
[[nodiscard]] std::vector<Slice> choose_slices(const Problem& problem, const Tree& tree, double limit,
                                               const SliceOptions& options = {});

}  // namespace einfold::pathfind
