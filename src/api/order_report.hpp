// SPDX-License-Identifier: MIT
#pragma once

#include "api/compiled.hpp"
#include "einfold/order_report.hpp"

namespace einfold {

/// What a report is made of.
struct Reported {
  const Network& network;         ///< as the caller wrote it
  const plan::Ordered& ordered;
  DType dtype = DType::kFloat32;
  int threads = 1;
  std::int64_t held_bytes = 0;                      ///< beside the workspace of the plan
  const Executable* executable = nullptr;           ///< absent: no plan was made
  const std::vector<double>* seconds = nullptr;     ///< of each step of the plan; absent: not measured
};

[[nodiscard]] OrderReport report_order(const Reported& what);

/// The steps alone. Empty for a network that is zero.
[[nodiscard]] std::vector<OrderStep> report_steps(const Reported& what);

}  // namespace einfold
