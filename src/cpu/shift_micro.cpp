// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/shift_micro.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/micro_vector-inl.hpp"
#include "cpu/shift_micro.hpp"

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
namespace shift {

template <class T>
inline constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag<T>()));
template <class T>
inline constexpr int kVectors = static_cast<int>(kPanel<T>) / kLanes<T>;  ///< per panel

/// Sums, one broadcast and a row of B must fit into the registers: 32, or 16 with AVX2.
#if HWY_TARGET == HWY_AVX3
inline constexpr int kWidth = 2;  ///< of a tile, in panels
template <class T>
inline constexpr int kHeight = 8;
#elif HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
inline constexpr int kWidth = 1;
template <class T>
inline constexpr int kHeight = 2;
#else
inline constexpr int kWidth = 1;
template <class T>
inline constexpr int kHeight = kPanel<T> == 16 ? 6 : 4;
#endif

template <class T, int kRows, int kPanels>
HWY_NOINLINE void tile(const ShiftTiles<T>& t, const T* a, const T* b, T* to) {
  const Tag<T> d;
  constexpr int kAcross = kPanels * kVectors<T>;
  Vector<T> sum[kRows][kAcross];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < kAcross; ++j) sum[i][j] = hn::Zero(d);
  }
  const std::int64_t step = t.points.step, length = t.points.length;
  for (std::int64_t r = 0; r < t.points.runs; ++r) {
    const T* HWY_RESTRICT row = a + t.points.a[r];
    const T* HWY_RESTRICT column = b + t.points.b[r];
    for (std::int64_t p = 0; p < length; ++p, row += step, column += step) {
      Vector<T> y[kAcross];
#pragma GCC unroll 16
      for (int j = 0; j < kAcross; ++j) {
        y[j] = hn::LoadU(d, column + j / kVectors<T> * t.b_panel + j % kVectors<T> * kLanes<T>);
      }
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vector<T> x = hn::Set(d, row[i]);
#pragma GCC unroll 16
        for (int j = 0; j < kAcross; ++j) sum[i][j] = fused<T>(x, y[j], sum[i][j]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < kAcross; ++j) {
      T* at = to + i * t.ld + j * kLanes<T>;
      hn::StoreU(hn::Add(hn::LoadU(d, at), sum[i][j]), d, at);
    }
  }
}

template <class T, int kPanels>
void tiles_of_panels(const ShiftTiles<T>& t, std::int64_t panel) {
  const T* b = t.b + panel * t.b_panel;
  T* to = t.sum + panel * kPanel<T>;
  for (std::int64_t first = 0; first < t.rows; first += kPanel<T>) {
    const T* a = t.a + first / kPanel<T> * t.a_panel;
    const std::int64_t rows = std::min(kPanel<T>, t.rows - first);
    std::int64_t i = 0;
    const auto next = [&] { return to + (first + i) * t.ld; };
    for (; i + kHeight<T> <= rows; i += kHeight<T>) tile<T, kHeight<T>, kPanels>(t, a + i, b, next());
    for (; i + 4 <= rows && kHeight < T >> 4; i += 4) tile<T, 4, kPanels>(t, a + i, b, next());
    for (; i + 2 <= rows && kHeight < T >> 2; i += 2) tile<T, 2, kPanels>(t, a + i, b, next());
    for (; i < rows; ++i) tile<T, 1, kPanels>(t, a + i, b, next());
  }
}

template <class T>
void tiles(const ShiftTiles<T>& t) {
  std::int64_t panel = 0;
  for (; panel + kWidth <= t.panels; panel += kWidth) tiles_of_panels<T, kWidth>(t, panel);
  if constexpr (kWidth > 1) {
    for (; panel < t.panels; ++panel) tiles_of_panels<T, 1>(t, panel);
  }
}

