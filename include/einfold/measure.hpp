// SPDX-License-Identifier: MIT
//
// Measuring: what this machine can do at best, what an expression takes of it, and whether its result is right.
#pragma once

#include "einfold/conv.hpp"
#include "einfold/expression.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace einfold {

/// The instruction set in use: "avx512", "avx2", "neon" or "generic"; EINFOLD_ISA in the environment forces a lower one.
[[nodiscard]] std::string instruction_set();

/// Upper bounds of this machine for a number of threads, measured just now: best of several runs.
struct Ceilings {
  std::string instruction_set;
  int threads = 1;
  double flops_float32 = 0;  ///< fused multiply-adds per second, each counted twice, in the instruction set in use
  double flops_float64 = 0;
  double bytes_read = 0;     ///< per second, from memory
  double bytes_copied = 0;   ///< read and written past the cache, both counted
  double bytes_written = 0;  ///< past the cache
};

/// Takes about a second and 256 MiB. threads = 0: as many as the process may use. Throws E0601.
[[nodiscard]] Ceilings measure_ceilings(int threads = 0);

/// Arithmetic of an operation by its formula, as it is usually counted: 2 per product, the padding's taps included, through the
/// unfolded input; P elements of the weight, R = C_in/G K:
///
///     forward, weight-vjp, input-vjp            2 B C_out O R            kfc, kfac-expand       2 B O G R^2
///     per-example-squared-norm                  2 B C_out O R + 2 B P    kfac-reduce            B O G R + 2 B G R^2
///     ggn-diagonal                              2 V B (C_out O R + P)    unfold                 0
///     ggn-gram                                  2 V B C_out O R + 2 (V B)^2 P
///
/// Nothing for other operations.
[[nodiscard]] std::optional<double> nominal_flops(std::string_view operation, const ConvSpec& spec, const conv::Shapes& shapes);

struct MeasureOptions {
  RunOptions run;
  int repeats = 7;            ///< runs after one that warms up: at least this many,
  double least_seconds = 0.2; ///< and until this much time has passed,
  int most_repeats = 1000;    ///< but never more than this
};

struct Measurement {
  int repeats = 0;
  double seconds_plan = 0;    ///< the first call of Expression::cost: order, kernels
  double seconds_median = 0;  ///< wall time of one run into an existing result
  double seconds_best = 0;
  Cost cost;
  std::int64_t bytes_operands = 0;
  std::int64_t bytes_result = 0;
  /// Resident memory at its peak during the first run, beyond what was resident before; result not counted.
  /// -1 where the system does not tell.
  std::int64_t bytes_peak_extra = -1;
  Tensor result;
};

/// Runs the expression on these row-major operands. Throws as evaluate does.
[[nodiscard]] Measurement measure(const Expression& expression, std::span<const Tensor> operands, const MeasureOptions& options = {});

struct SampleCheck {
  std::int64_t entries = 0;    ///< that were compared
  bool by_reference = false;   ///< with the reference evaluator; else with an unsimplified plan in float64
  /// Largest |value - expected| over  u * (the expression of absolute operands), u the result's rounding unit.
  double worst_error_units = 0;
  bool passed = false;         ///< no entry is further off than 16 units per node of the network; integers: not at all
};

/// Compares entries of `result` at seeded random places with what they are by definition. `most_points` bounds the reference
/// evaluator's work; beyond it the entries are computed by another plan, in float64 and without rewriting. Expressions that
/// subsample are an error (E0206).
[[nodiscard]] SampleCheck check_sample(const Expression& expression, std::span<const Tensor> operands, const Tensor& result,
                                       std::uint64_t seed = 1, double most_points = 2e7);

}  // namespace einfold
