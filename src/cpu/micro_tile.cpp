// SPDX-License-Identifier: MIT
//
// Tiles of matrix products, and stencils.
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/cascade.hpp"
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/micro_tile.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/micro_vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {

/// A panel that fits stays there from one tile to the next: requests for it would only take the ports of
/// loads.
constexpr std::int64_t kFirstCache = 32 << 10;

template <class T, int kHeight, int kVectors>
HWY_NOINLINE void tile(const Tile<T>& t) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Vector<T> sum[kHeight][kVectors];
  const T* row[kHeight];
#pragma GCC unroll 16
  for (int i = 0; i < kHeight; ++i) {
    row[i] = t.rows[i];
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::Zero(d);
  }
  const T* HWY_RESTRICT panel = t.panel;
  const std::int64_t* HWY_RESTRICT offsets = t.k_offsets;
  constexpr bool kStreams =
      kVectors * static_cast<std::int64_t>(hn::MaxLanes(d) * sizeof(T)) * kChain >= kFirstCache;
#pragma GCC unroll 4
  for (std::int64_t p = 0; p < t.k; ++p) {
    const std::int64_t offset = offsets[p];
    if constexpr (kStreams) {  // from the second cache: ask for what comes eight steps later
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) __builtin_prefetch(panel + (8 * kVectors + j) * lanes);
    }
    Vector<T> b[kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) b[j] = hn::Load(d, panel + j * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < kHeight; ++i) {
      const Vector<T> a = hn::Set(d, row[i][offset]);
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sum[i][j] = fused<T>(a, b[j], sum[i][j]);
    }
    panel += kVectors * lanes;
  }
  const Vector<T> factor = hn::Set(d, t.factor);
#pragma GCC unroll 16
  for (int i = 0; i < kHeight; ++i) {
    T* to = t.c_rows != nullptr ? t.c_rows[i] + t.c_offset : t.c + i * t.ldc;
    if (t.added != nullptr) {
      const T* from = t.added + i * t.ldc;
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::Add(hn::LoadU(d, from + j * lanes), sum[i][j]);
    }
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) hn::StoreU(hn::Mul(factor, sum[i][j]), d, to + j * lanes);
  }
}

template <class T, int kOuts, int kVectors>
HWY_INLINE void stencil_vectors(const Stencil<T>& s, std::int64_t first) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t* offsets = s.k_offsets;
  const T* weights = s.weights;
  const T* src = s.src + first;
  Vector<T> sum[kOuts][kVectors];
#pragma GCC unroll 4
  for (int i = 0; i < kOuts; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::Zero(d);
  }
  for (std::int64_t p = 0; p < s.k; ++p, weights += kOuts) {
    const T* from = src + offsets[p];
    if constexpr (kOuts < kVectors) {  // the fewer stay in registers
      Vector<T> w[kOuts];
#pragma GCC unroll 4
      for (int i = 0; i < kOuts; ++i) w[i] = hn::Set(d, weights[i]);
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        const Vector<T> x = hn::LoadU(d, from + j * lanes);
#pragma GCC unroll 4
        for (int i = 0; i < kOuts; ++i) sum[i][j] = fused<T>(w[i], x, sum[i][j]);
      }
    } else {
      Vector<T> x[kVectors];
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) x[j] = hn::LoadU(d, from + j * lanes);
#pragma GCC unroll 4
      for (int i = 0; i < kOuts; ++i) {
        const Vector<T> w = hn::Set(d, weights[i]);
#pragma GCC unroll 8
        for (int j = 0; j < kVectors; ++j) sum[i][j] = fused<T>(w, x[j], sum[i][j]);
      }
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < kOuts; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      T* to = s.out + i * s.ld + first + j * lanes;
      hn::StoreU(s.add ? hn::Add(hn::LoadU(d, to), sum[i][j]) : sum[i][j], d, to);
    }
  }
}

