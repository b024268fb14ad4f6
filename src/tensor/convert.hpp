// SPDX-License-Identifier: MIT
//
// Conversion of one element, as NumPy's astype, but defined for every value.
#pragma once

#include "einfold/dtype.hpp"
#include "tensor/half.hpp"

#include <complex>
#include <concepts>
#include <cstdint>
#include <limits>

namespace einfold {

template <class T>
inline constexpr bool is_half = std::same_as<T, Float16> || std::same_as<T, BFloat16>;
template <class T>
inline constexpr bool is_complex_type = std::same_as<T, std::complex<float>> || std::same_as<T, std::complex<double>>;

/// Whether elements of type From have a value in type To: all but complex to real.
template <class To, class From>
inline constexpr bool is_convertible = is_complex_type<To> || !is_complex_type<From>;

/// Integer part; NaN is the least integer, what is too large becomes the nearest integer there is.
template <std::integral To, std::floating_point From>
[[nodiscard]] To to_integer(From value) noexcept {
  constexpr auto least = static_cast<From>(std::numeric_limits<To>::min());  // a power of two: exact
  if (!(value > least)) return std::numeric_limits<To>::min();
  if (value >= -least) return std::numeric_limits<To>::max();
  return static_cast<To>(value);
}

/// Real to bool: not zero (NaN is true). Integers wrap. Floating point rounds to nearest even, overflows to infinity.
template <class To, class From>
  requires is_convertible<To, From>
[[nodiscard]] To convert(From value) noexcept {
  if constexpr (std::same_as<To, From>) {
    return value;
  } else if constexpr (is_half<From>) {
    return convert<To>(to_float(value));
  } else if constexpr (is_complex_type<To>) {
    using Part = typename To::value_type;
    if constexpr (is_complex_type<From>) {
      return To(static_cast<Part>(value.real()), static_cast<Part>(value.imag()));
    } else {
      return To(convert<Part>(value), Part(0));
    }
  } else if constexpr (is_half<To>) {
    // A 32-bit float is exact in a float only; integers go through double, which holds what a half can tell apart.
    using Wide = std::conditional_t<std::same_as<From, float>, float, double>;
    if constexpr (std::same_as<To, Float16>) return to_float16(static_cast<Wide>(value));
    else return to_bfloat16(static_cast<Wide>(value));
  } else if constexpr (std::same_as<To, bool>) {
    return value != From(0);
  } else if constexpr (std::integral<To> && std::floating_point<From>) {
    return to_integer<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace einfold
