// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/depthwise_micro.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/depthwise_micro.hpp"
#include "cpu/micro_vector-inl.hpp"
#include "hwy/cache_control.h"

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
/// Keeps a vector in a register: compilers would rather read it from memory again for every use, and keep
/// what is cheaper to read again.
template <class V>
HWY_INLINE void hold([[maybe_unused]] V& vector) {
#if HWY_ARCH_X86 && HWY_COMPILER_GCC && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
  asm("" : "+v"(vector.raw));
#endif
}

/// The same pointer, though the compiler cannot know: what it read there it reads again.
template <class T>
HWY_INLINE const T* forget(const T* pointer) {
#if HWY_COMPILER_GCC
  asm volatile("" : "+r"(pointer));
#endif
  return pointer;
}

/// kRows rows of kVectors vectors at `column`. Every row of the slab is read once for all rows of the tile.
template <class T, int kRows, int kVectors, int kTaps, int kStride>
HWY_NOINLINE void row_tile(const RowTile<T>& t, std::int64_t column) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Vector<T> sum[kRows][kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::Zero(d);
  }
  const T* HWY_RESTRICT weights = t.weights;
  const std::int64_t row = t.row;
  for (std::int64_t c = 0; c < t.count; ++c, weights += kTaps) {
    const T* HWY_RESTRICT src = t.src + t.offsets[c] + column;
#pragma GCC unroll 24
    for (int q = 0; q < kStride * (kRows - 1) + kTaps; ++q, src += row) {
      Vector<T> x[kVectors];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        x[j] = hn::LoadU(d, src + j * lanes);
        hold(x[j]);
      }
      const T* w_row = forget(weights);
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        if (q < kStride * i || q - kStride * i >= kTaps) continue;
        const Vector<T> w = hn::Set(d, w_row[q - kStride * i]);
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) sum[i][j] = fused<T>(w, x[j], sum[i][j]);
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
    if (i >= t.height) return;
    T* to = t.out + i * t.ld + column;
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) hn::StoreU(sum[i][j], d, to + j * lanes);
  }
}

/// All columns in tiles of at most kVectors vectors, from the right to the left.
template <class T, int kRows, int kVectors, int kTaps, int kStride>
void rows(const RowTile<T>& t) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
  std::int64_t vectors = (t.n + lanes - 1) / lanes;
  while (vectors > 0) {
    // Equal parts: no tile is much narrower than the others.
    const std::int64_t parts = (vectors + kVectors - 1) / kVectors, width = vectors / parts;
    vectors -= width;
    const std::int64_t column = vectors * lanes;
    if constexpr (kVectors >= 4) {
      if (width == 4) row_tile<T, kRows, 4, kTaps, kStride>(t, column);
    }
    if constexpr (kVectors >= 3) {
      if (width == 3) row_tile<T, kRows, 3, kTaps, kStride>(t, column);
    }
    if constexpr (kVectors >= 2) {
      if (width == 2) row_tile<T, kRows, 2, kTaps, kStride>(t, column);
    }
    if (width == 1) row_tile<T, kRows, 1, kTaps, kStride>(t, column);
  }
}

/// Sums, a row of the slab and a weight must fit into the registers: 32, or 16 with AVX2.
#if HWY_TARGET == HWY_AVX2
constexpr int kHeights[] = {4, 6}, kWidths[] = {2, 2};
#elif HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
constexpr int kHeights[] = {2, 4}, kWidths[] = {2, 1};
#else
constexpr int kHeights[] = {4, 6}, kWidths[] = {4, 4};
#endif

