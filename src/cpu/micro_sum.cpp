// SPDX-License-Identifier: MIT
//
// Sums of rows and runs, and the search for numbers that are not finite.
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

template <class T, int kVectors>
HWY_INLINE void sum_columns(std::int64_t n, const T* a, std::int64_t step, T* to) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Vector<T> sum[kVectors];
#pragma GCC unroll 8
  for (int j = 0; j < kVectors; ++j) sum[j] = hn::Zero(d);
  for (std::int64_t i = 0; i < n; ++i, a += step) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) sum[j] = hn::Add(sum[j], hn::LoadU(d, a + j * lanes));
  }
#pragma GCC unroll 8
  for (int j = 0; j < kVectors; ++j)
    hn::StoreU(hn::Add(hn::LoadU(d, to + j * lanes), sum[j]), d, to + j * lanes);
}

template <class T>
void sum_rows(std::int64_t n, const T* a, std::int64_t step, std::int64_t rows, T* to) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t r = 0;
  // Wide, so that memory is read in order.
  for (; r + 8 * lanes <= rows; r += 8 * lanes) sum_columns<T, 8>(n, a + r, step, to + r);
  for (; r + 4 * lanes <= rows; r += 4 * lanes) sum_columns<T, 4>(n, a + r, step, to + r);
  for (; r + 2 * lanes <= rows; r += 2 * lanes) sum_columns<T, 2>(n, a + r, step, to + r);
  for (; r + lanes <= rows; r += lanes) sum_columns<T, 1>(n, a + r, step, to + r);
  if (r == rows) return;
  // The rest: the last lanes of a vector that overlaps, or numbers side by side.
  constexpr std::size_t kMost = 64 / sizeof(T);
  HWY_ALIGN T sums[kMost] = {};
  if (rows >= lanes) {
    sum_columns<T, 1>(n, a + rows - lanes, step, sums);
    for (std::int64_t j = lanes - (rows - r); r < rows; ++r, ++j) to[r] += sums[j];
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < rows - r; ++j) sums[j] += a[i * step + r + j];
  }
  for (std::int64_t j = 0; r < rows; ++r, ++j) to[r] += sums[j];
}

template <class T>
T sum_run(std::int64_t n, const T* a) {
  const Tag<T> d;
  constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(Tag<T>()));
  constexpr std::int64_t kVectors = kSumChains / kLanes > 0 ? kSumChains / kLanes : 1;
  HWY_ALIGN T chains[kSumChains];
  Vector<T> sum[kVectors];
  for (std::int64_t j = 0; j < kVectors; ++j) sum[j] = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + kSumChains <= n; i += kSumChains) {
    for (std::int64_t j = 0; j < kVectors; ++j) sum[j] = hn::Add(sum[j], hn::LoadU(d, a + i + j * kLanes));
  }
  for (std::int64_t j = 0; j < kVectors; ++j) hn::Store(sum[j], d, chains + j * kLanes);
  for (std::int64_t j = 0; i < n; ++i, ++j) chains[j] += a[i];
  for (int half = kSumChains / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; ++j) chains[j] += chains[j + half];
  }
  return chains[0];
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
  t.sum_rows = sum_rows<T>;
  t.sum_run = sum_run<T>;
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
