// SPDX-License-Identifier: MIT
//
// 64-bit integer arithmetic that never wraps silently.
#pragma once

#include <cstdint>
#include <numeric>
#include <optional>

namespace einfold::checked {

using Int = std::int64_t;

[[nodiscard]] inline std::optional<Int> add(Int a, Int b) noexcept {
  Int result = 0;
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}

[[nodiscard]] inline std::optional<Int> subtract(Int a, Int b) noexcept {
  Int result = 0;
  if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
  return result;
}

[[nodiscard]] inline std::optional<Int> multiply(Int a, Int b) noexcept {
  Int result = 0;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

/// a + b * c.
[[nodiscard]] inline std::optional<Int> multiply_add(Int a, Int b, Int c) noexcept {
  const auto product = multiply(b, c);
  return product ? add(a, *product) : std::nullopt;
}

/// floor(a / b), b > 0.
[[nodiscard]] inline Int floor_divide(Int a, Int b) noexcept {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// ceil(a / b), b > 0.
[[nodiscard]] inline Int ceil_divide(Int a, Int b) noexcept {
  return a / b + (a % b > 0 ? 1 : 0);
}

/// a mod b in [0, b), b > 0.
[[nodiscard]] inline Int modulo(Int a, Int b) noexcept {
  const Int rest = a % b;
  return rest < 0 ? rest + b : rest;
}

/// gcd(a, b), b > 0. Of a mod b, for std::gcd negates its arguments and the least number has no negative.
[[nodiscard]] inline Int common_divisor(Int a, Int b) noexcept {
  return std::gcd(a % b, b);
}

}  // namespace einfold::checked
