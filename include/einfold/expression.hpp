// SPDX-License-Identifier: MIT
//
// A quantity ready to be computed: networks over named operands, planned once, run as often as wanted.
#pragma once

#include "einfold/executor.hpp"
#include "einfold/network.hpp"
#include "einfold/order_report.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace einfold {

/// How to run. The result does not depend on the threads, bit by bit.
struct RunOptions {
  int threads = 0;  ///< 0: as many as the process may use
  Executor* executor = nullptr;  ///< a host's threads instead of einfold's own; `threads` is then not read
  /// Bytes that einfold may allocate beside operands and result. Throws E0603, naming the least that would do.
  std::int64_t memory_limit_bytes = std::numeric_limits<std::int64_t>::max();
  bool simplify = true;  ///< off: the network is evaluated as it was built

  friend bool operator==(const RunOptions&, const RunOptions&) = default;
};

/// What a run costs, as far as it can be told beforehand.
struct Cost {
  double planned_flops = 0;      ///< twice the multiply-adds of the chosen order; equal steps count once
  double predicted_seconds = 0;  ///< from what the chosen kernels do, on a core at 3 GHz: good for comparing
  double executed_flops = 0;  ///< what the chosen kernels do: 2 per product added, 1 per term of a plain sum
  std::int64_t workspace_bytes = 0;
};

/// One operand of an expression, as the caller passes it.
struct ExpressionOptions {
  std::optional<DType> result;  ///< converts the result; nothing: the promoted type of the operands
  bool real_only = false;       ///< complex operands are an error (E0407)
  bool fractional = false;      ///< integer operands are summed in float64
  /// Operand `x` is replaced by its entries at these positions of its first axis.
  std::optional<std::vector<std::int64_t>> subsampling;
  OrderOptions order = {};
};

/// A page to read and what programs read, of the same runs.
struct Explanation {
  std::string text;
  std::optional<OrderReport> order;  ///< nothing of a sum of networks
};

/// A sum of networks with equal outputs over the same operands. Immutable; copies share plans. Thread-safe.
class Expression {
 public:
  /// Operands are ordered as in `operands`, or, if that is empty, by first occurrence in the networks.
  explicit Expression(std::vector<Network> terms, std::vector<std::string> operands = {}, ExpressionOptions options = {});
  explicit Expression(Network network) : Expression(std::vector<Network>{std::move(network)}) {}

  /// The only network. Throws E0212 if the expression is a sum of several (a bias, a product rule): see networks().
  [[nodiscard]] const Network& network() const;
  [[nodiscard]] const std::vector<Network>& networks() const noexcept;
  /// In the order in which they are to be passed.
  [[nodiscard]] const std::vector<Operand>& operands() const noexcept;
  [[nodiscard]] Shape shape() const;  ///< of the result
  [[nodiscard]] DType dtype(std::span<const DType> types) const;  ///< of the result, for operands of these types

  /// The same expression with these operands bound ahead; the others keep their order. What constants alone decide is
  /// computed once per type (here for their own, for another at the first run in it) and kept, as far as that makes runs
  /// cheaper: the best order's sub-trees of constants, or all connected constants multiplied into one tensor. The tensors
  /// must not change afterwards. Throws E0206 (shape), E0207 (no such operand), E0407.
  [[nodiscard]] Expression with_constants(const std::map<std::string, Tensor>& constants) const;

  /// The same quantity, with its order of contraction found like this. Throws E0831 (an unknown search); an explicit path that does
  /// not fit is found when a plan is made (E0833).
  [[nodiscard]] Expression ordered(OrderOptions order) const;

  /// The networks as equations in the named spelling, with affine axes, joined by " + ".
  [[nodiscard]] std::string equation() const;

  /// The network, the rewrite rules applied, the steps in order with their kernels and costs, and the memory needed, for operands
  /// of these types (one for all, or one per operand). Nothing is computed.
  [[nodiscard]] std::string explain(std::span<const DType> types, const RunOptions& run = {}) const;
  [[nodiscard]] std::string explain(DType type = DType::kFloat32, const RunOptions& run = {}) const;
  /// The same, and the time that every step takes on these operands, in the fastest of a few runs.
  [[nodiscard]] std::string explain(std::span<const Tensor> operands, const RunOptions& run = {}) const;

  /// That, and `order` of the same runs.
  [[nodiscard]] Explanation explain_and_order(std::span<const Tensor> operands, const RunOptions& run = {}) const;

  /// The order of contraction for operands of these types: found, but nothing computed; intermediates may be of any size.
  /// Throws E0212 for a sum of networks, E0603.
  [[nodiscard]] OrderReport order(std::span<const DType> types, const RunOptions& run = {}) const;
  [[nodiscard]] OrderReport order(DType type = DType::kFloat32, const RunOptions& run = {}) const;
  /// The same, with measured times. Throws what `evaluate` throws.
  [[nodiscard]] OrderReport order(std::span<const Tensor> operands, const RunOptions& run = {}) const;

  /// Bytes allocated by a run beside the result, for row-major operands of this type.
  [[nodiscard]] std::int64_t workspace_bytes(DType type = DType::kFloat32, const RunOptions& run = {}) const;

  /// For row-major operands of this type. Throws as evaluate does.
  [[nodiscard]] Cost cost(DType type = DType::kFloat32, const RunOptions& run = {}) const;

  /// The value, row-major and new. Plans on first use for these strides and types.
  /// Throws E0205, E0206 (number and shapes of operands), E0407, E0601, E0603.
  [[nodiscard]] Tensor evaluate(std::span<const Tensor> operands, const RunOptions& run = {}) const;

  /// The value into the caller's tensor, of any strides; it may overlap operands. Throws E0213 (shape), E0402 (type),
  /// E0403 (read-only), E0406 (two positions of `result` are one element).
  void evaluate_into(std::span<const Tensor> operands, const Tensor& result, const RunOptions& run = {}) const;

  template <class... Tensors>
    requires(std::same_as<Tensors, Tensor> && ...)
  [[nodiscard]] Tensor operator()(const Tensors&... operands) const {
    const std::initializer_list<Tensor> list{operands...};
    return evaluate(std::span<const Tensor>(list.begin(), list.size()));
  }

 private:
  friend class ExpressionSet;
  friend struct PlanAccess;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace einfold
