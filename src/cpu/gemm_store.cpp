// SPDX-License-Identifier: MIT
#include "cpu/gemm_store.hpp"

#include <algorithm>

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

/// No run anywhere: element by element, along the rows of C.
template <class T>
void store_scattered(const Destination<T>& to, const T* block, std::int64_t width, std::int64_t rows_stored,
                     T factor, bool add) {
  for (std::int64_t j = 0; j < to.columns; ++j) {
    const T* from = block + j / width * width * rows_stored + j % width;
    T* column = to.c + to.column_offsets[j];
    for (std::int64_t i = 0; i < to.rows; ++i) {
      T& element = column[to.row_offsets[i]];
      const T value = from[i * width] * factor;
      element = add ? element + value : value;
    }
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

template <class T>
void stream_row(StreamLines stream, std::int64_t n, T* c, const T* from) {
  constexpr auto line = kLineBytes / static_cast<std::int64_t>(sizeof(T));
  const auto before = static_cast<std::int64_t>(-reinterpret_cast<std::uintptr_t>(c) / sizeof(T) % line);
  const std::int64_t head = std::min(n, before), lines = (n - head) / line * line;
  std::copy_n(from, head, c);
  stream(lines * static_cast<std::int64_t>(sizeof(T)), reinterpret_cast<const std::byte*>(from + head),
         reinterpret_cast<std::byte*>(c + head));
  std::copy(from + head + lines, from + n, c + head + lines);
}

template void stream_row<float>(StreamLines, std::int64_t, float*, const float*);
template void stream_row<double>(StreamLines, std::int64_t, double*, const double*);
template void store_block<float>(const MicroKernels<float>&, const Destination<float>&, const float*,
                                 std::int64_t, std::int64_t, float, bool);
template void store_block<double>(const MicroKernels<double>&, const Destination<double>&, const double*,
                                  std::int64_t, std::int64_t, double, bool);

}  // namespace einfold::cpu
