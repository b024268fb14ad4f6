// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/rows.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/element.hpp"
#include "cpu/micro_vector-inl.hpp"
#include "cpu/rows.hpp"
#include "hwy/cache_control.h"

#include <algorithm>
#include <cmath>
#include <complex>

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
namespace {

// Real numbers are computed in vectors; loops over the other types are left to the compiler.
template <class T>
inline constexpr bool kInVectors = std::is_floating_point_v<T>;

template <class T>
HWY_INLINE T multiply_add(T a, T b, T c) {
  if constexpr (kInVectors<T>) return std::fma(a, b, c);
  else return c + multiply(a, b);
}

enum class Step { kAbsent, kConstant, kUnit };

// ---- combine ----------------------------------------------------------------------------------------------

/// c[j] (+)= value(j). A last vector that overlaps the one before needs no loop over single elements.
template <bool kAdd, class T, class InVector, class InScalar>
HWY_INLINE void put_row(std::int64_t n, T* HWY_RESTRICT c, InVector&& vector, InScalar&& scalar) {
  std::int64_t j = 0;
  if constexpr (kInVectors<T>) {
    const auto one = [&](auto d, std::int64_t at) HWY_ATTR {
      if constexpr (kAdd) hn::StoreU(hn::Add(hn::LoadU(d, c + at), vector(d, at)), d, c + at);
      else hn::StoreU(vector(d, at), d, c + at);
    };
    const hn::ScalableTag<T> d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    for (; j + 4 * lanes <= n; j += 4 * lanes) {
      one(d, j);
      one(d, j + lanes);
      one(d, j + 2 * lanes);
      one(d, j + 3 * lanes);
    }
    for (; j + lanes <= n; j += lanes) one(d, j);
    if (!kAdd && j < n && n >= lanes) {
      one(d, n - lanes);
      return;
    }
#if HWY_TARGET != HWY_SCALAR
    const hn::FixedTag<T, 16 / sizeof(T)> block;
    constexpr auto size = static_cast<std::int64_t>(16 / sizeof(T));
    for (; j + size <= n; j += size) one(block, j);
    if (!kAdd && j < n && n >= size) {
      one(block, n - size);
      return;
    }
#endif
  }
  for (; j < n; ++j) {
    if constexpr (kAdd) c[j] += scalar(j);
    else c[j] = scalar(j);
  }
}

template <bool kAdd, bool kScale, Step kY, class T, class F>
void combine_rows(const Combine<T, F>& k) {
  for (std::int64_t r = 0; r < k.rows; ++r) {
    const T* HWY_RESTRICT x = k.x + r * k.x_row;
    const T* HWY_RESTRICT y = kY == Step::kAbsent ? x : k.y + r * k.y_row;
    const F factor = k.factor;
    const auto scalar = [&](std::int64_t j) {
      T value = x[j];
      if constexpr (kY == Step::kConstant) value = multiply(value, *y);
      if constexpr (kY == Step::kUnit) value = multiply(value, y[j]);
      if constexpr (kScale) value = static_cast<T>(value * factor);
      return value;
    };
    const auto vector = [&](auto d, std::int64_t j) HWY_ATTR {
      auto value = hn::LoadU(d, x + j);
      if constexpr (kY == Step::kConstant) value = hn::Mul(value, hn::Set(d, *y));
      if constexpr (kY == Step::kUnit) value = hn::Mul(value, hn::LoadU(d, y + j));
      if constexpr (kScale) value = hn::Mul(value, hn::Set(d, factor));
      return value;
    };
    put_row<kAdd>(k.n, k.c + r * k.c_row, vector, scalar);
  }
}

template <bool kAdd, class T, class F>
void fill_rows(const Combine<T, F>& k) {
  for (std::int64_t r = 0; r < k.rows; ++r) {
    T value = k.x ? k.x[r * k.x_row] : T(1);
    if (k.y) value = multiply(value, k.y[r * k.y_row]);
    value = static_cast<T>(value * k.factor);
    put_row<kAdd>(
        k.n, k.c + r * k.c_row, [&](auto d, std::int64_t) HWY_ATTR { return hn::Set(d, value); },
        [&](std::int64_t) { return value; });
  }
}

template <bool kAdd, class T, class F>
void combine_into(Combine<T, F> k) {
  const auto is_unit = [](const T* at, std::int64_t step) { return at != nullptr && step != 0; };
  if (!is_unit(k.x, k.x_step)) {
    std::swap(k.x, k.y);
    std::swap(k.x_row, k.y_row);
    std::swap(k.x_step, k.y_step);
  }
  if (!is_unit(k.x, k.x_step)) return fill_rows<kAdd>(k);
  const bool scale = k.factor != F(1);
  if (k.y == nullptr) {
    return scale ? combine_rows<kAdd, true, Step::kAbsent>(k) : combine_rows<kAdd, false, Step::kAbsent>(k);
  }
  if (k.y_step == 0) {
    return scale ? combine_rows<kAdd, true, Step::kConstant>(k) : combine_rows<kAdd, false, Step::kConstant>(k);
  }
  return scale ? combine_rows<kAdd, true, Step::kUnit>(k) : combine_rows<kAdd, false, Step::kUnit>(k);
}

template <class T, class F>
void combine(const Combine<T, F>& k) {
  k.add ? combine_into<true>(k) : combine_into<false>(k);
}

// ---- accumulate -------------------------------------------------------------------------------------------

/// sums[j] += sum_{r < kRows} x[r][j] y[r][j], one chain each.
template <int kRows, Step kY, class T>
HWY_INLINE void add_columns(const Accumulate<T>& k, std::int64_t r, T* HWY_RESTRICT sums) {
  const T* x[kRows];
  const T* y[kRows];
  for (int i = 0; i < kRows; ++i) {
    x[i] = k.x + (r + i) * k.x_row;
    y[i] = kY == Step::kAbsent ? nullptr : k.y + (r + i) * k.y_row;
  }
  std::int64_t j = 0;
  if constexpr (kInVectors<T>) {
    const hn::ScalableTag<T> d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    hn::Vec<hn::ScalableTag<T>> constant[kRows];
    for (int i = 0; i < kRows; ++i) constant[i] = hn::Set(d, kY == Step::kConstant ? *y[i] : T(1));
    for (; j + 2 * lanes <= k.n; j += 2 * lanes) {
      auto s0 = hn::LoadU(d, sums + j), s1 = hn::LoadU(d, sums + j + lanes);
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        const auto x0 = hn::LoadU(d, x[i] + j), x1 = hn::LoadU(d, x[i] + j + lanes);
        if constexpr (kY == Step::kAbsent) {
          s0 = hn::Add(s0, x0);
          s1 = hn::Add(s1, x1);
        } else if constexpr (kY == Step::kConstant) {
          s0 = fused<T>(x0, constant[i], s0);
          s1 = fused<T>(x1, constant[i], s1);
        } else {
          s0 = fused<T>(x0, hn::LoadU(d, y[i] + j), s0);
          s1 = fused<T>(x1, hn::LoadU(d, y[i] + j + lanes), s1);
        }
      }
      hn::StoreU(s0, d, sums + j);
      hn::StoreU(s1, d, sums + j + lanes);
    }
  }
  for (; j < k.n; ++j) {
    T s = sums[j];
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      if constexpr (kY == Step::kAbsent) s += x[i][j];
      else s = multiply_add(x[i][j], y[i][kY == Step::kConstant ? 0 : j], s);
    }
    sums[j] = s;
  }
}

