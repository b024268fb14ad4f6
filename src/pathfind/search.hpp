// SPDX-License-Identifier: MIT
//
// The entry point: the best order of contraction that can be found.
#pragma once

#include "pathfind/portfolio.hpp"
#include "pathfind/problem.hpp"
#include "pathfind/tree.hpp"

#include <optional>

namespace einfold::pathfind {

struct SearchOptions {
  /// Multiplications that one written element costs: the machine's balance of arithmetic and memory.
  double write_weight = 1;
  /// What to make small instead of  flops + write_weight * write.
  std::optional<Minimize> minimize;
  /// Leaves and equations up to which the search with equations or equal tensors is exact.
  int exact_nodes = 16;
  /// Moves that search may evaluate before it gives way to greedy orders.
  std::int64_t exact_moves = 60'000;
  /// For networks without equations.
  Method method = Method::kAuto;
  std::uint64_t seed = 0;
  int threads = 1;
  double max_seconds = std::numeric_limits<double>::infinity();
};

/// The tree of lowest cost that was found.
///
/// Deterministic. Equal tensors are computed once; a symmetric result costs half; a step costs the points it visits,
/// never the dense 0/1 tensor of an equation.
[[nodiscard]] Tree find_tree(const Problem& problem, const SearchOptions& options = {});

/// The tree of given pairs: placed_along.
[[nodiscard]] Tree tree_along(const Problem& problem, const SsaPath& path, const SearchOptions& options = {});

}  // namespace einfold::pathfind
