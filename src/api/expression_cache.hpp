// SPDX-License-Identifier: MIT
//
// Expressions of equations seen before, so that a repeated einsum is parsed and planned once.
#pragma once

#include "einfold/einsum.hpp"

#include <string>
#include <string_view>

namespace einfold {

/// compile(equation, operands, options), from the cache if it is there. Bounded: the least recently used goes.
/// Thread-safe. Errors are not remembered.
[[nodiscard]] Expression cached_expression(std::string_view equation, const std::vector<EinsumShape>& operands,
                                           const EinsumOptions& options);

}  // namespace einfold
