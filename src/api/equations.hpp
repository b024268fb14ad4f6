// SPDX-License-Identifier: MIT
//
// Expressions of equations seen before, so that a repeated einsum is parsed once.
#pragma once

#include "einfold/einsum.hpp"

#include <span>
#include <string_view>

namespace einfold {

/// compile(equation, shapes of the operands, options), remembered. Errors are not.
[[nodiscard]] Expression remembered(std::string_view equation, std::span<const EinsumOperand> operands,
                                    const EinsumOptions& options);
[[nodiscard]] Expression remembered(std::string_view equation, std::span<const Tensor> operands,
                                    const EinsumOptions& options);

}  // namespace einfold
