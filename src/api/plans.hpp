// SPDX-License-Identifier: MIT
//
// The plans of an expression, for every choice of types, strides and limits that it was run with. Expressions that differ
// in names only share them.
#pragma once

#include "api/compiled.hpp"

#include <compare>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace einfold {

/// A plan holds for these.
struct PlanKey {
  DType type = DType::kFloat32;
  std::vector<Strides> strides;
  Strides result_strides;
  int threads = 0;
  std::int64_t memory_limit_bytes = 0;
  bool simplify = true;

  friend auto operator<=>(const PlanKey&, const PlanKey&) = default;
};

/// Thread-safe and bounded; what is forgotten is planned anew.
class Plans {
 public:
  /// `fixed`: the orders of a plan that was loaded, in place of all others.
  Plans(std::vector<Network> terms, std::vector<Operand> operands, OrderOptions order = {}, Orders fixed = {})
      : terms_(std::move(terms)), operands_(std::move(operands)), order_(std::move(order)), fixed_(std::move(fixed)) {}

  /// Throws E0602, E0603, E0604 as planning does.
  [[nodiscard]] std::shared_ptr<const Compiled> compiled(const PlanKey& key);
  /// The workspace of the smallest plan, whatever the limit is.
  [[nodiscard]] std::int64_t least_bytes(const PlanKey& key);
  /// The orders alone, without a limit: of intermediates of any size.
  [[nodiscard]] Orders unlimited_orders(const PlanKey& key);

 private:
  [[nodiscard]] Orders orders(const PlanKey& key, std::int64_t limit_elements);  // mutex_ is held

  std::vector<Network> terms_;
  std::vector<Operand> operands_;
  OrderOptions order_;
  Orders fixed_;
  std::mutex mutex_;
  std::map<PlanKey, std::shared_ptr<const Compiled>> plans_;
  std::map<std::pair<bool, std::int64_t>, Orders> orders_;  // by simplify and limit
};

/// Everything about a sum of networks but the names: indices numbered by first occurrence, operands by position.
[[nodiscard]] std::string canonical_form(const std::vector<Network>& terms, const std::vector<Operand>& operands);

/// The plans of expressions of this canonical form and the usual order, remembered for the whole process: see plan_cache_statistics.
[[nodiscard]] std::shared_ptr<Plans> shared_plans(const std::vector<Network>& terms, const std::vector<Operand>& operands);

}  // namespace einfold
