// SPDX-License-Identifier: MIT
//
// Trees with loops: which step is computed when, once or per block of an index, and what is alive meanwhile.
#pragma once

#include "pathfind/problem.hpp"
#include "pathfind/tree.hpp"

#include <vector>

namespace einfold::pathfind {

/// A loop over an index, `block` values at a time, around a step and everything below it that has the index. What does not
/// have it is computed before the loop and kept. The step writes one block of its result per turn if the index is one of
/// its legs, else it accumulates.
struct Slice {
  int step = 0;
  int index = 0;
  std::int64_t block = 1;

  friend bool operator==(const Slice&, const Slice&) = default;
};

struct Instruction {
  enum Kind { kCompute, kBegin, kEnd };
  Kind kind = kCompute;
  int number = 0;  ///< of the step, or of the slice whose loop begins or ends

  friend bool operator==(const Instruction&, const Instruction&) = default;
};

/// A tree with slices as a program. Slices are referred to by their position; several of one step nest as listed, the first
/// outermost. A step below with an inner but not the outer index of a nest stays outside of both. There is no loop within
/// one over the same index, nor one around less than the sum over its index.
struct Schedule {
  std::vector<Instruction> instructions;
  /// Per step: the step that holds its tensor: itself; or an equal one within the same loops (legs correspond position by
  /// position); or -1 if nothing needs it.
  std::vector<int> value;
  /// Per step: the loops around it, outermost first, without its own and with them. The result has, of every leg that the
  /// former restrict, one block.
  std::vector<std::vector<int>> outer, inner;
};

[[nodiscard]] Schedule schedule_of(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices);

/// A tensor that a step holds, and the instructions [first, last] during which it must.
struct Lifetime {
  int step = 0;
  int first = 0, last = 0;
  double elements = 0;
};

/// Of all intermediates (neither leaves nor the output), in order of their steps. A result is alive from the loop or step
/// that makes it until the last step that reads it, or the end of the loops around that which it is not in itself.
[[nodiscard]] std::vector<Lifetime> lifetimes_of(const Problem& problem, const Tree& tree,
                                                 const std::vector<Slice>& slices, const Schedule& schedule);

/// Whether one turn of these loops computes a symmetric block of the step's result: no loop restricts an exchanged leg.
[[nodiscard]] bool symmetric_in(const Step& step, const std::vector<int>& loops, const std::vector<Slice>& slices);

/// What a tree with slices costs.
struct SlicedCost {
  double peak_elements = 0;  ///< largest number of elements of intermediates that are alive together
  /// log2 of the points all steps visit: more than the tree's if some are repeated in loops they do not depend on, or computed twice
  /// because loops make equal tensors different.
  double log2_flops = 0;
  double computations = 0;   ///< steps, each as often as the loops around it turn
};

[[nodiscard]] SlicedCost sliced_cost(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices,
                                     const Schedule& schedule, const std::vector<Lifetime>& lifetimes);

/// The same of a tree with its schedule not yet made.
[[nodiscard]] SlicedCost sliced_cost(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices);
[[nodiscard]] double peak_elements(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices);
[[nodiscard]] double log2_sliced_flops(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices);

}  // namespace einfold::pathfind
