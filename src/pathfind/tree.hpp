// SPDX-License-Identifier: MIT
//
// What a search returns: the steps, in an order in which they can be taken.
#pragma once

#include <utility>
#include <vector>

namespace einfold::pathfind {

/// One contraction of at most two stored tensors and the equations absorbed here. A tensor is a leaf (its number) or an
/// earlier step (number of leaves + its number); -1: absent.
struct Step {
  int a = -1;
  int b = -1;
  std::vector<int> equations;  ///< ascending
  std::vector<int> legs;       ///< open legs of the result, such that equal tensors correspond position by position
  int same_as = -1;            ///< an earlier step whose tensor is equal, legs renamed: nothing is computed
  bool squared = false;        ///< a and b are equal tensors read at the same place
  /// Pairs of legs: the result is unchanged when each pair is exchanged, for a and b then change places.
  std::vector<std::pair<int, int>> exchanged;
  double log2_points = 0;  ///< of the multiplications (additions, of a sum), half where the result is symmetric
  double log2_size = 0;    ///< of the number of elements of the result

  friend bool operator==(const Step&, const Step&) = default;
};

/// The last step gives the output and is always there. Equal steps count once.
struct Tree {
  std::vector<Step> steps;
  double log2_flops = 0;    ///< sum of the steps' points
  double log2_write = 0;    ///< sum of the steps' sizes
  double log2_largest = 0;  ///< largest intermediate; 0 without intermediates
  double log2_cost = 0;     ///< what the search made small

  friend bool operator==(const Tree&, const Tree&) = default;
};

}  // namespace einfold::pathfind