template <Step kY, class T>
void accumulate_columns(const Accumulate<T>& k) {
  std::int64_t r = 0;
  if (k.sums_row == 0) {
    for (; r + 8 <= k.rows; r += 8) add_columns<8, kY>(k, r, k.sums);
    for (; r + 4 <= k.rows; r += 4) add_columns<4, kY>(k, r, k.sums);
  }
  for (; r < k.rows; ++r) add_columns<1, kY>(k, r, k.sums + r * k.sums_row);
}

/// Deals runs out to `bytes` of lanes.
template <std::int64_t kBytes, Step kY, class T>
void accumulate_runs(const Accumulate<T>& k) {
  constexpr auto kLanes = kBytes / static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t r = 0; r < k.rows; ++r) {
    const T* HWY_RESTRICT x = k.x + r * k.x_row;
    const T* HWY_RESTRICT y = kY == Step::kAbsent ? x : k.y + r * k.y_row;
    T* HWY_RESTRICT sums = k.sums + r * k.sums_row;
    const auto term = [&](std::int64_t lane, std::int64_t j) HWY_ATTR {
      if constexpr (kY == Step::kAbsent) sums[lane] += x[j];
      else sums[lane] = multiply_add(x[j], y[kY == Step::kConstant ? 0 : j], sums[lane]);
    };
    std::int64_t j = 0;
    if constexpr (kInVectors<T>) {
      const hn::ScalableTag<T> d;
      constexpr auto width = static_cast<std::int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
      constexpr std::int64_t kVectors = kLanes / width;
      const auto constant = hn::Set(d, kY == Step::kConstant ? *y : T(1));
      const auto add = [&](hn::Vec<hn::ScalableTag<T>>& sum, std::int64_t at) HWY_ATTR {
        const auto v = hn::LoadU(d, x + at);
        if constexpr (kY == Step::kAbsent) sum = hn::Add(sum, v);
        else if constexpr (kY == Step::kConstant) sum = fused<T>(v, constant, sum);
        else sum = fused<T>(v, hn::LoadU(d, y + at), sum);
      };
      hn::Vec<hn::ScalableTag<T>> sum[kVectors];
#pragma GCC unroll 16
      for (std::int64_t v = 0; v < kVectors; ++v) sum[v] = hn::LoadU(d, sums + v * width);
      for (; j + kLanes <= k.n; j += kLanes) {
#pragma GCC unroll 16
        for (std::int64_t v = 0; v < kVectors; ++v) add(sum[v], j + v * width);
      }
      const std::int64_t done = j;
#pragma GCC unroll 16
      for (std::int64_t v = 0; v < kVectors; ++v) {
        if (j + width <= k.n) {
          add(sum[v], j);
          j += width;
        }
        hn::StoreU(sum[v], d, sums + v * width);
      }
      for (std::int64_t lane = j - done; j < k.n; ++j, ++lane) term(lane, j);
    } else {
      for (; j + kLanes <= k.n; j += kLanes) {
        for (std::int64_t lane = 0; lane < kLanes; ++lane) term(lane, j + lane);
      }
      for (std::int64_t lane = 0; j < k.n; ++j, ++lane) term(lane, j);
    }
  }
}

