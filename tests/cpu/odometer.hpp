// SPDX-License-Identifier: MIT
//
// Steps evaluated from their definition, point by point, in long double or modulo 2^64.
#pragma once

#include "plan/contraction.hpp"

#include <complex>
#include <cstdint>
#include <map>
#include <type_traits>
#include <vector>

namespace einfold::cpu::test {

template <class T>
struct ExactOf {
  using type = std::conditional_t<std::is_integral_v<T>, std::uint64_t, long double>;
};
template <class T>
struct ExactOf<std::complex<T>> {
  using type = std::complex<long double>;
};
template <class T>
using Exact = typename ExactOf<T>::type;

inline double magnitude(std::uint64_t) { return 0; }
inline double magnitude(long double x) { return static_cast<double>(x < 0 ? -x : x); }
inline double magnitude(std::complex<long double> x) { return magnitude(x.real()) + magnitude(x.imag()); }

/// An element of C: its value, and the sum of the magnitudes of everything added to it.
template <class T>
struct Element {
  Exact<T> value{};
  double magnitude = 0;
};

inline bool inside(const plan::Access& access, const std::vector<std::int64_t>& at) {
  for (const plan::Window& window : access.windows) {
    std::int64_t position = window.constant;
    for (std::size_t l = 0; l < at.size(); ++l) position += window.coefficients[l] * at[l];
    if (position < 0 || position >= window.extent) return false;
  }
  return true;
}

inline std::int64_t address(const plan::Access& access, const std::vector<std::int64_t>& at) {
  std::int64_t result = access.base;
  for (std::size_t l = 0; l < at.size(); ++l) result += access.strides[l] * at[l];
  return result;
}

/// Calls body(point) for every point of the box.
template <class Body>
void each_point(const std::vector<std::int64_t>& extents, Body&& body) {
  std::vector<std::int64_t> at(extents.size(), 0);
  for (;;) {
    body(at);
    std::size_t l = at.size();
    while (l > 0 && ++at[l - 1] == extents[l - 1]) at[--l] = 0;
    if (l == 0) return;
  }
}

/// What the step adds to each address of C.
template <class T>
std::map<std::int64_t, Element<T>> evaluate(const plan::Contraction& step, const T* a, const T* b) {
  std::map<std::int64_t, Element<T>> result;
  const auto exact = [](T x) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(x));
    } else {
      return Exact<T>(x);
    }
  };
  for (const plan::Nest& nest : step.nests) {
    each_point(nest.extents, [&](const std::vector<std::int64_t>& at) {
      if (step.has_a && !inside(nest.a, at)) return;
      if (step.has_b && !inside(nest.b, at)) return;
      if (!inside(nest.c, at)) return;
      Exact<T> value = exact(T(1));
      if (step.has_a) value *= exact(a[address(nest.a, at)]);
      if (step.has_b) value *= exact(b[address(nest.b, at)]);
      if constexpr (std::is_integral_v<T>) {
        value *= static_cast<std::uint64_t>(step.factor.integer);
      } else {
        value *= static_cast<long double>(step.factor.real);
      }
      Element<T>& to = result[address(nest.c, at)];
      to.value += value;
      to.magnitude += magnitude(value);
    });
  }
  return result;
}

}  // namespace einfold::cpu::test
