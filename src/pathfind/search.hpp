// SPDX-License-Identifier: MIT
//
// The entry point: the best order of contraction that can be found.
#pragma once

#include "pathfind/problem.hpp"
#include "pathfind/tree.hpp"

namespace einfold::pathfind {

struct SearchOptions {
  /// Multiplications that one written element costs: the machine's balance of arithmetic and memory.
  double write_weight = 1;
  /// Leaves and equations up to which the search is exact.
  int exact_nodes = 16;
  /// Moves the exact search may evaluate before it gives way to greedy orders.
  std::int64_t exact_moves = 200'000;
};

/// The tree of lowest cost  flops + write_weight * write.
///
/// Deterministic. Equal tensors are computed once; a symmetric result costs half; a step costs the points it visits,
/// never the dense 0/1 tensor of an equation.
[[nodiscard]] Tree find_tree(const Problem& problem, const SearchOptions& options = {});

}  // namespace einfold::pathfind
