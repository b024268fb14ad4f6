// SPDX-License-Identifier: MIT
#include "simplify/simplify.hpp"

#include "network/verify.hpp"
#include "simplify/rules/families.hpp"

#include <array>
#include <utility>

namespace einfold {
namespace rules {

std::span<const Rule* const> all() {
  // The zero comes first: all others may take extents >= 1 for granted. Private legs come before the composition,
  // which would otherwise do their work in more steps.
  static constexpr std::array<const Rule*, 12> kRules = {
      &kZero,      &kUnitLeg, &kContradiction, &kNormalise,   &kFreeIndex, &kRowReduction,
      &kDelta,     &kBijection, &kPrivateLeg,  &kComposition, &kCount,     &kParallelLegs,
  };
  return kRules;
}

std::optional<Step> first_rewrite(const Network& network) {
  const Uses uses = uses_of(network);
  for (const Rule* rule : all()) {
    if (auto rewritten = rule->rewrite(network, uses)) return Step{rule, std::move(*rewritten)};
    if (network.zero) break;
  }
  return std::nullopt;
}

}  // namespace rules

Simplified simplify(Network network) {
  Simplified result{std::move(network), {}};
  while (auto step = rules::first_rewrite(result.network)) {
    result.network = verified(std::move(step->result.network));
    result.trace.push_back({std::string(step->rule->name), std::move(step->result.what)});
  }
  return result;
}

}  // namespace einfold
