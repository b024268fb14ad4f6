// SPDX-License-Identifier: MIT
//
// Sums of rows, one table per instruction set and element type. Pointers and numbers only; nothing is checked.
#pragma once

#include "cpu/isa.hpp"

#include <cstdint>

namespace einfold::cpu {

/// to[j] = factor * sum_{m < count} from[members[m] * row + j],  j < n: one chain each.
template <class T>
struct SumOfMembers {
  const int* members;
  std::int64_t count;
  const T* from;
  std::int64_t row, n;
  T* to;
  T factor;
};

template <class T>
struct RowSums {
  /// to[j] += from[i * row + j],  i < rows, j < n: one chain each, in ascending i.
  void (*add)(std::int64_t rows, const T* from, std::int64_t row, std::int64_t n, T* to);
  void (*add_members)(const SumOfMembers<T>& sum);
};

/// T: float, double, uint32_t or uint64_t. `isa` must be supported.
template <class T>
[[nodiscard]] const RowSums<T>& row_sums(Isa isa);

}  // namespace einfold::cpu
