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
  kAuto,            ///< exact up to 14 tensors; beyond, samples of several constructions, annealed and reconfigured
  kAutoHq,          ///< the same with about ten times the work
  kExact,           ///< exact_path up to 30 tensors; beyond as kAutoHq
  kGreedy,          ///< one plain greedy order
  kRandomGreedy,    ///< the best of 32 sampled ones
  kRandomGreedy128, ///< of 128
  kElimination,     ///< the best of 8 orders of eliminating indices: least fill, least size
  kPartition,       ///< the best of 16 recursive bisections
};

struct PathOptions {
  Method method = Method::kAuto;
  Objective objective;
  std::uint64_t seed = 0;
  int threads = 1;
  /// Nothing new is started later than this. The result is the same every time unless this strikes.
  double max_seconds = std::numeric_limits<double>::infinity();
};

/// Every tensor is used once; empty for one tensor or none.
[[nodiscard]] SsaPath find_path(const FlatNetwork& network, const PathOptions& options);

}  // namespace einfold::pathfind
