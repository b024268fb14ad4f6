// SPDX-License-Identifier: MIT
//
// From the states of a search to the steps of a tree.
#pragma once

#include "pathfind/moves.hpp"
#include "pathfind/tree.hpp"

namespace einfold::pathfind {

/// The steps below and including the last one, children before parents.
[[nodiscard]] Tree tree_of(const Problem& problem, const State* last, const Objective& objective);

/// Sums over the steps: flops, write, largest, cost.
void total(Tree& tree, const Objective& objective);

}  // namespace einfold::pathfind
