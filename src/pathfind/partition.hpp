// SPDX-License-Identifier: MIT
//
// Orders from the top: the network is cut in two, again and again.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

#include <array>
#include <vector>

namespace einfold::pathfind {

struct PartitionOptions {
  double imbalance = 0.1;  ///< a half has at most (1 + imbalance) / 2 of the tensors
  int cutoff = 8;          ///< parts of so many tensors are solved exactly (2 to 12)
};

/// Halves such that the logarithms of the extents of the indices on both are few; the last step's points are those and the output.
/// Empty when the deadline passes.
[[nodiscard]] SsaPath partition_path(const FlatNetwork& network, const PartitionOptions& options, Random& random,
                                     const Deadline& deadline = {});

/// The tensors in two sets that share little.
[[nodiscard]] std::array<std::vector<int>, 2> halves_of(const FlatNetwork& network, double imbalance, Random& random,
                                                        const Deadline& deadline = {});

/// The tensors along a line on which indices are short: parts are halved, what lies left and right of a part pulling the halves to their
/// sides (minimum linear arrangement by bisection with terminals). Empty when the deadline passes.
[[nodiscard]] std::vector<int> line_of(const FlatNetwork& network, const PartitionOptions& options, Random& random,
                                       const Deadline& deadline = {});

/// Per index how many cuts it takes, all parts being halved each time, until the index is cut; for those that never are, more than for
/// all others. Parts of `cutoff` tensors are not cut. The cut indices of a part separate its halves (nested dissection, George 1973).
[[nodiscard]] std::vector<int> dissection_depths(const FlatNetwork& network, const PartitionOptions& options, Random& random,
                                                 const Deadline& deadline = {});

}  // namespace einfold::pathfind
