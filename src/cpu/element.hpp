// SPDX-License-Identifier: MIT
//
// Arithmetic on the element types that kernels know. Integers are computed unsigned, so they wrap.
#pragma once

#include "base/fail.hpp"
#include "einfold/dtype.hpp"
#include "plan/contraction.hpp"

#include <complex>
#include <cstdint>
#include <type_traits>

namespace einfold::cpu {

template <class T>
inline constexpr bool is_complex_v = false;
template <class T>
inline constexpr bool is_complex_v<std::complex<T>> = true;

/// a * b. The textbook product for complex numbers: no search for infinities.
template <class T>
[[nodiscard]] inline T multiply(T a, T b) noexcept {
  if constexpr (is_complex_v<T>) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  } else {
    return a * b;
  }
}

/// The factor of a result in the type it is applied in: real for complex results.
template <class T>
[[nodiscard]] inline auto factor_as(const plan::Factor& factor) noexcept {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(factor.integer);
  } else if constexpr (is_complex_v<T>) {
    return static_cast<typename T::value_type>(factor.real);
  } else {
    return static_cast<T>(factor.real);
  }
}

/// Calls f with a value of the type in which elements of type `dtype` are computed.
template <class F>
auto with_element_type(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kInt32:
      return f(std::uint32_t{});
    case DType::kInt64:
      return f(std::uint64_t{});
    case DType::kFloat32:
      return f(float{});
    case DType::kFloat64:
      return f(double{});
    case DType::kComplex64:
      return f(std::complex<float>{});
    case DType::kComplex128:
      return f(std::complex<double>{});
    default:
      break;
  }
  EINFOLD_INVARIANT(false);
  return f(float{});
}

}  // namespace einfold::cpu
