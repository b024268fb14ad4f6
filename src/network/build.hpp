// SPDX-License-Identifier: MIT
//
// Equation and operands to Network.
#pragma once

#include "einfold/network.hpp"
#include "einfold/notation.hpp"
#include "einfold/pattern.hpp"
#include "notation/equation.hpp"

#include <string>
#include <variant>
#include <vector>

namespace einfold {

/// What stands behind a term: a tensor of that shape, or an index pattern, which becomes an affine node.
struct OperandSpec {
  std::variant<Shape, IndexPattern> what;
  std::string name = {};  ///< in the network; empty: the number of the term

  OperandSpec(Shape shape, std::string name_ = {}) : what(std::move(shape)), name(std::move(name_)) {}
  OperandSpec(IndexPattern pattern, std::string name_ = {}) : what(pattern), name(std::move(name_)) {}
};

struct BuildOptions {
  Sizes sizes = {};
  Pads pad = {};
  bool broadcast = false;  ///< a plain index on an operand's axis of extent 1 reads entry 0
};

/// The network of `equation` for these operands. With all extents known,
///
///     an axis                       becomes
///     index, group, 1               the group of its indices (1: the empty one)
///     affine, a x + b y + c         a fresh index i and the node  -i + a x + b y = -c,  on operands and
///     output alike
///     ..., broadcast, of extent 1   the empty group: entry 0 is read
///     a pattern operand (k, o, i)   the node  -i + S o + D k = P_l,  i, o, k being the (row-major) values of
///     its axes
///
/// `network.operands` are the operands that are tensors, in their order.
/// Throws E0103, E0220 .. E0229 (see docs/errors.md), and what IndexPattern::output_extent throws.
[[nodiscard]] Network build(const notation::Equation& equation, const std::vector<OperandSpec>& operands,
                            const BuildOptions& options = {});

}  // namespace einfold
