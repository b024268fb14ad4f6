// SPDX-License-Identifier: MIT
//
// Subtrees replaced by the best trees over their leaves.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_tree.hpp"

namespace einfold::pathfind {

/// Solves subtrees of at most `most_leaves` (up to kMostInSubsets) leaves, which may be steps in turn, exactly: at every step, the
/// dearest first, in passes until one brings nothing, the deadline passes or `most_subtrees` were solved.
void reconfigure(FlatTree& tree, const Objective& objective, int most_leaves, int most_subtrees,
                 const Deadline& deadline = {});

}  // namespace einfold::pathfind