template <class T, int kRows, int kVectors>
auto rows_of_height(std::int64_t row_taps, std::int64_t row_stride) -> void (*)(const RowTile<T>&) {
  if (row_stride == 2) return row_taps == 3 ? rows<T, kRows, kVectors, 3, 2> : nullptr;
  if (row_stride != 1) return nullptr;
  switch (row_taps) {
    case 1:
      return rows<T, kRows, kVectors, 1, 1>;
    case 2:
      return rows<T, kRows, kVectors, 2, 1>;
    case 3:
      return rows<T, kRows, kVectors, 3, 1>;
    case 4:
      return rows<T, kRows, kVectors, 4, 1>;
    case 5:
      return rows<T, kRows, kVectors, 5, 1>;
    case 6:
      return rows<T, kRows, kVectors, 6, 1>;
    case 7:
      return rows<T, kRows, kVectors, 7, 1>;
    default:
      return nullptr;
  }
}

template <class T>
auto rows_of(int height, std::int64_t row_taps, std::int64_t row_stride) -> void (*)(const RowTile<T>&) {
  return height == kHeights[0] ? rows_of_height<T, kHeights[0], kWidths[0]>(row_taps, row_stride)
                               : rows_of_height<T, kHeights[1], kWidths[1]>(row_taps, row_stride);
}

/// One vector of images.
template <class T, int kRows, int kTaps, int kStride>
HWY_INLINE void lane_tile(const LaneTile<T>& t, const T* HWY_RESTRICT from, const T* HWY_RESTRICT weights,
                          T* to) {
  const Tag<T> d;
  Vector<T> sum[kRows];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) sum[i] = hn::Zero(d);
  const std::int64_t row = t.row * kImagesTogether<T>;
  for (std::int64_t c = 0; c < t.count; ++c, weights += kTaps * kImagesTogether<T>) {
    const T* src = from + t.offsets[c] * kImagesTogether<T>;
    Vector<T> w[kTaps];
#pragma GCC unroll 8
    for (int k = 0; k < kTaps; ++k) w[k] = hn::Load(d, weights + k * kImagesTogether<T>);
#pragma GCC unroll 24
    for (int q = 0; q < kStride * (kRows - 1) + kTaps; ++q, src += row) {
      Vector<T> x = hn::Load(d, src);
      hold(x);
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        if (q < kStride * i || q - kStride * i >= kTaps) continue;
        sum[i] = fused<T>(w[q - kStride * i], x, sum[i]);
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) hn::Store(sum[i], d, to + i * kImagesTogether<T>);
}

template <class T, int kRows, int kTaps, int kStride>
void lane_rows(const LaneTile<T>& t) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
  for (std::int64_t j = 0; j < t.n; ++j) {
    for (std::int64_t l = 0; l < kImagesTogether<T>; l += lanes) {
      lane_tile<T, kRows, kTaps, kStride>(t, t.src + j * kImagesTogether<T> + l, t.weights + l,
                                          t.out + j * t.ld * kImagesTogether<T> + l);
    }
  }
}

constexpr int kLaneHeights[] = {6, 8};

template <class T, int kRows>
auto lane_rows_of_height(std::int64_t row_taps, std::int64_t row_stride) -> void (*)(const LaneTile<T>&) {
  if (row_stride == 2) return row_taps == 3 ? lane_rows<T, kRows, 3, 2> : nullptr;
  if (row_stride != 1) return nullptr;
  switch (row_taps) {
    case 1:
      return lane_rows<T, kRows, 1, 1>;
    case 2:
      return lane_rows<T, kRows, 2, 1>;
    case 3:
      return lane_rows<T, kRows, 3, 1>;
    case 4:
      return lane_rows<T, kRows, 4, 1>;
    case 5:
      return lane_rows<T, kRows, 5, 1>;
    case 6:
      return lane_rows<T, kRows, 6, 1>;
    case 7:
      return lane_rows<T, kRows, 7, 1>;
    default:
      return nullptr;
  }
}

template <class T>
auto lane_rows_of(int height, std::int64_t row_taps, std::int64_t row_stride)
    -> void (*)(const LaneTile<T>&) {
  return height == kLaneHeights[0] ? lane_rows_of_height<T, kLaneHeights[0]>(row_taps, row_stride)
                                   : lane_rows_of_height<T, kLaneHeights[1]>(row_taps, row_stride);
}

