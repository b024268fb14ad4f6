// SPDX-License-Identifier: MIT
//
// Every operation of docs/operations.md as networks, derived from the one convolution network by transforms.
#pragma once

#include "conv/geometry.hpp"
#include "einfold/conv.hpp"
#include "einfold/network.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::conv {

/// An operation for given shapes: the sum of its networks is its value.
struct Definition {
  std::vector<Network> terms;       ///< same output shape; operands are named by role
  std::optional<DType> result;      ///< where the result's type is not that of the sum (pattern: bool)
  bool fractional = false;          ///< a mean or 1/B is involved: integers give float64, whatever B is
  bool real_only = false;           ///< squares, Grams, norms and factors: complex operands are an error
};

/// Throws E0310 for an unknown name (with the nearest one), E0311 for a missing or superfluous operand, and what
/// `resolve` throws.
[[nodiscard]] Definition define(std::string_view operation, const ConvSpec& spec, const Shapes& shapes);

}  // namespace einfold::conv
