// SPDX-License-Identifier: MIT
//
// Whether the nests of a step share the elements of its result among themselves.
#pragma once

#include "plan/contraction.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace einfold::cpu {

struct CoveredAxis {
  std::int64_t stride = 1, extent = 1;
};

/// Positions start, start + step, .., count of them, of an axis that a loop of the nest runs along, where there are several.
struct Progression {
  std::int64_t start = 0, step = 0, count = 1;
  std::optional<std::size_t> loop;
  [[nodiscard]] std::int64_t last() const { return start + step * (count - 1); }
};

[[nodiscard]] bool apart(const Progression& x, const Progression& y);

/// The axes of C's box, longest stride first, each stepping over all finer ones; `low` is the least address.
[[nodiscard]] std::optional<std::vector<CoveredAxis>> axes_of(const plan::Contraction& step, std::int64_t& low);

/// The nest's box, windows not regarded, as one progression per axis.
[[nodiscard]] std::optional<std::vector<Progression>> box_of(const plan::Nest& nest, const std::vector<CoveredAxis>& axes,
                                                             std::int64_t low);

struct Cover {
  bool apart = false;  ///< no element of the result is in the boxes of two nests
  bool whole = false;  ///< .. and each is in the box of one
};

/// The boxes of these nests, windows not regarded, in C's box. Both are false where the answer is not plain to see:
/// every loop must run along one axis of C's box, and no two along the same one. True for residue classes.
[[nodiscard]] Cover cover_of(const plan::Contraction& step, const std::vector<const plan::Nest*>& nests);

}  // namespace einfold::cpu
