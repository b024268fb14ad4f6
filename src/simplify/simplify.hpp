// SPDX-License-Identifier: MIT
//
// Simplification of a network by rewrite rules: only what is free under every contraction order.
#pragma once

#include "einfold/network.hpp"
#include "simplify/rule.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace einfold {

/// One application of a rule.
struct TraceEntry {
  std::string rule;
  std::string what;  ///< in words, with index names

  friend bool operator==(const TraceEntry&, const TraceEntry&) = default;
};

struct Simplified {
  Network network;
  std::vector<TraceEntry> trace;
};

/// Applies the first rule that fits, until none does.
///
/// Every rule lowers (affine nodes, their legs, indices, sum of |coefficients|, wrong signs) lexicographically or makes
/// the network zero, so this ends; and a second run returns the same network with an empty trace
/// [test: Simplify.ChangesNothing_WhenRunAgain].
///
/// Ensures   equal value, and NaN and infinity at the same places [test: Simplify.KeepsTheValue_AfterEveryRewrite,
///           Simplify.KeepsNaNWhereItIs]; the output's shape and the operands stay.
///           A zero network has the operands' nodes but no equation.
/// Note      a rule may turn a fractional scale into an integer: a result's type is to be taken from the original.
/// Cost      near linear in the network, per rewrite; a rewrite applies its rule to all places at once.
[[nodiscard]] Simplified simplify(Network network);

namespace rules {

/// In the order in which they are tried.
[[nodiscard]] std::span<const Rule* const> all();

struct Step {
  const Rule* rule = nullptr;
  Rewritten result;
};

/// One application of the first rule that fits.
[[nodiscard]] std::optional<Step> first_rewrite(const Network& network);

}  // namespace rules
}  // namespace einfold
