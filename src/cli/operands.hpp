// SPDX-License-Identifier: MIT
//
// OPERAND: a.npy | a.npz:KEY | a.safetensors:KEY | pattern:I=..,K=..[,S=..][,P=..|,P=L:R][,D=..]
#pragma once

#include "einfold/einsum.hpp"

#include <string_view>

namespace einfold::cli {

/// The tensor of a file, or a pattern. Throws E0809 (a pattern that cannot be read), and what `load` throws.
[[nodiscard]] EinsumOperand operand(std::string_view text);

/// A tensor only. Throws E0809 for a pattern.
[[nodiscard]] Tensor tensor_operand(std::string_view text);

/// What may stand for the operand in a plan.
[[nodiscard]] EinsumShape shape_of(const EinsumOperand& operand);

}  // namespace einfold::cli
