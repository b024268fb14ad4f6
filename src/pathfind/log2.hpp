// SPDX-License-Identifier: MIT
//
// Numbers from 0 to far beyond 10^308 as their binary logarithms.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace einfold::pathfind {

inline constexpr double kLog2Zero = -std::numeric_limits<double>::infinity();

/// log2(2^a + 2^b).
[[nodiscard]] inline double log2_add(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == kLog2Zero ? a : a + std::log2(1 + std::exp2(b - a));
}

/// Equal but for rounding.
[[nodiscard]] inline bool log2_equal(double a, double b) { return a == b || std::abs(a - b) < 1e-9; }

/// A product of extents: exact, and so independent of the order, below 2^53. An empty range counts as one value, so that
/// a network without any points has finite costs too.
class Log2Product {
 public:
  void multiply(std::int64_t extent) {
    if (extent <= 1) return;
    product_ *= static_cast<double>(extent);
    if (product_ > 0x1p900) {
      product_ *= 0x1p-900;
      exponent_ += 900;
    }
  }
  [[nodiscard]] double value() const { return std::log2(product_) + exponent_; }

 private:
  double product_ = 1;
  double exponent_ = 0;
};

/// A number that grows with  2^result - 2^a - 2^b,  of either sign, and never overflows.
[[nodiscard]] inline double log2_growth(double result, double a, double b) {
  const double top = std::max(result, std::max(a, b));
  const double difference = std::exp2(result - top) - std::exp2(a - top) - std::exp2(b - top);
  constexpr double kOffset = 1e6;  // above every -log2 of a positive difference
  if (difference == 0) return 0;
  const double magnitude = kOffset + top + std::log2(std::abs(difference));
  return difference > 0 ? magnitude : -magnitude;
}

}  // namespace einfold::pathfind
