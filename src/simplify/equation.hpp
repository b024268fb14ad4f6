// SPDX-License-Identifier: MIT
//
// Arithmetic of affine nodes, exact or not at all.
#pragma once

#include "einfold/network.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace einfold::rules {

/// sum of terms, like terms added up and zeros dropped, ordered by index. Nothing on overflow.
[[nodiscard]] std::optional<std::vector<Term>> collected(std::vector<Term> terms);

/// target + factor * source. Nothing on overflow.
[[nodiscard]] std::optional<Affine> plus_multiple(const Affine& target, std::int64_t factor, const Affine& source);

/// The smallest and the largest value of a sum.
struct Reach {
  std::int64_t low = 0, high = 0;
};

/// Of  sum_j coefficient_j x_j  over the box of all legs but `except`, extents >= 1. Nothing on overflow.
[[nodiscard]] std::optional<Reach> reach(const Network& network, const Affine& equation,
                                         std::optional<IndexId> except = std::nullopt);

/// Whether the equation has exactly one solution for its leg `x` whatever the values of its other legs are:
/// x has coefficient +-1 and its solution never leaves 0 <= x < extent(x). (The window of x is void.)
[[nodiscard]] bool always_solvable_for(const Network& network, const Affine& equation, const Term& x);

/// -i + 2*o + k = 1
[[nodiscard]] std::string to_text(const Network& network, const Affine& equation);

}  // namespace einfold::rules
