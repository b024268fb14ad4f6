// SPDX-License-Identifier: MIT
//
// Orders from the top: the network is cut in two, again and again.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

namespace einfold::pathfind {

struct PartitionOptions {
  double imbalance = 0.1;  ///< a half has at most (1 + imbalance) / 2 of the tensors
  int cutoff = 8;          ///< parts of so many tensors are solved exactly (2 to 12)
};

/// Halves grown breadth-first from a random tensor and refined by Fiduccia and Mattheyses' passes (1982), so that the
/// logarithms of the extents of the indices on both are few.
[[nodiscard]] SsaPath partition_path(const FlatNetwork& network, const PartitionOptions& options, Random& random);

}  // namespace einfold::pathfind
