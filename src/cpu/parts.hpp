// SPDX-License-Identifier: MIT
//
// Steps that pass over their result several times, part by part, so that each part is still in the caches when it is
// met again. Residue classes, say, write every second row and column of the result each.
#pragma once

#include "cpu/loop_nest.hpp"
#include "cpu/run.hpp"
#include "plan/contraction.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace einfold::cpu {

/// An axis of C in pieces: the elements of A, B and C from one piece to the next.
struct CutAxis {
  std::int64_t count = 1;
  Offsets shift{};
};

/// The step for one part of C, and where the others are.
struct Parts {
  plan::Contraction step;
  std::vector<CutAxis> cuts;  ///< the outermost axis first

  [[nodiscard]] std::int64_t count() const;
  /// Part number i is here in A, B and C, relative to part 0.
  [[nodiscard]] Offsets start(std::int64_t i) const;
};

/// Parts of at most `part_bytes` of C: its outermost axes are cut, one after the other. Nothing if C is smaller than four of them, if parts
/// would be much smaller, or if some nest has no loop over such an axis which takes no part in windows and moves the operands as it does
/// in all other nests.
[[nodiscard]] std::optional<Parts> parts_of(const plan::Contraction& step, std::int64_t element_bytes,
                                            std::int64_t part_bytes);

/// Who shares a part of C.
enum class Sharing {
  kAllThreads,  ///< every nest of a part is run by all threads, then the next part
  kOneThread,   ///< each part has one thread
};

/// Runs every part in turn. `part` is the kernel of parts.step, for one thread if each part has one.
[[nodiscard]] std::shared_ptr<Kernel> part_by_part(Parts parts, Sharing sharing, std::shared_ptr<const Kernel> part, DType dtype,
                                                   int threads);

}  // namespace einfold::cpu
