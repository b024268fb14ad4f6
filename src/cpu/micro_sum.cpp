// SPDX-License-Identifier: MIT
//
// Sums of rows, and the search for numbers that are not finite.
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/micro_sum.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/micro_vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {

template <class T>
void add_row(std::int64_t n, T* to, const T* from) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes)
    hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::LoadU(d, from + j)), d, to + j);
  for (; j < n; ++j) to[j] += from[j];
}

/// x - x is zero for finite x only.
template <class T>
bool all_finite(std::int64_t n, const T* from) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto x = hn::LoadU(d, from + j);
    sum = hn::Add(sum, hn::Sub(x, x));
  }
  T rest = T(0);
  for (; j < n; ++j) rest += from[j] - from[j];
  return hn::AllTrue(d, hn::Eq(sum, hn::Zero(d))) && rest == T(0);
}

template <class T>
void fill_sums_of(MicroKernels<T>& t) {
  t.add_row = add_row<T>;
  t.all_finite = all_finite<T>;
}

void fill_sums(MicroKernels<float>& t) { fill_sums_of(t); }
void fill_sums(MicroKernels<double>& t) { fill_sums_of(t); }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

void fill_sums(Isa isa, MicroKernels<float>& t) { EINFOLD_FOR_ISA(isa, fill_sums(t)) }
void fill_sums(Isa isa, MicroKernels<double>& t) { EINFOLD_FOR_ISA(isa, fill_sums(t)) }

}  // namespace einfold::cpu
#endif
