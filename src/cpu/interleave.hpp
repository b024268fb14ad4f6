// SPDX-License-Identifier: MIT
//
// Blocks of a step whose nests write into each other's gaps.
//
// Residue classes write every second row and column, say, of the result each. One class after the other would bring the whole result
// through the caches once per class; all classes of one block of it, then all of the next, bring it through once.
#pragma once

#include "cpu/loop_nest.hpp"
#include "plan/contraction.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace einfold::cpu {

/// A loop that all nests have alike, cut into `count` blocks of `block` turns.
struct CutLoop {
  std::size_t loop = 0;
  std::int64_t block = 1, count = 1;
  Offsets stride{};  ///< elements of A, B and C per turn
};

struct Interleaved {
  std::vector<CutLoop> cuts;  ///< none: the nests run one after the other
  std::int64_t count = 1;     ///< of blocks

  /// Where block number `block` begins in A, B and C, relative to block 0.
  [[nodiscard]] Offsets start(std::int64_t block) const;
  /// One block's part of a nest.
  [[nodiscard]] plan::Nest part_of(plan::Nest nest) const;
};

/// Cuts loops by their strides in C, the longest first, as long as every nest has them with the same extent and strides and no window,
/// until a block of C is small enough for the second cache. Without cuts if C is that small anyway, a block cannot be, or the
/// nests do much arithmetic.
[[nodiscard]] Interleaved interleaved(const plan::Contraction& step, const std::vector<const plan::Nest*>& nests, std::int64_t element_bytes);

}  // namespace einfold::cpu
