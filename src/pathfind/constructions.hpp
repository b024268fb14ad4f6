// SPDX-License-Identifier: MIT
//
// All ways of making an order from nothing, sampled over their parameters.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

#include <array>

namespace einfold::pathfind {

enum class Construction {
  kGreedy,       ///< neighbour by neighbour: greedy_path
  kPartition,    ///< recursive bisection: partition_path
  kLine,         ///< a front along a line: sweep_path over line_of
  kFront,        ///< a front parallel to a short cut: sweep_path over distances_from_cut
  kSweep,        ///< a front away from a tensor far out: sweep_path over distances_from_afar
  kCommunities,  ///< groups of groups: community_path
  kElimination,  ///< index by index: elimination_path
  kDissection,   ///< index by index, separators last
};

/// Cheap ones first.
inline constexpr std::array kAllConstructions{Construction::kFront,       Construction::kSweep,      Construction::kGreedy,
                                              Construction::kCommunities, Construction::kElimination, Construction::kLine,
                                              Construction::kPartition,   Construction::kDissection};

/// The first samples (0, 1) have the parameters that are best on average, the others are drawn. Empty when the deadline passes.
[[nodiscard]] SsaPath construct(Construction kind, const FlatNetwork& network, int sample, Random& random, const Deadline& deadline);

}  // namespace einfold::pathfind
