// SPDX-License-Identifier: MIT
//
// Which sums of a shift-invariant Gram belong to which pair of taps, and where in C that pair is.
#pragma once

#include "cpu/shift_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace einfold::cpu {

/// One pair of taps, or one per dimension.
struct TapResult {
  std::int64_t at = 0;  ///< in C, without channels and batch
  bool has_mirror = false;
  std::int64_t mirrored_at = 0;
  std::vector<std::int64_t> cells;
};

/// Pairs of taps at consecutive places of C.
struct TapRun {
  std::int64_t at = 0, count = 0;
  std::vector<std::size_t> taps;  ///< their numbers
  [[nodiscard]] std::size_t first_of(std::int64_t i) const { return taps[static_cast<std::size_t>(i)]; }
};

struct ShiftResults {
  std::vector<TapResult> taps;
  std::vector<TapRun> direct, mirrored;
};

/// Of one part. `direct_runs`, `mirrored_runs`: whether pairs may be taken together; otherwise every run has
/// one.
[[nodiscard]] ShiftResults list_results(const ShiftPlan& plan, bool diagonal, std::size_t part,
                                        bool direct_runs, bool mirrored_runs);

}  // namespace einfold::cpu
