// SPDX-License-Identifier: MIT
//
// Squares and symmetric results: what the renaming between two equal tensors does to their product.
#pragma once

#include "pathfind/problem.hpp"

#include <span>
#include <utility>
#include <vector>

namespace einfold::pathfind {

struct Symmetry {
  bool squared = false;                        ///< both are read at the same place
  std::vector<std::pair<int, int>> exchanged;  ///< legs of the result; empty: no symmetry
};

/// a[i] corresponds to b[i]: the open legs of two equal tensors, contracted with these equations; `open`: legs of the result.
/// Symmetric if  phi: a[i] <-> b[i]  is an involution, can be continued to the equations' other legs such that it maps the set
/// of equations to itself, and maps the result's legs to themselves, not each to itself.
[[nodiscard]] Symmetry symmetry_of(const Problem& problem, std::span<const int> a, std::span<const int> b,
                                   std::span<const int> equations, std::span<const int> open);

}  // namespace einfold::pathfind
