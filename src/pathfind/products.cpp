// SPDX-License-Identifier: MIT
#include "pathfind/products.hpp"

#include "base/fail.hpp"

#include <bit>
#include <limits>

namespace einfold::pathfind {

Factor Products::best(std::span<const Factor> factors) {
  EINFOLD_INVARIANT(!factors.empty() && factors.size() <= kMostFactors);
  std::uint32_t whole = 0;
  for (const Factor& factor : factors) whole |= factor.set;
  if (factors.size() == 1) return factors.front();
  if (const auto known = known_.find(whole); known != known_.end()) return known->second;

  std::vector<Factor> products(std::size_t{1} << factors.size());  // by which of the factors
  for (std::uint32_t mask = 1; mask < products.size(); ++mask) {
    Factor& product = products[mask];
    const std::uint32_t rest = mask & (mask - 1);
    const Factor& first = factors[static_cast<std::size_t>(std::countr_zero(mask))];
    if (rest == 0) {
      product = first;
      continue;
    }
    product.set = first.set | products[rest].set;
    if (const auto known = known_.find(product.set); known != known_.end()) {
      product = known->second;
      continue;
    }
    product.size = first.size * products[rest].size;
    double least = std::numeric_limits<double>::infinity();
    std::uint32_t half = 0;
    for (std::uint32_t other = rest; other != 0; other = (other - 1) & rest) {
      const double cost = products[mask ^ other].cost + products[other].cost;
      if (cost >= least) continue;
      least = cost;
      half = other;
    }
    product.cost = least + product.size;
    product.at = ~static_cast<int>(steps_.size());
    steps_.emplace_back(products[mask ^ half].at, products[half].at);
    known_.emplace(product.set, product);
  }
  return products.back();
}

}  // namespace einfold::pathfind
