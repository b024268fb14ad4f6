// SPDX-License-Identifier: MIT
//
// Steps that pass over their result several times, part by part, so that each part is still in the caches when it is
// met again.
#pragma once

#include "cpu/run.hpp"
#include "plan/contraction.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace einfold::cpu {

/// The step for some consecutive values of the outermost axis of C, and how to repeat it: part i is at
/// A + i shift[0], B + i shift[1], C + i shift[2].
struct Parts {
  plan::Contraction step;
  std::int64_t count = 1;
  std::array<std::int64_t, 3> shift{};
};

/// Parts of at most `part_bytes` of C, or of one value. Nothing if C is smaller than four times that, or if some nest
/// has no loop over that axis which takes no part in windows and moves the operands as it does in all other nests.
[[nodiscard]] std::optional<Parts> parts_of(const plan::Contraction& step, std::int64_t element_bytes,
                                            std::int64_t part_bytes);

/// The kernel of parts.step, run for one part after the other.
[[nodiscard]] std::shared_ptr<Kernel> part_by_part(const Parts& parts, std::shared_ptr<const Kernel> kernel,
                                                   DType dtype);

}  // namespace einfold::cpu
