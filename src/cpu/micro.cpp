// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#define HWY_DISABLED_TARGETS (HWY_SSE4 | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/micro.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
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
  for (std::int64_t p = 0; p < t.k; ++p) {
    const std::int64_t offset = offsets[p];
    // Panels stream from the second cache; ask for what comes eight steps later.
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) __builtin_prefetch(panel + (8 * kVectors + j) * lanes);
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
#pragma GCC unroll 16
  for (int i = 0; i < kHeight; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
      T* to = t.c + i * t.ldc + j * lanes;
      hn::Store(t.add ? hn::Add(hn::Load(d, to), sum[i][j]) : sum[i][j], d, to);
    }
  }
}

template <class T>
void pack_rows(const T* src, const std::int64_t* k_offsets, std::int64_t k, std::int64_t columns,
               std::int64_t width, T* dst) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t p = 0; p < k; ++p, dst += width) {
    const T* from = src + k_offsets[p];
    std::int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) hn::Store(hn::LoadU(d, from + j), d, dst + j);
    for (; j < columns; ++j) dst[j] = from[j];
    for (; j < width; ++j) dst[j] = T(0);
  }
}

/// Lanes per 128-bit block: shuffles stay within blocks on every target.
template <class T>
inline constexpr std::int64_t kBlock = static_cast<std::int64_t>(16 / sizeof(T));

#if HWY_TARGET != HWY_SCALAR
/// Transposes each 128-bit block across kBlock vectors.
template <class T>
HWY_INLINE void transpose_blocks(Vector<T>* v) {
  const Tag<T> d;
  if constexpr (kBlock<T> == 4) {
    const auto t0 = hn::InterleaveLower(d, v[0], v[2]), t1 = hn::InterleaveLower(d, v[1], v[3]);
    const auto t2 = hn::InterleaveUpper(d, v[0], v[2]), t3 = hn::InterleaveUpper(d, v[1], v[3]);
    v[0] = hn::InterleaveLower(d, t0, t1);
    v[1] = hn::InterleaveUpper(d, t0, t1);
    v[2] = hn::InterleaveLower(d, t2, t3);
    v[3] = hn::InterleaveUpper(d, t2, t3);
  } else {
    const auto t0 = hn::InterleaveLower(d, v[0], v[1]), t1 = hn::InterleaveUpper(d, v[0], v[1]);
    v[0] = t0;
    v[1] = t1;
  }
}

/// One vector from the 128-bit blocks at from + offsets[0], from + offsets[kBlock], ..
template <class T>
HWY_INLINE Vector<T> gather_blocks(const T* from, const std::int64_t* offsets) {
  const Tag<T> d;
  const hn::FixedTag<T, 16 / sizeof(T)> block;
  const auto at = [&](int i) { return hn::LoadU(block, from + offsets[i * kBlock<T>]); };
  if constexpr (HWY_MAX_BYTES == 64) {
    const hn::FixedTag<T, 32 / sizeof(T)> half;
    return hn::Combine(d, hn::Combine(half, at(3), at(2)), hn::Combine(half, at(1), at(0)));
  } else if constexpr (HWY_MAX_BYTES == 32) {
    return hn::Combine(d, at(1), at(0));
  } else {
    return hn::LoadU(d, from + offsets[0]);
  }
}
#endif

template <class T>
void pack_columns(const T* src, const std::int64_t* n_offsets, std::int64_t k, std::int64_t columns,
                  std::int64_t width, T* dst) {
  const Tag<T> d;
  [[maybe_unused]] const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; j + lanes <= columns; j += lanes) {
    std::int64_t p = 0;
    for (; p + kBlock<T> <= k; p += kBlock<T>) {
      Vector<T> v[kBlock<T>];
      for (std::int64_t i = 0; i < kBlock<T>; ++i) v[i] = gather_blocks<T>(src + p, n_offsets + j + i);
      transpose_blocks<T>(v);
      for (std::int64_t i = 0; i < kBlock<T>; ++i) hn::Store(v[i], d, dst + (p + i) * width + j);
    }
    for (; p < k; ++p) {
      for (std::int64_t i = j; i < j + lanes; ++i) dst[p * width + i] = src[n_offsets[i] + p];
    }
  }
#endif
  for (; j < columns; ++j) {
    const T* from = src + n_offsets[j];
    for (std::int64_t p = 0; p < k; ++p) dst[p * width + j] = from[p];
  }
  for (; j < width; ++j) {
    for (std::int64_t p = 0; p < k; ++p) dst[p * width + j] = T(0);
  }
}

template <class T>
void store_row(std::int64_t n, T* c, const T* from, T factor, bool add) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto f = hn::Set(d, factor);
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto v = hn::Mul(hn::LoadU(d, from + j), f);
    hn::StoreU(add ? hn::Add(hn::LoadU(d, c + j), v) : v, d, c + j);
  }
  for (; j < n; ++j) c[j] = add ? c[j] + from[j] * factor : from[j] * factor;
}

