// SPDX-License-Identifier: MIT
//
// What there is to tell about an order of contraction: costs, sizes, kernels, times. docs/orders.md.
#pragma once

#include "einfold/dtype.hpp"
#include "einfold/order.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace einfold {

/// One step: at most two tensors, and the patterns (equations between indices) that they are contracted with.
struct OrderStep {
  /// 0 .. n - 1: the operands in the equation's order, patterns left out; n + s: the result of step s.
  std::vector<int> tensors;
  std::string equation;               ///< ij,jk->ik
  std::vector<std::string> patterns;  ///< i=2*o+k-1, or 2*o+3*k=1 where no coefficient is 1
  int scaling = 0;                    ///< how many indices are free: those of the step less its patterns
  /// Multiplications (additions of a sum): the points that are visited, half where the result is symmetric.
  double log10_points = 0;
  double log2_size = 0;        ///< of the number of elements of the result
  int equal_to = -1;           ///< an earlier step with the same result, indices renamed: nothing is computed
  std::int64_t blocks = 1;     ///< turns of the loops that it runs in
  std::string kernel;          ///< empty: nothing is computed, or no plan was made
  std::vector<std::pair<std::string, std::string>> declined;  ///< kernels that would not do it, and why
  double predicted_seconds = 0;
  std::optional<double> seconds;  ///< measured
};

/// A loop: a step and what is below it run once for each `block` values of an index.
struct OrderLoop {
  std::string index;
  std::int64_t block = 1;
  int step = 0;
};

/// Counts are of multiplications, without a factor 2 for the additions. Logarithms, because counts may be far beyond 10^308.
struct OrderReport {
  std::string equation;      ///< ij,jk->ik, or in the named spelling
  DType dtype = DType::kFloat32;  ///< of operands, intermediates and result
  int tensors = 0;
  std::vector<std::string> terms;  ///< of the tensors: ij
  ContractionPath path;      ///< pairs, linear
  ContractionPath ssa_path;  ///< pairs, ssa

  int naive_scaling = 0;         ///< all indices less all patterns
  int scaling = 0;               ///< the largest of a step
  double log10_naive_flops = 0;  ///< all operands multiplied at every point
  /// Without patterns: the sum over the path's pairs of the product of the extents of all indices of both operands; an index that
  /// only one operand has counts in that operand's first pair. With patterns, the points that the steps visit.
  double log10_flops = 0;
  double log10_points = 0;     ///< of the steps as they are done: equal ones once, symmetric ones half, loops included
  double log10_write = 0;      ///< elements of all results
  double log2_size = 0;        ///< elements of the largest result, the last one included
  double log2_intermediate = 0;  ///< of the largest one before the last; 0 without any
  double log2_peak_bytes = 0;  ///< of intermediates alive at the same time; 0 without any

  /// What a run allocates beside operands and result. Nothing where no plan can be made: an intermediate beyond 2^60 bytes.
  std::optional<std::int64_t> workspace_bytes;
  double operand_bytes = 0, result_bytes = 0;
  double search_seconds = 0;
  double predicted_seconds = 0;   ///< of one run; zero where no plan can be made
  std::optional<double> seconds;  ///< measured
  std::vector<OrderStep> steps;   ///< the last one gives the result
  std::vector<OrderLoop> loops;   ///< outermost first
};

/// opt_einsum's block and table, with bytes and times. The table ends after `most_steps`.
[[nodiscard]] std::string to_string(const OrderReport& report, std::size_t most_steps = 100);

}  // namespace einfold
