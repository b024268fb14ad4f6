// SPDX-License-Identifier: MIT
//
// Residue classes that share the lines of the result: each is computed by itself, without gaps, and whole lines are put together from them.
#pragma once

#include "cpu/cover.hpp"
#include "cpu/run.hpp"
#include "plan/contraction.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace einfold::cpu {

inline constexpr std::int64_t kMostInterleaved = 4;

struct Interleaving {
  struct Class {
    plan::Contraction step;  ///< with its result in the scratch, at `at`
    std::int64_t at = 0;
    std::int64_t rows_at = 0;  ///< where the class begins; the first elements of its rows may be none of its own
    std::int64_t elements = 0;
    bool has_gaps = false;     ///< its rows have elements that it does not write: zeros
    std::int64_t residue = 0;  ///< it has every `classes_per_line`-th element of a line, from this one on
    /// Per axis but the innermost, and position there: how far it is to the class's row in the scratch, or kNone.
    std::vector<std::vector<std::int64_t>> to_row;
  };
  static constexpr std::int64_t kNone = -1;

  std::vector<CoveredAxis> outer;  ///< of C; the innermost axis has `line` elements, which lie side by side
  std::int64_t low = 0, line = 0, classes_per_line = 0;
  std::vector<Class> classes;
  std::int64_t scratch_elements = 0;
};

/// Nothing if classes are not every second, third or fourth element of lines of C.
[[nodiscard]] std::optional<Interleaving> interleaving_of(const plan::Contraction& step);

/// Elements that can be put together: of 4 or 8 bytes.
[[nodiscard]] bool can_interleave(DType dtype);

/// `classes` are the kernels of interleaving.classes, for a dtype that can be. `streams`: lines are written past the caches.
[[nodiscard]] std::shared_ptr<Kernel> interleaved(Interleaving interleaving, std::vector<std::shared_ptr<const Kernel>> classes,
                                                  DType dtype, bool streams, const Options& options);

}  // namespace einfold::cpu
