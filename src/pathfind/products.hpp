// SPDX-License-Identifier: MIT
//
// The best trees of outer products.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace einfold::pathfind {

/// A tensor over a set of tensors, by a tree that costs so much.
struct Factor {
  std::uint32_t set = 0;
  double size = 1, cost = 0;
  int at = 0;  ///< a number of the caller's, not negative; or ~ of a product
};

inline constexpr std::size_t kMostFactors = 12;  ///< 3^12 pairs of sets, for which 2^12 products are kept: a millisecond

/// Trees over tensors that share no index with each other, remembered by set. The cost of a step is the size of its result.
class Products {
 public:
  /// Of at most kMostFactors; those of equal sets are always the same.
  [[nodiscard]] Factor best(std::span<const Factor> factors);
  /// What a product is made of.
  [[nodiscard]] std::pair<int, int> step(int product) const { return steps_[static_cast<std::size_t>(product)]; }

 private:
  std::unordered_map<std::uint32_t, Factor> known_;  // for look-ups only
  std::vector<std::pair<int, int>> steps_;
};

}  // namespace einfold::pathfind