template <class T>
void load_lanes(const Lanes& s, const T* from, T* to) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  if (s.lane_step == 1 && s.live == kImagesTogether<T>) {
    for (std::int64_t j = 0; j < s.count; ++j, from += s.step) {
      for (std::int64_t l = 0; l < kImagesTogether<T>; l += lanes, to += lanes)
        hn::Store(hn::LoadU(d, from + l), d, to);
    }
    return;
  }
  for (std::int64_t l = 0; l < s.live; ++l, from += s.lane_step) {
    for (std::int64_t j = 0; j < s.count; ++j) to[j * kImagesTogether<T> + l] = from[j * s.step];
  }
}

template <class T>
void store_lanes(const Lanes& s, const T* from, T* to, T factor, bool add) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  if (s.lane_step == 1 && s.live == kImagesTogether<T>) {
    const auto f = hn::Set(d, factor);
    for (std::int64_t j = 0; j < s.count; ++j, to += s.step) {
      for (std::int64_t l = 0; l < kImagesTogether<T>; l += lanes, from += lanes) {
        const auto v = hn::Mul(hn::Load(d, from), f);
        hn::StoreU(add ? hn::Add(hn::LoadU(d, to + l), v) : v, d, to + l);
      }
    }
    return;
  }
  for (std::int64_t l = 0; l < s.live; ++l, to += s.lane_step) {
    for (std::int64_t j = 0; j < s.count; ++j) {
      const T value = from[j * kImagesTogether<T> + l] * factor;
      to[j * s.step] = add ? to[j * s.step] + value : value;
    }
  }
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
constexpr int kTileRowTaps = 4;
#else
constexpr int kTileRowTaps = 7;
#endif
constexpr int kTileColumnTaps = 3;

/// Vectors of one sum that a tile keeps at once: a small tile keeps two, to hide the latency of its
/// additions.
template <class T>
constexpr int together(int sums) {
  return sums <= 6 && hn::MaxLanes(Tag<T>()) < kLaneChains ? 2 : 1;
}

/// One tile of taps, in as many passes as it takes for all chains.
template <class T, int kRowTaps, int kColumnTaps>
HWY_NOINLINE void correlation_tile(const Correlation<T>& c) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  constexpr int kParts = together<T>(kRowTaps * kColumnTaps);
  const std::int64_t x_tap = c.x_tap, y_tap = c.y_tap;
  for (std::int64_t chain = 0; chain < kLaneChains && chain < c.width; chain += kParts * lanes) {
    Vector<T> sum[kRowTaps][kColumnTaps][kParts];
    T* sums = c.sums + chain;
#pragma GCC unroll 8
    for (int i = 0; i < kRowTaps; ++i) {
#pragma GCC unroll 4
      for (int j = 0; j < kColumnTaps; ++j) {
#pragma GCC unroll 2
        for (int h = 0; h < kParts; ++h)
          sum[i][j][h] = hn::Load(d, sums + i * c.sums_row + j * kLaneChains + h * lanes);
      }
    }
    for (std::int64_t r = 0; r < c.rows; ++r) {
      const T* x_row = c.x + r * c.x_row + chain;
      const T* y_row = c.y + r * c.y_row + chain;
      for (std::int64_t v = chain; v < c.width;
           v += kLaneChains, x_row += kLaneChains, y_row += kLaneChains) {
#pragma GCC unroll 2
        for (int h = 0; h < kParts; ++h) {
          Vector<T> x[kColumnTaps];
#pragma GCC unroll 4
          for (int j = 0; j < kColumnTaps; ++j) {
            x[j] = hn::LoadU(d, x_row + j * x_tap + h * lanes);
            hold(x[j]);
          }
#pragma GCC unroll 8
          for (int i = 0; i < kRowTaps; ++i) {
            Vector<T> y = hn::LoadU(d, y_row - i * y_tap + h * lanes);
            hold(y);
#pragma GCC unroll 4
            for (int j = 0; j < kColumnTaps; ++j) sum[i][j][h] = fused<T>(x[j], y, sum[i][j][h]);
          }
        }
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kRowTaps; ++i) {
#pragma GCC unroll 4
      for (int j = 0; j < kColumnTaps; ++j) {
#pragma GCC unroll 2
        for (int h = 0; h < kParts; ++h)
          hn::Store(sum[i][j][h], d, sums + i * c.sums_row + j * kLaneChains + h * lanes);
      }
    }
  }
}

