// SPDX-License-Identifier: MIT
#include "cpu/pack.hpp"

#include <algorithm>

namespace einfold::cpu {
namespace {

/// End of the run of consecutive offsets that starts at `from`.
std::int64_t run_end(const std::int64_t* offsets, std::int64_t from, std::int64_t n) {
  std::int64_t end = from + 1;
  while (end < n && offsets[end] == offsets[end - 1] + 1) ++end;
  return end;
}

template <class T>
void pack_pairs(const OffsetBlock<T>& b, std::int64_t first, std::int64_t columns, std::int64_t width,
                T* panel) {
  for (std::int64_t p = 0; p < b.k; p += 2, panel += 2 * width) {
    T *real = panel, *imaginary = panel + width;
    std::fill_n(panel, 2 * width, T(0));
    for (std::int64_t j = 0; j < columns; j += 2) {
      const T* y = b.source + b.k_offsets[p] + b.n_offsets[first + j];
      real[j] = y[0];
      real[j + 1] = y[1];
      imaginary[j] = -y[1];
      imaginary[j + 1] = y[0];
    }
  }
}

/// All panels at once where the columns are one run: long runs of reads.
template <class T>
void pack_run(const MicroKernels<T>& micro, const OffsetBlock<T>& b, std::int64_t width, T* panels) {
  for (std::int64_t p = 0; p < b.k; ++p) {
    T* to = panels + p * width;
    for (std::int64_t first = 0; first < b.n; first += width, to += b.k * width) {
      micro.pack_rows(b.source + b.n_offsets[first], b.k_offsets + p, 1, std::min(width, b.n - first), width,
                      to);
    }
  }
}

}  // namespace

template <class T>
void pack_panels(const MicroKernels<T>& micro, const OffsetBlock<T>& block, std::int64_t width, bool pairs,
                 T* panels) {
  if (!pairs && run_end(block.n_offsets, 0, block.n) == block.n) return pack_run(micro, block, width, panels);
  for (std::int64_t first = 0; first < block.n; first += width, panels += block.k * width) {
    const std::int64_t columns = std::min(width, block.n - first);
    if (pairs) {
      pack_pairs(block, first, columns, width, panels);
      continue;
    }
    for (std::int64_t p = 0; p < block.k;) {
      const std::int64_t end = run_end(block.k_offsets, p, block.k);
      micro.pack_columns(block.source + block.k_offsets[p], block.n_offsets + first, end - p, columns, width,
                         panels + p * width);
      p = end;
    }
  }
}

template void pack_panels<float>(const MicroKernels<float>&, const OffsetBlock<float>&, std::int64_t, bool,
                                 float*);
template void pack_panels<double>(const MicroKernels<double>&, const OffsetBlock<double>&, std::int64_t, bool,
                                  double*);

}  // namespace einfold::cpu
