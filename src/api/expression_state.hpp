// SPDX-License-Identifier: MIT
//
// What an expression is made of.
#pragma once

#include "api/constants.hpp"
#include "api/plans.hpp"
#include "api/ready_calls.hpp"
#include "einfold/expression.hpp"

#include <map>
#include <memory>
#include <span>
#include <vector>

namespace einfold {

/// A compiled expression and what its steps took.
struct Timed {
  std::shared_ptr<const Compiled> compiled;
  Measured measured;
};

struct Expression::State {
  std::vector<Network> terms;
  std::vector<Operand> operands;               // as the networks see them; those the caller passes
  std::vector<Operand> bound_operands;         // those and the constants
  std::shared_ptr<const Constants> constants;  // or null
  std::vector<Network> unfolded;               // the terms before anything was folded
  std::map<std::string, Tensor> named_constants;
  ExpressionOptions options;
  Orders fixed;                                // of a plan that was loaded
  std::shared_ptr<Plans> plans;
  ReadyCalls ready;

  /// Operands as the networks see them: subsampled, and checked.
  [[nodiscard]] Tensor selected(const Operand& operand, Tensor given) const;
  [[nodiscard]] std::vector<Tensor> selected(std::span<const Tensor> given) const;
  [[nodiscard]] DType type_over(std::vector<DType> types) const;
  [[nodiscard]] PlanKey row_major_key(std::span<const DType> types, const RunOptions& run) const;
  /// Plans of its own, for shared ones may be in others' names.
  [[nodiscard]] std::shared_ptr<Plans> named_plans() const;
  /// The fastest of a few runs, about a second at most.
  [[nodiscard]] Timed timed(std::span<const Tensor> given, const RunOptions& run) const;
  /// Operands in the type that is computed in, then the constants; the key lacks the result's strides. What conversion takes
  /// counts against the memory limit.
  struct Bindings {
    PlanKey key;
    std::vector<Tensor> tensors;
    std::vector<const void*> addresses;
    bool converted = false;
  };
  [[nodiscard]] Bindings bind(std::span<const Tensor> given, DType type, const RunOptions& run) const;
  /// Into a tensor of the result's type and any strides that does not overlap itself; the next call with operands like
  /// those `given`, from which `tensors` were selected, is ready.
  void run_and_remember(std::span<const Tensor> given, std::span<const Tensor> tensors, DType type, const Tensor& result,
                        const RunOptions& run);
};

[[nodiscard]] std::vector<DType> types_of(std::span<const Tensor> tensors);
[[nodiscard]] int threads_of(const RunOptions& run);

/// Expressions with wishes of their own about the order do not share plans.
[[nodiscard]] std::shared_ptr<Plans> plans_of(const std::vector<Network>& terms, const std::vector<Operand>& operands,
                                              const OrderOptions& order);

}  // namespace einfold
