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

}  // namespace

template <class T>
void store_block(const MicroKernels<T>& micro, const Destination<T>& to, const T* block, std::int64_t width,
                 std::int64_t rows_stored, T factor, bool add) {
  const std::int64_t column_runs = count_runs(to.column_offsets, to.columns);
  const std::int64_t row_runs = count_runs(to.row_offsets, to.rows);
  const bool along_columns = to.columns * row_runs >= to.rows * column_runs;
  for (std::int64_t first = 0; first < to.columns; first += width, block += rows_stored * width) {
    const std::int64_t n = std::min(width, to.columns - first);
    const std::int64_t* columns = to.column_offsets + first;
    if (along_columns) {
      each_run(columns, n, [&](std::int64_t from, std::int64_t end) {
        for (std::int64_t i = 0; i < to.rows; ++i) {
          micro.store_row(end - from, to.c + to.row_offsets[i] + columns[from], block + i * width + from,
                          factor, add);
        }
      });
    } else {
      each_run(to.row_offsets, to.rows, [&](std::int64_t from, std::int64_t end) {
        micro.store_transposed(end - from, n, to.c + to.row_offsets[from], columns, block + from * width,
                               width, factor, add);
      });
    }
  }
}

template void store_block<float>(const MicroKernels<float>&, const Destination<float>&, const float*,
                                 std::int64_t, std::int64_t, float, bool);
template void store_block<double>(const MicroKernels<double>&, const Destination<double>&, const double*,
                                  std::int64_t, std::int64_t, double, bool);

}  // namespace einfold::cpu
