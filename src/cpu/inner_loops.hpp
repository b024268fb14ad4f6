// SPDX-License-Identifier: MIT
//
// The innermost loops of the generic kernel, specialised for strides 0 and 1. Strides count elements.
#pragma once

#include "cpu/element.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace einfold::cpu {

/// A strided operand of one loop.
template <class T>
struct Strided {
  T* at;
  std::int64_t step;
};

/// Calls f(step_a, step_b) with integral constants where the strides are 0 or 1.
template <class F>
void with_steps(std::int64_t a, std::int64_t b, F&& f) {
  using Zero = std::integral_constant<std::int64_t, 0>;
  using One = std::integral_constant<std::int64_t, 1>;
  if (a == 1 && b == 1) return f(One{}, One{});
  if (a == 1 && b == 0) return f(One{}, Zero{});
  if (a == 0 && b == 1) return f(Zero{}, One{});
  f(a, b);
}

/// sum_{i < n} a[i] b[i],  n <= kChain, in eight interleaved chains.
template <class T>
[[nodiscard]] T dot(std::int64_t n, Strided<const T> a, Strided<const T> b) {
  T result{};
  with_steps(a.step, b.step, [&](auto sa, auto sb) {
    T lanes[8] = {};
    std::int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
      for (std::int64_t j = 0; j < 8; ++j) lanes[j] += multiply(a.at[(i + j) * sa], b.at[(i + j) * sb]);
    }
    for (std::int64_t j = 0; i < n; ++i, ++j) lanes[j] += multiply(a.at[i * sa], b.at[i * sb]);
    for (int half = 4; half > 0; half /= 2) {
      for (int j = 0; j < half; ++j) lanes[j] += lanes[j + half];
    }
    result = lanes[0];
  });
  return result;
}

/// sum[i] += a[i] b[i].
template <class T>
void multiply_add(std::int64_t n, T* sum, Strided<const T> a, Strided<const T> b) {
  with_steps(a.step, b.step, [&](auto sa, auto sb) {
    for (std::int64_t i = 0; i < n; ++i) sum[i] += multiply(a.at[i * sa], b.at[i * sb]);
  });
}

/// c[i] (+)= factor * value(i).
template <bool kAdd, class T, class F, class Value>
void put(std::int64_t n, Strided<T> c, F factor, Value&& value) {
  const auto store = [&](auto step) {
    for (std::int64_t i = 0; i < n; ++i) {
      T& to = c.at[i * step];
      const T scaled = static_cast<T>(value(i) * factor);
      to = kAdd ? static_cast<T>(to + scaled) : scaled;
    }
  };
  if (c.step == 1) return store(std::integral_constant<std::int64_t, 1>{});
  store(c.step);
}

/// c[i] (+)= factor * a[i] b[i].
template <bool kAdd, class T, class F>
void put_products(std::int64_t n, Strided<T> c, F factor, Strided<const T> a, Strided<const T> b) {
  with_steps(a.step, b.step, [&](auto sa, auto sb) {
    put<kAdd>(n, c, factor, [&](std::int64_t i) { return multiply(a.at[i * sa], b.at[i * sb]); });
  });
}

}  // namespace einfold::cpu
