// SPDX-License-Identifier: MIT
//
// What of an expression can be computed before the operands that vary are known.
#pragma once

#include "einfold/network.hpp"

#include <set>
#include <string>
#include <vector>

namespace einfold {

/// A product of constants, by the name of the operand that stands for it.
struct Product {
  std::string operand;
  Network network;
};

struct Folded {
  std::vector<Network> terms;  ///< over the operands that vary, constants as they are, and products
  std::vector<Product> products;
};

/// Chooses, per term, what makes a later run cheapest: the sub-trees of the best order that constants alone make, or all
/// connected constants multiplied into one tensor and the rest ordered anew.
[[nodiscard]] Folded fold(const std::vector<Network>& terms, const std::set<std::string>& constants);

}  // namespace einfold
