// SPDX-License-Identifier: MIT
#include "cpu/pack.hpp"

#include <algorithm>

namespace einfold::cpu {
namespace {

/// Offsets that are equally far apart.
struct Run {
  std::int64_t end, step;
};

/// The longest that starts at `from`.
Run run_from(const std::int64_t* offsets, std::int64_t from, std::int64_t n) {
  std::int64_t end = from + 1;
  const std::int64_t step = end < n ? offsets[end] - offsets[from] : 1;
  while (end < n && offsets[end] == offsets[end - 1] + step) ++end;
  return {end, step};
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

/// Runs that vectors can load: others count as so many single elements.
std::int64_t count_runs(const std::int64_t* offsets, std::int64_t n) {
  std::int64_t runs = 0;
  for (std::int64_t at = 0; at < n;) {
    const auto [end, step] = run_from(offsets, at, n);
    runs += step == 1 || step == 2 ? 1 : end - at;
    at = end;
  }
  return runs;
}

/// A few rows at a time for all panels: long runs of reads, and few pages at once.
template <class T>
void pack_column_runs(const MicroKernels<T>& micro, const OffsetBlock<T>& b, std::int64_t width, T* panels) {
  constexpr std::int64_t kRows = 8;
  for (std::int64_t p = 0; p < b.k; p += kRows) {
    const std::int64_t rows = std::min(kRows, b.k - p);
    T* panel = panels + p * width;
    for (std::int64_t first = 0; first < b.n; first += width, panel += b.k * width) {
      const std::int64_t last = std::min(first + width, b.n);
      for (std::int64_t from = first; from < last;) {
        const auto [end, step] = run_from(b.n_offsets, from, last);
        micro.pack_run(b.source + b.n_offsets[from], b.k_offsets + p, rows, end - from, step, width,
                       panel + (from - first));
        from = end;
      }
      if (last - first == width) continue;
      for (std::int64_t i = 0; i < rows; ++i) std::fill(panel + i * width + (last - first), panel + (i + 1) * width, T(0));
    }
  }
}

/// Columns in groups of `length`: within a group elements lie `step` apart, and each group begins where the one before it does, one
/// element on.
struct Groups {
  std::int64_t length, step, count;
};

/// Nothing (count 0) if the columns are not like this.
Groups groups_of(const std::int64_t* offsets, std::int64_t n) {
  const auto [length, step] = run_from(offsets, 0, n);
  if (length < 2 || length == n || n % length != 0) return {};
  for (std::int64_t j = length; j < n; ++j)
    if (offsets[j] != offsets[j - length] + 1) return {};
  return {length, step, n / length};
}

/// Row by row, each transposed on its way: a cache line is read once and whole, not once per group.
template <class T>
void pack_groups(const MicroKernels<T>& micro, const OffsetBlock<T>& b, const Groups& groups, std::int64_t width, T* panels) {
  constexpr std::int64_t kAtOnce = 4096 / static_cast<std::int64_t>(sizeof(T));
  T row[kAtOnce];
  const std::int64_t together = std::min(groups.count, kAtOnce / groups.length);
  for (std::int64_t p = 0; p < b.k; ++p) {
    for (std::int64_t g = 0; g < groups.count; g += together) {
      const std::int64_t rows = std::min(together, groups.count - g), first = g * groups.length, last = first + rows * groups.length;
      micro.transpose(rows, groups.length, b.source + b.k_offsets[p] + b.n_offsets[first], groups.step, row, groups.length);
      for (std::int64_t j = first; j < last;) {
        const std::int64_t end = std::min(last, (j / width + 1) * width);
        std::copy(row + (j - first), row + (end - first), panels + j / width * b.k * width + p * width + j % width);
        j = end;
      }
    }
    if (const std::int64_t rest = b.n % width; rest != 0) std::fill_n(panels + b.n / width * b.k * width + p * width + rest, width - rest, T(0));
  }
}

/// Fewer columns, or groups, are no lines.
constexpr std::int64_t kFewestGroups = 4;

}  // namespace

template <class T>
void pack_panels(const MicroKernels<T>& micro, const OffsetBlock<T>& block, std::int64_t width, bool pairs,
                 T* panels) {
  if (!pairs && block.n >= kFewestGroups) {
    const Groups groups = groups_of(block.n_offsets, block.n);
    if (groups.count >= kFewestGroups && groups.step > 2 && groups.length <= 1024 / static_cast<std::int64_t>(sizeof(T)))
      return pack_groups(micro, block, groups, width, panels);
  }
  const std::int64_t k_runs = count_runs(block.k_offsets, block.k);
  const bool along_columns = block.n * k_runs >= block.k * count_runs(block.n_offsets, block.n);
  if (!pairs && along_columns) return pack_column_runs(micro, block, width, panels);
  for (std::int64_t first = 0; first < block.n; first += width, panels += block.k * width) {
    const std::int64_t columns = std::min(width, block.n - first);
    if (pairs) {
      pack_pairs(block, first, columns, width, panels);
      continue;
    }
    for (std::int64_t p = 0; p < block.k;) {
      const auto [end, step] = run_from(block.k_offsets, p, block.k);
      micro.pack_columns(block.source + block.k_offsets[p], block.n_offsets + first, end - p, columns, step,
                         width, block.next, panels + p * width);
      p = end;
    }
  }
}

template void pack_panels<float>(const MicroKernels<float>&, const OffsetBlock<float>&, std::int64_t, bool,
                                 float*);
template void pack_panels<double>(const MicroKernels<double>&, const OffsetBlock<double>&, std::int64_t, bool,
                                  double*);

}  // namespace einfold::cpu
