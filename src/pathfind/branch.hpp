// SPDX-License-Identifier: MIT
//
// Depth-first search over the pairs that look best: opt_einsum's branch-all, branch-2 and branch-1.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/objective.hpp"

#include <cstdint>

namespace einfold::pathfind {

struct BranchOptions {
  /// Pairs tried at every step, those of least  size(result) - size(A) - size(B)  first; 0: all.
  int most_branches = 0;
  /// Steps taken in all before the best order so far is returned.
  std::int64_t most_steps = 2'000'000;
};

/// Pairs that share an index, or all where none does. A branch ends as soon as it costs as much as the best order so far.
/// The first descent is a greedy order: the best so far is complete, or empty where the deadline passes before its end.
/// Deterministic without a deadline.
[[nodiscard]] SsaPath branch_path(const FlatNetwork& network, const Objective& objective, const BranchOptions& options = {},
                                  const Deadline& deadline = {});

}  // namespace einfold::pathfind
