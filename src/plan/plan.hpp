// SPDX-License-Identifier: MIT
//
// A plan: what to compute, in which order, from where to where. Pure data; no tensor contents, no kernels.
#pragma once

#include "einfold/tensor.hpp"
#include "plan/contraction.hpp"

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

namespace einfold::plan {

using Work = std::variant<Contraction, WindowedSum>;

/// Where a step reads or writes: a tensor, and how far its position (0, .., 0) is shifted, in elements.
struct Place {
  enum class Kind { kNone, kOperand, kBuffer, kResult };
  Kind kind = Kind::kNone;
  int number = 0;  ///< which operand or buffer
  std::int64_t offset = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

struct PlanStep {
  std::shared_ptr<const Work> work;  ///< shared between steps that differ in their places only
  Place a, b, c;
  int tree_step = 0;                 ///< the step of the contraction order that this is (a slice of)
};

/// An intermediate tensor, alive from the step that writes it first to the one that reads it last.
struct Buffer {
  std::int64_t elements = 0;
  std::int64_t offset = 0;  ///< in the workspace, in elements
  int first_step = 0, last_step = 0;
};

struct Plan {
  std::vector<Shape> operand_shapes;
  std::vector<Strides> operand_strides;
  Shape result_shape;
  Strides result_strides;
  std::vector<PlanStep> steps;
  std::vector<Buffer> buffers;
  std::int64_t workspace_elements = 0;
};

/// Gives every buffer its offset, so that buffers alive at the same time do not overlap; first fit in the order of
/// their birth. Returns the elements needed.
[[nodiscard]] std::int64_t place_buffers(std::vector<Buffer>& buffers);

}  // namespace einfold::plan
