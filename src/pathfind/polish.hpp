// SPDX-License-Identifier: MIT
//
// Local search on trees of any size.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/objective.hpp"
#include "pathfind/random.hpp"

#include <cstdint>

namespace einfold::pathfind {

struct Polish {
  int window = 512;             ///< tensors that local search sees at once
  int passes = 1;               ///< over the windows of the whole tree
  double hottest = 0.5;         ///< temperature of the annealing of each window
  std::int64_t moves = 0;       ///< of all annealing, about
  int most_leaves = 8;          ///< of subtrees that are solved exactly
  int most_subtrees = 1000;     ///< all together
};

/// Anneals and reconfigures window after window, from the root down and the dearest first, as far as they have a share in the cost worth
/// while; then again with windows of other sizes. Never dearer than `path`.
[[nodiscard]] SsaPath polished(const FlatNetwork& network, const SsaPath& path, const Objective& objective, const Polish& polish,
                               Random& random, const Deadline& deadline = {});

}  // namespace einfold::pathfind
