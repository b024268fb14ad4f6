// SPDX-License-Identifier: MIT
//
// Conversions of the two 16-bit floating-point types, rounded once, to nearest, ties to even.
#pragma once

#include "einfold/dtype.hpp"

#include <bit>
#include <cstdint>

namespace einfold {

/// Exact.
[[nodiscard]] inline float to_float(BFloat16 value) noexcept {
  return std::bit_cast<float>(std::uint32_t{value.bits} << 16U);
}

/// Exact. Source: F. Giesen, "half_to_float_fast5": the exponent is rebased by one multiplication-free shift, and
/// subnormals are renormalised by a subtraction.
[[nodiscard]] inline float to_float(Float16 value) noexcept {
  const std::uint32_t sign = (value.bits & 0x8000U) << 16U;
  std::uint32_t bits = (value.bits & 0x7fffU) << 13U;
  const std::uint32_t exponent = bits & 0x0f800000U;
  bits += (127U - 15U) << 23U;
  if (exponent == 0x0f800000U) {  // infinity or NaN
    bits += (128U - 16U) << 23U;
  } else if (exponent == 0) {  // zero or subnormal: 2^-14 + m 2^-24 - 2^-14
    bits += 1U << 23U;
    bits = std::bit_cast<std::uint32_t>(std::bit_cast<float>(bits) - std::bit_cast<float>(113U << 23U));
  }
  return std::bit_cast<float>(bits | sign);
}

/// The float next to `value` whose last bit says whether it is inexact (rounding to odd), so that rounding it once
/// more, to fewer than 23 bits, is the same as rounding `value` itself.
[[nodiscard]] inline float to_odd_float(double value) noexcept {
  const auto nearest = static_cast<float>(value);
  const auto back = static_cast<double>(nearest);
  if (back == value || value != value) return nearest;
  const double magnitude = value < 0 ? -value : value;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(nearest);
  if ((back < 0 ? -back : back) > magnitude) --bits;
  return std::bit_cast<float>(bits | 1U);
}

[[nodiscard]] inline BFloat16 to_bfloat16(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return {static_cast<std::uint16_t>((bits >> 16U) | 0x0040U)};  // stays a NaN
  return {static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U)};
}

/// Source: F. Giesen, "float_to_half_fast3_rtne".
[[nodiscard]] inline Float16 to_float16(float value) noexcept {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits & 0x80000000U;
  bits ^= sign;
  std::uint32_t result = 0;
  if (bits >= (127U + 16U) << 23U) {  // too large for a half: infinity, or NaN
    result = bits > 0x7f800000U ? 0x7e00U : 0x7c00U;
  } else if (bits < 113U << 23U) {  // subnormal: adding 0.5 aligns the mantissa and rounds
    constexpr std::uint32_t half = 126U << 23U;
    result = std::bit_cast<std::uint32_t>(std::bit_cast<float>(bits) + std::bit_cast<float>(half)) - half;
  } else {
    const std::uint32_t odd = (bits >> 13U) & 1U;
    result = (bits - ((127U - 15U) << 23U) + 0xfffU + odd) >> 13U;
  }
  return {static_cast<std::uint16_t>(result | (sign >> 16U))};
}

[[nodiscard]] inline BFloat16 to_bfloat16(double value) noexcept { return to_bfloat16(to_odd_float(value)); }
[[nodiscard]] inline Float16 to_float16(double value) noexcept { return to_float16(to_odd_float(value)); }

}  // namespace einfold