/// kCount displacements from number `first` on, for kRows rows from number `row` on. kNext: the displacements
/// are neighbouring positions.
template <class T, int kRows, int kCount, bool kNext>
HWY_NOINLINE void lanes_block(const ShiftLanes<T>& t, std::int64_t row, std::int64_t first) {
  const Tag<T> d;
  const std::int64_t spacing = kNext ? kPanel<T> : t.spacing, step = t.points.step;
  for (std::int64_t v = 0; v < kPanel<T>; v += kLanes<T>) {
    Vector<T> sum[kRows][kCount];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < kCount; ++j) sum[i][j] = hn::Zero(d);
    }
    for (std::int64_t r = 0; r < t.points.runs; ++r) {
      const T* HWY_RESTRICT a = t.a + t.points.a[r] + v;
      const T* b[kRows];
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) b[i] = t.b[row + i] + t.b_first + t.points.b[r] + first * spacing + v;
      for (std::int64_t p = 0; p < t.points.length; ++p) {
        const Vector<T> x = hn::Load(d, a);
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
          for (int j = 0; j < kCount; ++j)
            sum[i][j] = fused<T>(x, hn::Load(d, b[i] + j * spacing), sum[i][j]);
          b[i] += step;
        }
        a += step;
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < kCount; ++j) {
        T* to = t.sums[(row + i) * t.count + first + j] + v;
        hn::Store(hn::Add(hn::Load(d, to), sum[i][j]), d, to);
      }
    }
  }
}

template <class T>
void lanes_row(const ShiftLanes<T>& t, std::int64_t row) {
  if (t.spacing != kPanel<T>) {
    std::int64_t j = 0;
    for (; j + 4 <= t.count; j += 4) lanes_block<T, 1, 4, false>(t, row, j);
    for (; j < t.count; ++j) lanes_block<T, 1, 1, false>(t, row, j);
    return;
  }
  // In blocks of nearly equal size; 13 = 2 * 7 - 1 fits into the registers at once.
  constexpr std::int64_t kMost = 7;
  if (t.count == 13) return lanes_block<T, 1, 13, true>(t, row, 0);
  std::int64_t blocks = (t.count + kMost - 1) / kMost;
  for (std::int64_t j = 0; j < t.count; --blocks) {
    const std::int64_t n = (t.count - j + blocks - 1) / blocks;
    switch (n) {
      case 1:
        lanes_block<T, 1, 1, true>(t, row, j);
        break;
      case 2:
        lanes_block<T, 1, 2, true>(t, row, j);
        break;
      case 3:
        lanes_block<T, 1, 3, true>(t, row, j);
        break;
      case 4:
        lanes_block<T, 1, 4, true>(t, row, j);
        break;
      case 5:
        lanes_block<T, 1, 5, true>(t, row, j);
        break;
      case 6:
        lanes_block<T, 1, 6, true>(t, row, j);
        break;
      default:
        lanes_block<T, 1, 7, true>(t, row, j);
        break;
    }
    j += n;
  }
}

/// Two rows at once where one would keep too few sums going.
template <class T>
void lanes(const ShiftLanes<T>& t) {
  std::int64_t row = 0;
  if (t.spacing == kPanel<T> && t.count <= 6) {
    for (; row + 2 <= t.rows; row += 2) {
      switch (t.count) {
        case 1:
          lanes_block<T, 2, 1, true>(t, row, 0);
          break;
        case 2:
          lanes_block<T, 2, 2, true>(t, row, 0);
          break;
        case 3:
          lanes_block<T, 2, 3, true>(t, row, 0);
          break;
        case 4:
          lanes_block<T, 2, 4, true>(t, row, 0);
          break;
        case 5:
          lanes_block<T, 2, 5, true>(t, row, 0);
          break;
        default:
          lanes_block<T, 2, 6, true>(t, row, 0);
          break;
      }
    }
  }
  for (; row < t.rows; ++row) lanes_row(t, row);
}

void fill_shifts(ShiftKernels<float>& t) { t = {tiles<float>, lanes<float>}; }
void fill_shifts(ShiftKernels<double>& t) { t = {tiles<double>, lanes<double>}; }

}  // namespace shift
}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

template <class T>
const ShiftKernels<T>& shift_kernels(Isa isa) {
  return table_of<ShiftKernels<T>>(isa, [](Isa one, ShiftKernels<T>& table) { EINFOLD_FOR_ISA(one, shift::fill_shifts(table)) });
}
template const ShiftKernels<float>& shift_kernels<float>(Isa);
template const ShiftKernels<double>& shift_kernels<double>(Isa);

}  // namespace einfold::cpu
#endif