/// The same for rows that have the same sums, which stay in registers.
template <std::int64_t kBytes, Step kY, class T>
void accumulate_runs_together(const Accumulate<T>& k) {
  constexpr auto kLanes = kBytes / static_cast<std::int64_t>(sizeof(T));
  if constexpr (kInVectors<T>) {
    const hn::ScalableTag<T> d;
    using V = hn::Vec<hn::ScalableTag<T>>;
    constexpr auto width = static_cast<std::int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
    constexpr std::int64_t kVectors = kLanes / width;
    const std::int64_t whole = k.n / kLanes * kLanes;
    const auto add_row = [&](std::int64_t r, V* HWY_RESTRICT sum) HWY_ATTR {
      const T* HWY_RESTRICT x = k.x + r * k.x_row;
      const T* HWY_RESTRICT y = kY == Step::kAbsent ? x : k.y + r * k.y_row;
      const auto constant = hn::Set(d, kY == Step::kConstant ? *y : T(1));
      const auto added = [&](V v, V of_y, V to) HWY_ATTR {
        if constexpr (kY == Step::kAbsent) return hn::Add(to, v);
        else return fused<T>(v, kY == Step::kConstant ? constant : of_y, to);
      };
      const auto add = [&](V& to, std::int64_t at) HWY_ATTR {
        to = added(hn::LoadU(d, x + at), kY == Step::kUnit ? hn::LoadU(d, y + at) : constant, to);
      };
      for (std::int64_t j = 0; j < whole; j += kLanes) {
#pragma GCC unroll 16
        for (std::int64_t v = 0; v < kVectors; ++v) add(sum[v], j + v * width);
      }
#pragma GCC unroll 16
      for (std::int64_t v = 0; v < kVectors; ++v) {
        const std::int64_t at = whole + v * width, left = k.n - at;
        if (left >= width) {
          add(sum[v], at);
        } else if (left > 0) {  // the other lanes keep even the sign of a zero
          const auto first = hn::FirstN(d, static_cast<std::size_t>(left));
          const V of_y = kY == Step::kUnit ? hn::MaskedLoad(first, d, y + at) : constant;
          sum[v] = hn::IfThenElse(first, added(hn::MaskedLoad(first, d, x + at), of_y, sum[v]), sum[v]);
        }
      }
    };
    V sum[kVectors];
#pragma GCC unroll 16
    for (std::int64_t v = 0; v < kVectors; ++v) sum[v] = hn::LoadU(d, k.sums + v * width);
    for (std::int64_t r = 0; r < k.rows; ++r) add_row(r, sum);
#pragma GCC unroll 16
    for (std::int64_t v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, k.sums + v * width);
  }
}

