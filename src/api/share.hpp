// SPDX-License-Identifier: MIT
//
// Sums of networks over the same operands rewritten so that what they have in common is computed once.
#pragma once

#include "einfold/network.hpp"

#include <string>
#include <vector>

namespace einfold {

/// One tensor to compute. Later ones may have it as an operand of its name.
struct SharedStep {
  std::string name;
  std::vector<Network> terms;
  int result = -1;  ///< which of the sums this is; -1: an intermediate
};

/// In an order in which they can be computed. `results[i]`: the terms of sum i.
///
/// A sum of one network is looked for in the others (as it is, and simplified); an intermediate of one order is looked
/// for in the orders of the others. A rewriting is taken if it lowers the cost of all orders together.
[[nodiscard]] std::vector<SharedStep> share(const std::vector<std::vector<Network>>& results);

}  // namespace einfold
