// SPDX-License-Identifier: MIT
//
// A rewrite rule is data: its algebra, its condition, and the function that applies it.
#pragma once

#include "einfold/network.hpp"
#include "simplify/uses.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace einfold::rules {

struct Rewritten {
  Network network;
  std::string what;  ///< what was done, in words with index names
};

/// Equal value: for all operands, every entry of the rewritten network's result is the original's, and is NaN or
/// infinite exactly where the original's is. The output's shape and the list of operands stay.
struct Rule {
  std::string_view name;
  std::string_view equation;   ///< left -> right, as algebra
  std::string_view condition;
  /// Applies the rule wherever it can at once, or nothing where its condition holds nowhere. `uses` is uses_of(network).
  std::optional<Rewritten> (*rewrite)(const Network& network, const Uses& uses);
};

}  // namespace einfold::rules