template <class T, int kColumnTaps>
void correlation_rows(const Correlation<T>& c) {
  if constexpr (kTileRowTaps > 4) {
    if (c.row_taps == 5) return correlation_tile<T, 5, kColumnTaps>(c);
    if (c.row_taps == 6) return correlation_tile<T, 6, kColumnTaps>(c);
    if (c.row_taps == 7) return correlation_tile<T, 7, kColumnTaps>(c);
  }
  switch (c.row_taps) {
    case 1:
      return correlation_tile<T, 1, kColumnTaps>(c);
    case 2:
      return correlation_tile<T, 2, kColumnTaps>(c);
    case 3:
      return correlation_tile<T, 3, kColumnTaps>(c);
    default:
      return correlation_tile<T, 4, kColumnTaps>(c);
  }
}

template <class T>
void correlate(const Correlation<T>& c) {
  switch (c.column_taps) {
    case 1:
      return correlation_rows<T, 1>(c);
    case 2:
      return correlation_rows<T, 2>(c);
    default:
      return correlation_rows<T, 3>(c);
  }
}

template <class T>
void copy(std::int64_t n, const T* from, std::int64_t step, T* to) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t j = 0;
  if (step == 1) {
    for (; j + lanes <= n; j += lanes) hn::StoreU(hn::LoadU(d, from + j), d, to + j);
  }
#if HWY_TARGET != HWY_SCALAR
  if (step == 2) {
    // The last vector's odd elements might not exist.
    for (; j + lanes < n; j += lanes) {
      Vector<T> even, odd;
      hn::LoadInterleaved2(d, from + 2 * j, even, odd);
      hn::StoreU(even, d, to + j);
    }
  }
#endif
  for (; j < n; ++j) to[j] = from[j * step];
}

template <class T>
void stream(std::int64_t n, T* c, const T* from, T factor) {
  const Tag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto f = hn::Set(d, factor);
  for (std::int64_t j = 0; j < n; j += lanes) hn::Stream(hn::Mul(hn::LoadU(d, from + j), f), d, c + j);
}

void finish_streams() { hwy::FlushStream(); }

template <class T>
DepthwiseKernels<T> table() {
  DepthwiseKernels<T> t;
  t.lanes = static_cast<int>(hn::Lanes(Tag<T>()));
  for (int i : {0, 1}) {
    t.heights[i] = kHeights[i];
    t.widths[i] = kWidths[i];
    t.lane_heights[i] = kLaneHeights[i];
  }
  t.rows_of = rows_of<T>;
  t.lane_rows_of = lane_rows_of<T>;
  t.load_lanes = load_lanes<T>;
  t.store_lanes = store_lanes<T>;
  t.correlate = correlate<T>;
  t.row_taps = kTileRowTaps;
  t.column_taps = kTileColumnTaps;
  t.copy = copy<T>;
  t.stream = stream<T>;
  t.finish_streams = finish_streams;
  return t;
}

void fill(DepthwiseKernels<float>& t) { t = table<float>(); }
void fill(DepthwiseKernels<double>& t) { t = table<double>(); }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

template <class T>
const DepthwiseKernels<T>& depthwise_kernels(Isa isa) {
  return table_of<DepthwiseKernels<T>>(isa, [](Isa one, DepthwiseKernels<T>& table) { EINFOLD_FOR_ISA(one, fill(table)) });
}
template const DepthwiseKernels<float>& depthwise_kernels<float>(Isa);
template const DepthwiseKernels<double>& depthwise_kernels<double>(Isa);

}  // namespace einfold::cpu
#endif
