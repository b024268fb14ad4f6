// SPDX-License-Identifier: MIT
//
// For files that Highway compiles once per instruction set.
#if defined(EINFOLD_CPU_FUSED_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef EINFOLD_CPU_FUSED_INL_HPP
#undef EINFOLD_CPU_FUSED_INL_HPP
#else
#define EINFOLD_CPU_FUSED_INL_HPP
#endif

#include "hwy/highway.h"

#include <cmath>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {

/// a b + c, rounded once on every target: the emulated one has no instruction for it.
template <class D, class V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE V fused_in(D d, V a, V b, V c) {
  namespace hn = hwy::HWY_NAMESPACE;
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  using T = hn::TFromD<D>;
  HWY_ALIGN T x[16], y[16], z[16];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(d, z);
#else
  (void)d;
  return hn::MulAdd(a, b, c);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();
#endif  // per-target include guard
