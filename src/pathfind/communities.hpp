// SPDX-License-Identifier: MIT
//
// Orders from the bottom: tensors that share much are joined in groups, groups in groups of groups.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

namespace einfold::pathfind {

/// Groups of at most `most` (2 to 12) tensors are found by label propagation (Raghavan, Albert, Kumara 2007): a tensor takes the label that
/// shares most with it, in the logarithms of extents per tensor of the index. Each is joined in the best way; then the same with the results.
/// Empty when the deadline passes.
[[nodiscard]] SsaPath community_path(const FlatNetwork& network, int most, Random& random, const Deadline& deadline = {});

}  // namespace einfold::pathfind
