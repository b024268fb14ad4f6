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

/// What a plan is wanted for.
struct Request {
  PlanKey key;                  ///< with the whole limit
  std::int64_t held_bytes = 0;  ///< by copies: of operands and result in the type that is computed in, of selected entries

  /// Within what is left of the limit. Throws LimitRefused.
  [[nodiscard]] std::shared_ptr<const Compiled> compiled(Plans& plans) const;
  /// The least limit that does.
  [[nodiscard]] std::int64_t least_bytes(Plans& plans) const { return held_bytes + plans.least_bytes(key); }
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

  [[nodiscard]] bool is_selected_from(const Operand& operand) const { return options.subsampling && operand.name == "x"; }
  /// Operands as the networks see them: subsampled, and checked.
  [[nodiscard]] Tensor selected(const Operand& operand, Tensor given) const;
  [[nodiscard]] std::vector<Tensor> selected(std::span<const Tensor> given) const;
  [[nodiscard]] DType type_over(std::vector<DType> types) const;
  /// For operands like these, whose elements are not read, or row-major ones of these types (or of the only one), and a new result.
  [[nodiscard]] Request request(std::span<const Tensor> given, const RunOptions& run) const;
  [[nodiscard]] Request request(std::span<const DType> types, const RunOptions& run) const;
  /// Plans of its own, for shared ones may be in others' names.
  [[nodiscard]] std::shared_ptr<Plans> named_plans() const;
  /// The fastest of a few runs, about a second at most.
  [[nodiscard]] Timed timed(std::span<const Tensor> given, const RunOptions& run) const;
  /// Operands in the type that is computed in, then the constants.
  struct Bindings {
    std::vector<Tensor> tensors;
    std::vector<const void*> addresses;
    bool converted = false;
  };
  [[nodiscard]] Bindings bind(std::span<const Tensor> given, DType computed) const;
  /// Into a tensor of the result's type and any strides that does not overlap itself; the next call with operands like
  /// those `given`, from which `tensors` were selected, is ready.
  void run_and_remember(std::span<const Tensor> given, std::span<const Tensor> tensors, const Tensor& result, const RunOptions& run);
};

[[nodiscard]] std::vector<DType> types_of(std::span<const Tensor> tensors);
[[nodiscard]] int threads_of(const RunOptions& run);

/// A tensor whose elements are never read: it has none.
[[nodiscard]] Tensor without_elements(DType type, const Shape& shape, const Strides& strides);

/// Expressions with wishes of their own about the order do not share plans.
[[nodiscard]] std::shared_ptr<Plans> plans_of(const std::vector<Network>& terms, const std::vector<Operand>& operands,
                                              const OrderOptions& order);

}  // namespace einfold
