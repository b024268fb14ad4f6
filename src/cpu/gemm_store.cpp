// SPDX-License-Identifier: MIT
#include "cpu/gemm_store.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace einfold::cpu {
namespace {

/// Number of runs of consecutive offsets.
std::int64_t count_runs(const std::int64_t* offsets, std::int64_t n) {
  std::int64_t runs = 1;
  for (std::int64_t i = 1; i < n; ++i) runs += offsets[i] != offsets[i - 1] + 1;
  return runs;
}

template <class Body>
void each_run(const std::int64_t* offsets, std::int64_t n, Body&& body) {
  for (std::int64_t from = 0; from < n;) {
    std::int64_t end = from + 1;
    while (end < n && offsets[end] == offsets[end - 1] + 1) ++end;
    body(from, end);
    from = end;
  }
}

/// Elements that are `step` apart in the block, while what lies at next[offsets[..]] is asked for.
template <bool kAdd, class T>
void store_line(T* to, const T* next, const std::int64_t* offsets, std::int64_t n, const T* from, std::int64_t step,
                T factor) {
  constexpr std::int64_t kTogether = 8;
  const auto store = [&](std::int64_t i) {
    const T value = *from * factor;
    from += step;
    T& element = to[offsets[i]];
    element = kAdd ? element + value : value;
  };
  std::int64_t i = 0;
  for (; i + kTogether <= n; i += kTogether) {
    __builtin_prefetch(next + offsets[i], 1);
#pragma GCC unroll 8
    for (std::int64_t e = 0; e < kTogether; ++e) store(i + e);
  }
  for (; i < n; ++i) store(i);
}

/// Line by line; first(l) is the block's element that is first in line l. While one line is written the next is
/// asked for: it will hardly be in the first cache.
template <class T, class First>
void store_lines(T* c, const std::int64_t* lines, std::int64_t n_lines, const std::int64_t* offsets, std::int64_t n,
                 std::int64_t step, T factor, bool add, First&& first) {
  for (std::int64_t l = 0; l < n_lines; ++l) {
    const T* next = c + lines[std::min(l + 1, n_lines - 1)];
    if (add)
      store_line<true>(c + lines[l], next, offsets, n, first(l), step, factor);
    else
      store_line<false>(c + lines[l], next, offsets, n, first(l), step, factor);
  }
}

/// No run anywhere: element by element, in the direction in which steps are shorter.
template <class T>
void store_scattered(const Destination<T>& to, const T* block, std::int64_t width, std::int64_t rows_stored,
                     T factor, bool add) {
  const auto step = [](const std::int64_t* offsets, std::int64_t n) {
    return n > 1 ? std::abs(offsets[1] - offsets[0]) : std::numeric_limits<std::int64_t>::max();
  };
  if (step(to.row_offsets, to.rows) <= step(to.column_offsets, to.columns)) {
    return store_lines(to.c, to.column_offsets, to.columns, to.row_offsets, to.rows, width, factor, add,
                       [&](std::int64_t j) { return block + j / width * width * rows_stored + j % width; });
  }
  for (std::int64_t first = 0; first < to.columns; first += width, block += rows_stored * width) {
    store_lines(to.c, to.row_offsets, to.rows, to.column_offsets + first, std::min(width, to.columns - first), 1,
                factor, add, [&](std::int64_t i) { return block + i * width; });
  }
}

}  // namespace

template <class T>
void store_block(const MicroKernels<T>& micro, const Destination<T>& to, const T* block, std::int64_t width,
                 std::int64_t rows_stored, T factor, bool add) {
  constexpr std::int64_t kShortRun = 4;
  const std::int64_t column_runs = count_runs(to.column_offsets, to.columns);
  const std::int64_t row_runs = count_runs(to.row_offsets, to.rows);
  const bool along_columns = to.columns * row_runs >= to.rows * column_runs;
  if (to.columns < kShortRun * column_runs && to.rows < kShortRun * row_runs) {
    return store_scattered(to, block, width, rows_stored, factor, add);
  }
  if (along_columns) {
    // A few rows of C at a time, all panels: long runs of writes.
    constexpr std::int64_t kRows = 4;
    for (std::int64_t i = 0; i < to.rows; i += kRows) {
      const std::int64_t rows = std::min(kRows, to.rows - i);
      const T* from_row = block + i * width;
      for (std::int64_t first = 0; first < to.columns; first += width, from_row += rows_stored * width) {
        each_run(to.column_offsets + first, std::min(width, to.columns - first),
                 [&](std::int64_t from, std::int64_t end) {
                   micro.store_rows(rows, end - from, to.c + to.column_offsets[first + from], to.row_offsets + i,
                                    from_row + from, width, factor, add);
                 });
      }
    }
    return;
  }
  for (std::int64_t first = 0; first < to.columns; first += width, block += rows_stored * width) {
    const std::int64_t n = std::min(width, to.columns - first);
    each_run(to.row_offsets, to.rows, [&](std::int64_t from, std::int64_t end) {
      micro.store_transposed(end - from, n, to.c + to.row_offsets[from], to.column_offsets + first,
                             block + from * width, width, factor, add);
    });
  }
}

template void store_block<float>(const MicroKernels<float>&, const Destination<float>&, const float*,
                                 std::int64_t, std::int64_t, float, bool);
template void store_block<double>(const MicroKernels<double>&, const Destination<double>&, const double*,
                                  std::int64_t, std::int64_t, double, bool);

}  // namespace einfold::cpu