template <Step kY, class T>
void accumulate_as(const Accumulate<T>& k) {
  if (k.lanes == 0) return accumulate_columns<kY>(k);
  const bool is_long = k.lanes == kLongLanes / static_cast<std::int64_t>(sizeof(T));
  if (kInVectors<T> && k.sums_row == 0 && k.rows > 1) {
    return is_long ? accumulate_runs_together<kLongLanes, kY>(k) : accumulate_runs_together<kShortLanes, kY>(k);
  }
  is_long ? accumulate_runs<kLongLanes, kY>(k) : accumulate_runs<kShortLanes, kY>(k);
}

template <class T>
void accumulate(const Accumulate<T>& k) {
  if (k.y == nullptr) return accumulate_as<Step::kAbsent>(k);
  k.y_step == 0 ? accumulate_as<Step::kConstant>(k) : accumulate_as<Step::kUnit>(k);
}

template <std::int64_t kBytes, class T>
T fold_lanes(const T* lanes) {
  constexpr std::int64_t kCount = kBytes / static_cast<std::int64_t>(sizeof(T));
  HWY_ALIGN T sum[kCount];
  for (std::int64_t i = 0; i < kCount / 2; ++i) sum[i] = lanes[i] + lanes[i + kCount / 2];
#pragma GCC unroll 8
  for (std::int64_t half = kCount / 4; half > 0; half /= 2) {
    for (std::int64_t i = 0; i < half; ++i) sum[i] += sum[i + half];
  }
  return sum[0];
}

template <class T>
T fold(const T* lanes, std::int64_t count) {
  return count == kLongLanes / static_cast<std::int64_t>(sizeof(T)) ? fold_lanes<kLongLanes>(lanes)
                                                                    : fold_lanes<kShortLanes>(lanes);
}

template <class T>
void add(std::int64_t n, T* HWY_RESTRICT to, const T* HWY_RESTRICT from) {
  for (std::int64_t j = 0; j < n; ++j) to[j] += from[j];
}

// ---- transpose --------------------------------------------------------------------------------------------

#if HWY_TARGET != HWY_SCALAR
/// Lanes per 128-bit block: shuffles stay within blocks on every target.
template <class T>
inline constexpr std::int64_t kBlock = static_cast<std::int64_t>(16 / sizeof(T));