#if HWY_TARGET != HWY_SCALAR
/// Writes the 128-bit blocks of v to c + offsets[0], c + offsets[kBlock], ..
template <class V, class T>
HWY_INLINE void scatter_blocks(V v, T* c, const std::int64_t* offsets, bool add) {
  const hn::DFromV<V> d;
  if constexpr (hn::MaxLanes(d) * sizeof(T) <= 16) {
    T* to = c + offsets[0];
    hn::StoreU(add ? hn::Add(hn::LoadU(d, to), v) : v, d, to);
  } else {
    const hn::Half<hn::DFromV<V>> half;
    constexpr auto kHalf = static_cast<std::int64_t>(hn::MaxLanes(half));
    scatter_blocks(hn::LowerHalf(half, v), c, offsets, add);
    scatter_blocks(hn::UpperHalf(half, v), c, offsets + kHalf, add);
  }
}
#endif

template <class T>
void store_transposed(std::int64_t rows, std::int64_t n, T* c, const std::int64_t* c_offsets, const T* from,
                      std::int64_t ld, T factor, bool add) {
  const Tag<T> d;
  [[maybe_unused]] const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  [[maybe_unused]] const auto f = hn::Set(d, factor);
  std::int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; j + lanes <= n; j += lanes) {
    std::int64_t i = 0;
    for (; i + kBlock<T> <= rows; i += kBlock<T>) {
      Vector<T> v[kBlock<T>];
      for (std::int64_t r = 0; r < kBlock<T>; ++r) v[r] = hn::Mul(hn::LoadU(d, from + (i + r) * ld + j), f);
      transpose_blocks<T>(v);
      for (std::int64_t r = 0; r < kBlock<T>; ++r) scatter_blocks(v[r], c + i, c_offsets + j + r, add);
    }
    for (; i < rows; ++i) {
      for (std::int64_t x = j; x < j + lanes; ++x) {
        T& to = c[c_offsets[x] + i];
        to = add ? to + from[i * ld + x] * factor : from[i * ld + x] * factor;
      }
    }
  }
#endif
  for (; j < n; ++j) {
    T* to = c + c_offsets[j];
    for (std::int64_t i = 0; i < rows; ++i) {
      to[i] = add ? to[i] + from[i * ld + j] * factor : from[i * ld + j] * factor;
    }
  }
}

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
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
  std::int64_t r = 0;
  for (; r + 4 * lanes <= rows; r += 4 * lanes) sum_columns<T, 4>(n, a + r, step, to + r);
  for (; r + lanes <= rows; r += lanes) sum_columns<T, 1>(n, a + r, step, to + r);
  for (; r < rows; ++r) {
    T sum = T(0);
    for (std::int64_t i = 0; i < n; ++i) sum += a[i * step + r];
    to[r] += sum;
  }
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
  constexpr int kWide = HWY_MAX_BYTES == 64 || kOuts <= 2 ? 4 : 2;
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

template <class T, int kVectors, int h0, int h1, int h2, int h3>
typename MicroKernels<T>::Family family() {
  return {{h0, h1, h2, h3},
          {tile<T, h0, kVectors>, tile<T, h1, kVectors>, tile<T, h2, kVectors>, tile<T, h3, kVectors>}};
}

/// Sums, one broadcast and a row of the panel must fit into the registers: 32, or 16 with AVX2.
template <class T>
MicroKernels<T> table() {
  MicroKernels<T> t;
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
  t.pack_rows = pack_rows<T>;
  t.pack_columns = pack_columns<T>;
  t.store_row = store_row<T>;
  t.store_transposed = store_transposed<T>;
  t.add_row = add_row<T>;
  t.sum_rows = sum_rows<T>;
  t.sum_run = sum_run<T>;
  t.stencil = stencil<T>;
  t.all_finite = all_finite<T>;
  return t;
}

void fill(MicroKernels<float>& t) { t = table<float>(); }
void fill(MicroKernels<double>& t) { t = table<double>(); }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

template <class T>
const MicroKernels<T>& micro_kernels(Isa isa) {
  static const auto tables = [] {
    struct {
      MicroKernels<T> of[4];
    } t;
    // Code for an instruction set the processor lacks must not even fill its table.
    for (const Isa one : supported_isas()) {
      MicroKernels<T>& table = t.of[static_cast<int>(one)];
      switch (one) {
#if HWY_TARGETS & HWY_AVX2
        case Isa::kAvx2:
          N_AVX2::fill(table);
          break;
#endif
#if HWY_TARGETS & HWY_AVX3
        case Isa::kAvx512:
          N_AVX3::fill(table);
          break;
#endif
#if HWY_TARGETS & HWY_NEON
        case Isa::kNeon:
          N_NEON::fill(table);
          break;
#endif
        default:
          HWY_STATIC_DISPATCH(fill)(table);
      }
    }
    return t;
  }();
  return tables.of[static_cast<int>(isa)];
}
template const MicroKernels<float>& micro_kernels<float>(Isa);
template const MicroKernels<double>& micro_kernels<double>(Isa);

}  // namespace einfold::cpu
#endif
