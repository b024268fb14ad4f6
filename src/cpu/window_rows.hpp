// SPDX-License-Identifier: MIT
//
// Copying rows that a window cuts short, with zeros around: what unfolding small images consists of. Pointers and numbers only; nothing
// is checked.
#pragma once

#include "cpu/isa.hpp"

#include <cstdint>

namespace einfold::cpu {

/// to[r * to_row + j] = from[(r - first_row) * from_row + j - first]  where  first_row <= r < last_row and first <= j < last,
/// zero elsewhere;  r < rows, j < n <= to_row.
template <class T>
struct WindowRows {
  std::int64_t rows, n;
  T* to;
  std::int64_t to_row;
  const T* from;
  std::int64_t from_row;
  std::int64_t first_row, last_row, first, last;
};

template <class T>
using CopyWindow = void (*)(const WindowRows<T>&);

/// T: float or double. `isa` must be supported.
template <class T>
[[nodiscard]] CopyWindow<T> copy_window(Isa isa);

}  // namespace einfold::cpu
