// SPDX-License-Identifier: MIT
//
// Names to variables: which variable stands on which axis, `...` expanded.
#pragma once

#include "network/extents.hpp"

#include <string_view>
#include <unordered_map>

namespace einfold::network {

struct Resolved {
  Extents extents;                                  ///< without numbers yet
  std::unordered_map<std::string_view, int> names;  ///< keys live in the equation
};

/// Throws E0220 (number of operands), E0221 (rank), E0228 (negative extent in a shape).
[[nodiscard]] Resolved resolve(const notation::Equation& equation, std::span<const Shape> shapes);

}  // namespace einfold::network
