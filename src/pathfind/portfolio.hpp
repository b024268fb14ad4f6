// SPDX-License-Identifier: MIT
//
// Orders for networks without equations: one search or several, improved as long as it pays.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/objective.hpp"

#include <cstdint>
#include <limits>

namespace einfold::pathfind {

enum class Method {
  /// Exact up to 14 tensors; beyond, a few orders of every kind, the best annealed and reconfigured, in rounds of more and more work: another
  /// one as long as what it is expected to save is more than it takes, at 10^10 multiplications a second, and all take some seconds at most.
  kAuto,
  kAutoHq,           ///< the same and on, until rounds bring nothing: never dearer than kAuto
  kExact,            ///< exact_path up to 30 tensors; if that proves nothing, and beyond, the cheaper of that and kAutoHq
  kBranchAll,        ///< branch_path over all pairs
  kBranch2,          ///< over the 2 most promising at every step
  kBranch1,          ///< over one
  kGreedy,           ///< one plain greedy order
  kRandomGreedy,     ///< the best of 32 sampled ones
  kRandomGreedy128,  ///< of 128
  kElimination,      ///< the best of 8 orders of eliminating indices: least fill, least size
  kDissection,       ///< the best of 8 of eliminating indices, separators last: nested dissection of the line graph
  kPartition,        ///< the best of 16 recursive bisections
  kCommunities,      ///< the best of 16 trees of labels
  kSweep,            ///< the best of 16 sweeps of one tensor over all others
};

struct PathOptions {
  Method method = Method::kAuto;
  Objective objective;
  std::uint64_t seed = 0;
  int threads = 1;
  /// Every search ends about then, with the best found so far; but one greedy order is always finished. The result is the same every
  /// time, on any number of threads, unless this strikes.
  double max_seconds = std::numeric_limits<double>::infinity();
};

/// Every tensor is used once; empty for one tensor or none.
[[nodiscard]] SsaPath find_path(const FlatNetwork& network, const PathOptions& options);

}  // namespace einfold::pathfind
