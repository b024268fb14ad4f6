// SPDX-License-Identifier: MIT
//
// Several quantities of the same operands, computed together.
#pragma once

#include "einfold/expression.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace einfold {

/// Expressions whose operands of equal name are the same tensor, in one plan: a result that another expression contains
/// (per-example gradients within their Gram matrix), and an intermediate that several contain, is computed once, wherever
/// that makes the whole cheaper by the order search's cost. Immutable; copies share plans. Thread-safe.
class ExpressionSet {
 public:
  /// Throws E0206 if operands of equal name differ in shape.
  explicit ExpressionSet(std::vector<Expression> expressions);

  [[nodiscard]] const std::vector<Expression>& expressions() const noexcept;
  /// The operands of all, each once, by first occurrence.
  [[nodiscard]] const std::vector<Operand>& operands() const noexcept;

  /// One line per step: what it computes from what, and which result that is.
  [[nodiscard]] std::string explain() const;

  /// One value per expression, in their order. Sharing needs operands of one real or complex type of 32 bits or more; for
  /// others every expression is evaluated by itself. `run.memory_limit_bytes` holds for what is shared and the workspace
  /// together; what cannot be shared within it is not. Operands that no expression has are ignored.
  /// Throws E0205 (an operand is missing) and what Expression::evaluate throws.
  [[nodiscard]] std::vector<Tensor> evaluate(const std::map<std::string, Tensor>& operands, const RunOptions& run = {}) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

/// ExpressionSet(expressions).evaluate(operands, run). Keep the set where it is evaluated often.
[[nodiscard]] std::vector<Tensor> evaluate_all(const std::vector<Expression>& expressions,
                                               const std::map<std::string, Tensor>& operands, const RunOptions& run = {});

}  // namespace einfold
