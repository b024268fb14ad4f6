// SPDX-License-Identifier: MIT
//
// Products that repeat: a Gram matrix of shifted views multiplies the same two positions for many pairs of taps.
#pragma once

#include "pathfind/problem.hpp"

#include <optional>
#include <span>

namespace einfold::pathfind {

/// Two equations of three legs each that share one index o:  x = s o + d k + p  and  y = s o + d l + q.
struct Twins {
  const Equation* first = nullptr;
  const Equation* second = nullptr;
  int shared = -1;  ///< o
};

/// Nothing, if these equations are no twins for any choice of x, k, y, l.
[[nodiscard]] std::optional<Twins> twins_of(std::span<const Equation* const> equations);

/// x, y: the positions that the operands have; k, l: the taps.
struct ShiftedLegs {
  int x, k, y, l;
};

/// The pairs (x, y) for which there are an o, a k and an l: the products that are multiplied, if each is multiplied once and added up for all
/// (k, l) it belongs to. Nothing, if s or d differ, x or y has a coefficient other than +-1, or there are very many taps.
[[nodiscard]] std::optional<std::int64_t> distinct_products(const Twins& twins, const ShiftedLegs& legs,
                                                            std::span<const std::int64_t> extents);

}  // namespace einfold::pathfind
