// SPDX-License-Identifier: MIT
//
// The few acts that all rules are made of. Each returns a new network.
#pragma once

#include "einfold/network.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace einfold::rules {

/// What an index becomes: its digits where it is on an axis, a sum where it is in an equation.
struct Value {
  Group digits;
  std::vector<Term> terms;
  std::int64_t constant = 0;
};

/// Index -> value. No value mentions an index that is itself replaced.
using Substitution = std::unordered_map<IndexId, Value>;

/// Replaces the indices on every axis and in every equation, and removes them from the network. An equation that
/// loses all its legs is dropped (0 = 0) or makes the network zero. Nothing, if a coefficient overflows.
[[nodiscard]] std::optional<Network> substitute(const Network& network, const Substitution& substitution);

/// Without the affine nodes that are marked.
[[nodiscard]] Network without_equations(Network network, const std::vector<bool>& marked);

/// The zero result: the output and the operands' nodes stay (they give its shape and type), equations do not.
[[nodiscard]] Network zero_of(Network network);

/// scale * factor, only if that stays an exact rational.
[[nodiscard]] std::optional<Scale> exactly_times(const Scale& scale, std::int64_t factor);

/// Names, comma separated; of many the first few and how many more there are.
[[nodiscard]] std::string names_of(const Network& network, const std::vector<IndexId>& indices);

}  // namespace einfold::rules
