// SPDX-License-Identifier: MIT
//
// Vectors of T on the instruction set at hand: included once for each, after foreach_target.
#if defined(EINFOLD_CPU_MICRO_VECTOR_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EINFOLD_CPU_MICRO_VECTOR_INL
#undef EINFOLD_CPU_MICRO_VECTOR_INL
#else
#define EINFOLD_CPU_MICRO_VECTOR_INL
#endif

#include "cpu/micro.hpp"
#include "hwy/highway.h"

#include <cmath>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vector = hn::Vec<Tag<T>>;

/// a b + c, rounded once on every target: the emulated one has no instruction for it.
template <class T>
HWY_INLINE Vector<T> fused(Vector<T> a, Vector<T> b, Vector<T> c) {
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  const Tag<T> d;
  HWY_ALIGN T x[16], y[16], z[16];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(d, z);
#else
  return hn::MulAdd(a, b, c);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#endif
