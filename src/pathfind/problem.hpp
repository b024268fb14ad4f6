// SPDX-License-Identifier: MIT
//
// What a search for the order of contraction is given: index sets, extents, equations and who equals whom.
// Knows nothing of names, networks or tensors.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace einfold::pathfind {

/// The 0/1 tensor of  sum c x = b,  every x in [0, extent).
struct Equation {
  std::vector<std::pair<int, std::int64_t>> terms;  ///< (index, coefficient): indices distinct, coefficients non-zero
  std::int64_t constant = 0;

  friend bool operator==(const Equation&, const Equation&) = default;
};

/// A stored tensor. Leaves of one operand with the same structure of axes are equal up to the names of their indices.
struct Leaf {
  int operand = 0;
  std::vector<std::vector<int>> axes;  ///< each a row-major group of indices; an index may repeat (a diagonal is read)

  friend bool operator==(const Leaf&, const Leaf&) = default;
};

/// output[..] = sum over all other indices of the product of all leaves and equations. Indices are 0 .. extents.size() - 1.
struct Problem {
  std::vector<std::int64_t> extents;
  std::vector<Leaf> leaves;
  std::vector<Equation> equations;
  std::vector<int> output;  ///< distinct indices

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// Throws InternalError unless the problem is well formed.
void verify(const Problem& problem);

/// The distinct indices of a leaf, in order of first occurrence.
[[nodiscard]] std::vector<int> distinct_indices(const Leaf& leaf);

}  // namespace einfold::pathfind
