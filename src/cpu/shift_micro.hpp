// SPDX-License-Identifier: MIT
//
// The hot loops of shift-invariant Grams, one table per instruction set and element type. Pointers and
// numbers only; nothing is checked.
//
// Slabs are made of panels: for each position kPanel numbers, one cache line, aligned. In a product of
// matrices a panel's numbers are channels; in many small products they are the products, or parts of a sum.
#pragma once

#include "cpu/isa.hpp"

#include <cstdint>

namespace einfold::cpu {

template <class T>
inline constexpr std::int64_t kPanel = static_cast<std::int64_t>(64 / sizeof(T));

/// The summed points: `runs` runs of `length` points each; point p of run r is at a[r] + p step in A's slab
/// and at b[r] + p step in B's.
struct ShiftRuns {
  const std::int64_t *a = nullptr, *b = nullptr;
  std::int64_t runs = 0, length = 0, step = 0;
};

/// sum[i * ld + j] += sum over points of  A[i] B[j],   i < rows, j < panels * kPanel.
///
/// Channel i of A is number i % kPanel of panel i / kPanel. Each sum is one chain of fused multiply-adds from
/// zero in the order of the points, then added.
template <class T>
struct ShiftTiles {
  const T *a, *b;
  std::int64_t a_panel, b_panel;  ///< elements between panels
  ShiftRuns points;
  std::int64_t rows, panels;
  T* sum;
  std::int64_t ld;
};

/// sums[i * count + j][lane] += sum over points of  A[lane] B[lane, at b[i] + b_first + j spacing],  i <
/// rows, j < count.
template <class T>
struct ShiftLanes {
  const T* a;
  const T* const* b;
  std::int64_t b_first;
  ShiftRuns points;
  std::int64_t rows, count, spacing;
  T* const* sums;
};

template <class T>
struct ShiftKernels {
  void (*tiles)(const ShiftTiles<T>&) = nullptr;
  void (*lanes)(const ShiftLanes<T>&) = nullptr;
};

/// T: float or double. `isa` must be supported.
template <class T>
[[nodiscard]] const ShiftKernels<T>& shift_kernels(Isa isa);

}  // namespace einfold::cpu
