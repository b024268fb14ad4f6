// SPDX-License-Identifier: MIT
//
// What of an expression goes into a plan file, and back.
#pragma once

#include "api/compiled.hpp"
#include "einfold/expression.hpp"

#include <memory>
#include <span>
#include <vector>

namespace einfold {

struct PlanContents {
  std::vector<Network> terms;
  std::vector<Operand> operands;
  ExpressionOptions options;
  Orders orders;
};

struct PlanAccess {
  /// With the orders for row-major operands of these types. Throws E0205, E0603.
  [[nodiscard]] static PlanContents contents(const Expression& expression, std::span<const DType> types, const RunOptions& run);
  /// An expression that keeps to these orders.
  [[nodiscard]] static Expression expression(PlanContents contents);
};

}  // namespace einfold