/// Columns j .. j + lanes - 1 of rows p .. p + kBlock - 1: transposes each 128-bit block across kBlock vectors.
template <class T>
HWY_INLINE void transpose_tile(const T* from, std::int64_t from_row, T* to, std::int64_t to_row) {
  const hn::ScalableTag<T> d;
  const hn::FixedTag<T, 16 / sizeof(T)> block;
  hn::Vec<hn::ScalableTag<T>> v[kBlock<T>];
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < kBlock<T>; ++i) {
    const auto at = [&](std::int64_t b) HWY_ATTR { return hn::LoadU(block, from + (b * kBlock<T> + i) * from_row); };
    if constexpr (HWY_MAX_BYTES == 64) {
      const hn::FixedTag<T, 32 / sizeof(T)> half;
      v[i] = hn::Combine(d, hn::Combine(half, at(3), at(2)), hn::Combine(half, at(1), at(0)));
    } else if constexpr (HWY_MAX_BYTES == 32) {
      v[i] = hn::Combine(d, at(1), at(0));
    } else {
      v[i] = hn::LoadU(d, from + i * from_row);
    }
  }
  if constexpr (kBlock<T> == 4) {
    const auto t0 = hn::InterleaveLower(d, v[0], v[2]), t1 = hn::InterleaveLower(d, v[1], v[3]);
    const auto t2 = hn::InterleaveUpper(d, v[0], v[2]), t3 = hn::InterleaveUpper(d, v[1], v[3]);
    hn::StoreU(hn::InterleaveLower(d, t0, t1), d, to);
    hn::StoreU(hn::InterleaveUpper(d, t0, t1), d, to + to_row);
    hn::StoreU(hn::InterleaveLower(d, t2, t3), d, to + 2 * to_row);
    hn::StoreU(hn::InterleaveUpper(d, t2, t3), d, to + 3 * to_row);
  } else {
    hn::StoreU(hn::InterleaveLower(d, v[0], v[1]), d, to);
    hn::StoreU(hn::InterleaveUpper(d, v[0], v[1]), d, to + to_row);
  }
}
#endif

template <class T>
void transpose(std::int64_t rows, std::int64_t n, const T* HWY_RESTRICT from, std::int64_t from_row,
               T* HWY_RESTRICT to, std::int64_t to_row) {
  std::int64_t tiled = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (kInVectors<T>) {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
    for (; tiled + lanes <= n; tiled += lanes) {
      const T* source = from + tiled * from_row;
      T* target = to + tiled;
      std::int64_t p = 0;
      for (; p + kBlock<T> <= rows; p += kBlock<T>) transpose_tile(source + p, from_row, target + p * to_row, to_row);
      for (; p < rows; ++p) {
        for (std::int64_t j = 0; j < lanes; ++j) target[p * to_row + j] = source[j * from_row + p];
      }
    }
  }
#endif
  for (std::int64_t p = 0; p < rows; ++p) {
    for (std::int64_t j = tiled; j < n; ++j) to[p * to_row + j] = from[j * from_row + p];
  }
}

// ---- small products ---------------------------------------------------------------------------------------

/// Columns j .. j + kColumns - 1 of row i.
template <int kColumns, class T>
HWY_INLINE void multiply_row_of_lanes(const LaneProducts<T>& k, std::int64_t i, std::int64_t j) {
  constexpr auto kLanes = kShortLanes / static_cast<std::int64_t>(sizeof(T));
  const std::int64_t* a_place = k.a_place + i * k.sums;
  const std::int64_t* c_place = k.c_place + i * k.columns + j;
  if constexpr (kInVectors<T>) {
    const hn::ScalableTag<T> d;
    constexpr auto width = static_cast<std::int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
    constexpr std::int64_t kVectors = kLanes / width;
    hn::Vec<hn::ScalableTag<T>> sum[kColumns][kVectors];
    for (int x = 0; x < kColumns; ++x) {
      for (std::int64_t v = 0; v < kVectors; ++v) sum[x][v] = hn::Zero(d);
    }
    for (std::int64_t p = 0; p < k.sums; ++p) {
      const T* a = k.a + a_place[p] * kLanes;
      const std::int64_t* b_place = k.b_place + p * k.columns + j;
#pragma GCC unroll 4
      for (int x = 0; x < kColumns; ++x) {
        const T* b = k.b + b_place[x] * kLanes;
#pragma GCC unroll 4
        for (std::int64_t v = 0; v < kVectors; ++v) {
          sum[x][v] = fused<T>(hn::LoadU(d, a + v * width), hn::LoadU(d, b + v * width), sum[x][v]);
        }
      }
    }
    for (int x = 0; x < kColumns; ++x) {
      for (std::int64_t v = 0; v < kVectors; ++v) hn::StoreU(sum[x][v], d, k.c + c_place[x] * kLanes + v * width);
    }
  } else {
    for (int x = 0; x < kColumns; ++x) {
      T sum[kLanes] = {};
      for (std::int64_t p = 0; p < k.sums; ++p) {
        const T* a = k.a + a_place[p] * kLanes;
        const T* b = k.b + k.b_place[p * k.columns + j + x] * kLanes;
        for (std::int64_t v = 0; v < kLanes; ++v) sum[v] += multiply(a[v], b[v]);
      }
      std::copy_n(sum, kLanes, k.c + c_place[x] * kLanes);
    }
  }
}

