// SPDX-License-Identifier: MIT
//
// An expression planned and made ready for one choice of types and strides.
#pragma once

#include "einfold/expression.hpp"
#include "exec/executable.hpp"
#include "plan/pipeline.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace einfold {

/// How operands and result lie in memory, and their one type.
struct Bound {
  DType type = DType::kFloat32;
  std::vector<Strides> strides;
  Strides result_strides;
};

/// The type of a sum of networks over operands of these types (float64 for integers where `fractional`).
[[nodiscard]] DType result_type(const std::vector<Network>& terms, std::span<const DType> types, bool fractional);

/// The type in which a result of type `type` is summed: float32 for the 16-bit ones.
[[nodiscard]] DType compute_type(DType type);

class Compiled {
 public:
  struct Term {
    Executable executable;
    std::vector<std::size_t> operands;  ///< of the expression, for each operand of the network
    bool in_order = false;              ///< they are the first ones, in their order
  };

  Compiled(std::vector<Term> terms, std::shared_ptr<const std::vector<plan::Ordered>> orders)
      : terms_(std::move(terms)), orders_(std::move(orders)) {}

  /// Takes the addresses of the expression's operands and of the result.
  void run(std::span<const void* const> operands, void* result, Executor& executor) const;
  /// The same; seconds per term and step of its plan.
  [[nodiscard]] std::vector<std::vector<double>> run_timed(std::span<const void* const> operands, void* result,
                                                           Executor& executor) const;
  [[nodiscard]] std::int64_t workspace_bytes() const;
  [[nodiscard]] const std::vector<Term>& terms() const noexcept { return terms_; }
  [[nodiscard]] const std::vector<plan::Ordered>& orders() const noexcept { return *orders_; }
  [[nodiscard]] const std::shared_ptr<const std::vector<plan::Ordered>>& shared_orders() const noexcept { return orders_; }

 private:
  std::vector<Term> terms_;
  std::shared_ptr<const std::vector<plan::Ordered>> orders_;  // one per term
};

/// The order of every term: independent of types and strides.
[[nodiscard]] std::vector<plan::Ordered> order_all(const std::vector<Network>& terms, const plan::PipelineOptions& options);

/// What is to be compiled: the networks, and the operands of the expression that theirs are among.
struct Terms {
  const std::vector<Network>& networks;
  const std::vector<Operand>& operands;
};

using Orders = std::shared_ptr<const std::vector<plan::Ordered>>;

/// Lowers and prepares every term; throws E0601 if some kernel needs more than `scratch_bytes`, or takes what needs least.
inline constexpr std::int64_t kLeastScratch = -1;
[[nodiscard]] std::shared_ptr<const Compiled> compile(const Terms& terms, Orders orders, const Bound& bound, int threads,
                                                      std::int64_t scratch_bytes);

/// The one that needs least memory. `order` gives the orders for a limit on the intermediates' elements.
[[nodiscard]] std::shared_ptr<const Compiled> compile_smallest(const Terms& terms, const Bound& bound, int threads,
                                                               const std::function<Orders(std::int64_t)>& order);

/// The same with less and less memory for intermediates, until all that a run allocates fits into the limit. Throws LimitRefused, naming
/// what the smallest plan takes, which is the same for every limit.
[[nodiscard]] std::shared_ptr<const Compiled> compile_within(const Terms& terms, const Bound& bound, int threads,
                                                             std::int64_t memory_limit_bytes,
                                                             const std::function<Orders(std::int64_t)>& order);

/// How a compiled expression runs: for predictions the threads; what was measured, per term and step of its plan, if it was.
struct Measured {
  int threads = 1;
  std::int64_t held_bytes = 0;  ///< beside the workspace of the plan
  std::vector<std::vector<double>> seconds = {};
};

/// The page that `einfold explain` prints.
[[nodiscard]] std::string explain(const Terms& terms, const Compiled& compiled, const Measured& measured);

}  // namespace einfold
