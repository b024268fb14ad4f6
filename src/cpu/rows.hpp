// SPDX-License-Identifier: MIT
//
// Loops over rows for steps that memory bounds, one table per instruction set and element type. Pointers and
// numbers only; nothing is checked.
#pragma once

#include "cpu/isa.hpp"

#include <cstddef>
#include <cstdint>

namespace einfold::cpu {

/// c[r * c_row + j] (+)= factor * x[r * x_row + j * x_step] * y[r * y_row + j * y_step],  r < rows, j < n.
///
/// Steps are 0 or 1; an absent operand is null and counts as 1. Neither operand overlaps C.
template <class T, class F>
struct Combine {
  std::int64_t rows, n;
  T* c;
  std::int64_t c_row;
  const T* x;
  std::int64_t x_row, x_step;
  const T* y;
  std::int64_t y_row, y_step;
  F factor;
  bool add;
};

/// Bytes of the partial sums that a long run, and a short one, is dealt out to: the same on every instruction
/// set, for the same bits.
inline constexpr std::int64_t kLongLanes = 256, kShortLanes = 64;

/// Adds  x[r * x_row + j] * y[r * y_row + j * y_step],  r < rows, j < n, to
///
///     lanes == 0:  sums[r * sums_row + j]
///     lanes > 0:   sums[r * sums_row + j mod lanes]
///
/// in ascending r, then j: each sum is one chain of fused multiply-adds (real numbers). An absent y is null and
/// counts as 1; its step is 0 or 1.
template <class T>
struct Accumulate {
  std::int64_t rows, n;
  const T* x;
  std::int64_t x_row;
  const T* y;
  std::int64_t y_row, y_step;
  T* sums;
  std::int64_t sums_row, lanes;
};

/// Products of small matrices, one per lane of kShortLanes bytes; i < rows, j < columns, p < sums:
///
///     c[c_place[i * columns + j]] = sum_p a[a_place[i * sums + p]] * b[b_place[p * columns + j]]
///
/// in one chain of fused multiply-adds from zero (real numbers). A place counts groups of lanes.
template <class T>
struct LaneProducts {
  std::int64_t rows, columns, sums;
  const T* a;
  const std::int64_t* a_place;
  const T* b;
  const std::int64_t* b_place;
  T* c;
  const std::int64_t* c_place;
};

template <class T, class F>
struct RowKernels {
  void (*combine)(const Combine<T, F>&);
  void (*accumulate)(const Accumulate<T>&);
  /// The sum of this many lanes (kLongLanes or kShortLanes bytes), in halves.
  T (*fold)(const T* lanes, std::int64_t count);
  /// to[j] += from[j],  j < n.
  void (*add)(std::int64_t n, T* to, const T* from);
  /// to[p * to_row + j] = from[j * from_row + p],  p < rows, j < n.
  void (*transpose)(std::int64_t rows, std::int64_t n, const T* from, std::int64_t from_row, T* to,
                    std::int64_t to_row);
  void (*multiply_lanes)(const LaneProducts<T>&);
};

/// The factor of a result is real for complex elements.
template <class T>
struct FactorOf {
  using type = T;
};
template <class T>
  requires requires { typename T::value_type; }
struct FactorOf<T> {
  using type = typename T::value_type;
};
template <class T>
using RowKernelsOf = RowKernels<T, typename FactorOf<T>::type>;

/// T: float, double, their complex types, uint32_t or uint64_t. `isa` must be supported.
template <class T>
[[nodiscard]] const RowKernelsOf<T>& row_kernels(Isa isa);

/// Copies bytes past the caches. `to` must be aligned to kLineBytes, `bytes` a multiple of it. Other threads see
/// them after finish_streaming().
inline constexpr std::int64_t kLineBytes = 64;
using StreamLines = void (*)(std::int64_t bytes, const std::byte* from, std::byte* to);
[[nodiscard]] StreamLines stream_lines(Isa isa);
void finish_streaming();

}  // namespace einfold::cpu
