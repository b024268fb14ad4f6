// SPDX-License-Identifier: MIT
//
// Trees with equations made better, subtree by subtree.
#pragma once

#include "pathfind/moves.hpp"

namespace einfold::pathfind {

/// Solves subtrees of at most `most_parts` stored tensors exactly, the dearest first, each within `most_moves` evaluated moves, until
/// none gets better. Equal subtrees change together.
[[nodiscard]] const State* improved(Moves& moves, const State* last, int most_parts, std::int64_t most_moves);

}  // namespace einfold::pathfind