template <class T>
void multiply_lanes(const LaneProducts<T>& k) {
  for (std::int64_t i = 0; i < k.rows; ++i) {
    std::int64_t j = 0;
    for (; j + 4 <= k.columns; j += 4) multiply_row_of_lanes<4>(k, i, j);
    for (; j < k.columns; ++j) multiply_row_of_lanes<1>(k, i, j);
  }
}

void stream(std::int64_t bytes, const std::byte* from, std::byte* to) {
  const hn::ScalableTag<float> d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const auto* source = reinterpret_cast<const float*>(from);
  auto* target = reinterpret_cast<float*>(to);
  const std::int64_t n = bytes / 4;
  for (std::int64_t j = 0; j < n; j += width) hn::Stream(hn::LoadU(d, source + j), d, target + j);
}

template <class T>
RowKernelsOf<T> rows() {
  using F = typename FactorOf<T>::type;
  return {combine<T, F>, accumulate<T>, fold<T>, add<T>, transpose<T>, multiply_lanes<T>};
}
}  // namespace

void fill(RowKernelsOf<float>& k) { k = rows<float>(); }
void fill(RowKernelsOf<double>& k) { k = rows<double>(); }
void fill(RowKernelsOf<std::uint32_t>& k) { k = rows<std::uint32_t>(); }
void fill(RowKernelsOf<std::uint64_t>& k) { k = rows<std::uint64_t>(); }
void fill(StreamLines& k) { k = stream; }
#if HWY_TARGET == HWY_STATIC_TARGET
void fill(RowKernelsOf<std::complex<float>>& k) { k = rows<std::complex<float>>(); }
void fill(RowKernelsOf<std::complex<double>>& k) { k = rows<std::complex<double>>(); }
#endif

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

template <class T>
const RowKernelsOf<T>& row_kernels([[maybe_unused]] Isa isa) {
  if constexpr (is_complex_v<T>) {
    // One table for all: compilers (GCC 12) fuse the multiplications of complex products where they can, whatever they
    // are told, and bits would depend on the instruction set.
    static const auto table = [] {
      RowKernelsOf<T> t;
      HWY_STATIC_DISPATCH(fill)(t);
      return t;
    }();
    return table;
  } else {
    return table_of<RowKernelsOf<T>>(isa, [](Isa one, RowKernelsOf<T>& table) { EINFOLD_FOR_ISA(one, fill(table)) });
  }
}
template const RowKernelsOf<float>& row_kernels<float>(Isa);
template const RowKernelsOf<double>& row_kernels<double>(Isa);
template const RowKernelsOf<std::complex<float>>& row_kernels<std::complex<float>>(Isa);
template const RowKernelsOf<std::complex<double>>& row_kernels<std::complex<double>>(Isa);
template const RowKernelsOf<std::uint32_t>& row_kernels<std::uint32_t>(Isa);
template const RowKernelsOf<std::uint64_t>& row_kernels<std::uint64_t>(Isa);

StreamLines stream_lines(Isa isa) {
  return table_of<StreamLines>(isa, [](Isa one, StreamLines& table) { EINFOLD_FOR_ISA(one, fill(table)) });
}
void finish_streaming() { hwy::FlushStream(); }

}  // namespace einfold::cpu
#endif
