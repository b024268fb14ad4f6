// SPDX-License-Identifier: MIT
//
// Where the equations go in a tree whose pairs are given.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/moves.hpp"

namespace einfold::pathfind {

/// Contracts all leaves and equations in the given pairs. Equations and sums are where they cost least: all placements are tried within
/// `most_moves`, for up to kMostParts leaves and kMostEquations equations. If they do not suffice, each pair absorbs the equations that make
/// its result grow least, unless something cheaper was found meanwhile. `moves` must be fresh.
[[nodiscard]] const State* placed_along(Moves& moves, const SsaPath& path, std::int64_t most_moves);

}  // namespace einfold::pathfind
