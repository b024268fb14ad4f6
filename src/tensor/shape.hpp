// SPDX-License-Identifier: MIT
//
// Arithmetic of shapes and strides.
#pragma once

#include "einfold/tensor.hpp"

#include <optional>

namespace einfold {

inline constexpr std::int64_t kMaxRank = 255;

/// The positions, relative to (0, .., 0), of the elements with the lowest and the highest address, in elements.
struct Reach {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
};

/// nullopt if an address, in bytes of 16 each, would not fit in 63 bits. Nothing is reached without elements.
[[nodiscard]] std::optional<Reach> reach_of(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides);

/// Whether the strides are those of a dense row-major tensor, those of axes with a single position aside.
[[nodiscard]] bool is_row_major(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) noexcept;

/// Whether no two positions share an element, as each stride spans all shorter ones. May be false where the strides
/// interleave without a collision.
[[nodiscard]] bool is_injective(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides);

/// Strides for `new_shape`, of as many elements, that see the elements of `shape` and `strides` in the same row-major
/// order. nullopt if there are none.
[[nodiscard]] std::optional<Strides> reshaped_strides(std::span<const std::int64_t> shape,
                                                      std::span<const std::int64_t> strides,
                                                      std::span<const std::int64_t> new_shape);

}  // namespace einfold
