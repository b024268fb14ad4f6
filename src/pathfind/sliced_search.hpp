// SPDX-License-Identifier: MIT
//
// Trees under a limit of memory: slicing and searching in turns.
#pragma once

#include "pathfind/search.hpp"
#include "pathfind/slices.hpp"

namespace einfold::pathfind {

struct SlicedTree {
  Tree tree;
  std::vector<Slice> slices;
  SlicedCost cost;
};

/// A tree with loops that bring the intermediates down to `limit` elements; as near as was found where they stay above.
///
/// If loops repeat work, or do not reach the limit, the tree is searched again as if every sliced index were as long as its block: what
/// is best for one turn. Its loops are chosen anew, and so on while that gets better. Last the tree of the smallest intermediates
/// is tried. Of trees within the limit the one of the least points counts, else the one of the lowest peak.
[[nodiscard]] SlicedTree sliced_tree(const Problem& problem, Tree tree, double limit, const SearchOptions& search,
                                     const SliceOptions& options = {});

}  // namespace einfold::pathfind
