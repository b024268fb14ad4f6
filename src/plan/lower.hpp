// SPDX-License-Identifier: MIT
//
// From a tree to a plan: each step becomes loop nests over offsets and windows, each intermediate a buffer.
#pragma once

#include "pathfind/schedule.hpp"
#include "pathfind/tree.hpp"
#include "plan/plan.hpp"
#include "plan/problem_of.hpp"

#include <vector>

namespace einfold::plan {

/// How the tensors lie in memory, in elements.
struct Layout {
  std::vector<Shape> operand_shapes;
  std::vector<Strides> operand_strides;
  Shape result_shape;
  Strides result_strides;
};

/// Factor of the result, and whether it is added to what is there.
struct Epilogue {
  Factor factor;
  bool accumulate = false;
};

/// Steps in the tree's order; a sliced step is unrolled into one step per block.
[[nodiscard]] Plan lower(const NumberedNetwork& network, const pathfind::Tree& tree,
                         const std::vector<pathfind::Slice>& slices, const Layout& layout, const Epilogue& epilogue);

}  // namespace einfold::plan
