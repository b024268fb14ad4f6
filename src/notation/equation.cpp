// SPDX-License-Identifier: MIT
#include "notation/equation.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <utility>

namespace einfold::notation {

bool operator==(const Summand& a, const Summand& b) { return a.index == b.index && a.coefficient == b.coefficient; }

bool operator==(const Axis& a, const Axis& b) {
  return a.kind == b.kind && a.name == b.name && a.summands == b.summands && a.constant == b.constant &&
         a.members == b.members;
}

bool operator==(const Term& a, const Term& b) { return a.axes == b.axes; }

bool operator==(const Equation& a, const Equation& b) {
  return a.operands == b.operands && a.output == b.output && a.notation == b.notation;
}

namespace {

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

}  // namespace

std::ptrdiff_t normalise(std::vector<Summand>& summands) {
  std::stable_sort(summands.begin(), summands.end(),
                   [](const Summand& a, const Summand& b) { return a.index < b.index; });
  std::vector<Summand> merged;
  for (std::size_t i = 0; i < summands.size(); ++i) {
    Summand& summand = summands[i];
    if (merged.empty() || merged.back().index != summand.index) {
      merged.push_back(std::move(summand));
      continue;
    }
    const auto sum = checked::add(merged.back().coefficient, summand.coefficient);
    if (!sum) return static_cast<std::ptrdiff_t>(i);
    merged.back().coefficient = *sum;
  }
  std::stable_sort(merged.begin(), merged.end(), [](const Summand& a, const Summand& b) {
    return magnitude(a.coefficient) > magnitude(b.coefficient);
  });
  summands = std::move(merged);
  return -1;
}

}  // namespace einfold::notation