template <class T, int kOuts>
void stencil_rows(const Stencil<T>& s) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
  constexpr int kWide = HWY_MAX_BYTES == 64 || kOuts <= 3 ? 4 : 3;  // chains enough to hide their latency
  std::int64_t first = 0;
  for (; first + kWide * lanes <= s.n; first += kWide * lanes) stencil_vectors<T, kOuts, kWide>(s, first);
  for (; first + 2 * lanes <= s.n; first += 2 * lanes) stencil_vectors<T, kOuts, 2>(s, first);
  for (; first < s.n; first += lanes) stencil_vectors<T, kOuts, 1>(s, first);
}

template <class T>
void stencil(const Stencil<T>& s) {
  switch (s.outs) {
    case 1:
      return stencil_rows<T, 1>(s);
    case 2:
      return stencil_rows<T, 2>(s);
    case 3:
      return stencil_rows<T, 3>(s);
    default:
      return stencil_rows<T, 4>(s);
  }
}

template <class T, int kVectors, int h0, int h1, int h2, int h3>
typename MicroKernels<T>::Family family() {
  return {{h0, h1, h2, h3},
          {tile<T, h0, kVectors>, tile<T, h1, kVectors>, tile<T, h2, kVectors>, tile<T, h3, kVectors>}};
}

/// Registers only: what the processor can do at most.
template <class T>
T spin(std::int64_t n, T x) {
  const Tag<T> d;
  const auto a = hn::Set(d, x), b = hn::Set(d, x + T(1));
  Vector<T> sum[kSpinChains];
#pragma GCC unroll 12
  for (int i = 0; i < kSpinChains; ++i) sum[i] = hn::Iota(d, static_cast<T>(i));
  for (std::int64_t p = 0; p < n; ++p) {
#pragma GCC unroll 12
    for (int i = 0; i < kSpinChains; ++i) sum[i] = fused<T>(a, b, sum[i]);
  }
  for (int i = 1; i < kSpinChains; ++i) sum[0] = hn::Add(sum[0], sum[i]);
  return hn::GetLane(sum[0]);
}

/// Sums, one broadcast and a row of the panel must fit into the registers: 32, or 16 with AVX2.
template <class T>
void fill_tiles_of(MicroKernels<T>& t) {
  t.lanes = static_cast<int>(hn::Lanes(Tag<T>()));
#if HWY_TARGET == HWY_AVX3
  t.widths = 4;
  t.family[1] = family<T, 1, 12, 6, 3, 1>();
  t.family[2] = family<T, 2, 12, 6, 3, 1>();
  t.family[3] = family<T, 3, 8, 4, 2, 1>();
  t.family[4] = family<T, 4, 6, 4, 2, 1>();
#elif HWY_TARGET == HWY_AVX2
  t.widths = 3;
  t.family[1] = family<T, 1, 10, 4, 2, 1>();
  t.family[2] = family<T, 2, 6, 3, 2, 1>();
  t.family[3] = family<T, 3, 4, 3, 2, 1>();
#elif HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  t.widths = 2;
  t.family[1] = family<T, 1, 4, 3, 2, 1>();
  t.family[2] = family<T, 2, 4, 3, 2, 1>();
#else
  t.widths = 2;
  t.family[1] = family<T, 1, 12, 6, 3, 1>();
  t.family[2] = family<T, 2, 8, 4, 2, 1>();
#endif
  t.stencil = stencil<T>;
  t.spin = spin<T>;
}

void fill_tiles(MicroKernels<float>& t) { fill_tiles_of(t); }
void fill_tiles(MicroKernels<double>& t) { fill_tiles_of(t); }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

void fill_tiles(Isa isa, MicroKernels<float>& t) { EINFOLD_FOR_ISA(isa, fill_tiles(t)) }
void fill_tiles(Isa isa, MicroKernels<double>& t) { EINFOLD_FOR_ISA(isa, fill_tiles(t)) }

}  // namespace einfold::cpu
#endif
