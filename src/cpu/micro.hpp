// SPDX-License-Identifier: MIT
//
// The table of hot loops, one per instruction set and element type. Pointers and numbers only; nothing is
// checked.
#pragma once

#include "cpu/isa.hpp"

#include <cstdint>

namespace einfold::cpu {

inline constexpr int kMaxVectors = 4;  ///< widest tile, in vectors
inline constexpr int kRowChoices = 4;  ///< tile heights per width
inline constexpr int kSpinChains = 12;

/// One tile of a product:   c[i][j] = factor * (added[i][j] + sum_{p < k} rows[i][k_offsets[p]] * panel[p][j])
///
/// i < height, j < width = vectors * lanes; panel is packed, k x width, aligned. Row i of c is at c + i * ldc, or at c_rows[i] + c_offset
/// where c_rows is given; row i of `added`, where that is given, at added + i * ldc. Each element is one chain of fused multiply-adds in
/// ascending p, started from zero, whatever the tile.
template <class T>
struct Tile {
  const T* const* rows;
  const std::int64_t* k_offsets;
  std::int64_t k;
  const T* panel;
  T* c;
  std::int64_t ldc;
  const T* added = nullptr;
  T* const* c_rows = nullptr;
  std::int64_t c_offset = 0;
  T factor = 1;
};

inline constexpr std::int64_t kMaxOuts = 4;

/// Arguments of MicroKernels::stencil.
template <class T>
struct Stencil {
  std::int64_t k;
  const std::int64_t* k_offsets;
  const T* weights;
  std::int64_t outs;
  const T* src;
  std::int64_t n;
  T* out;
  std::int64_t ld;
  bool add;
};

/// Rows of zeros, elements and zeros:   dst[r * dst_row + before + i] = src[r * src_row + i * src_step],  i <
/// n
///
/// `before` zeros come first, `after` last. What lies src_next further is likely to be copied next.
template <class T>
struct PaddedRows {
  std::int64_t rows, before, n, after;
  const T* src;
  std::int64_t src_row, src_step, src_next;
  T* dst;
  std::int64_t dst_row;
};

template <class T>
struct MicroKernels {
  int lanes = 0;
  int widths = 0;  ///< tiles of 1 .. widths vectors exist

  /// Tiles of v vectors: descending heights, the last is 1.
  struct Family {
    int height[kRowChoices] = {};
    void (*tile[kRowChoices])(const Tile<T>&) = {};
  };
  Family family[kMaxVectors + 1];

  /// dst[p * width + j] = src[k_offsets[p] + j * step],  j < columns. With step 2 what lies between the first and the last element of a run
  /// may be read, here and below.
  void (*pack_run)(const T* src, const std::int64_t* k_offsets, std::int64_t k, std::int64_t columns,
                   std::int64_t step, std::int64_t width, T* dst);
  /// dst[p * width + j] = src[n_offsets[j] + p * step],  j < width; columns at `columns` and beyond are zero. With step 1, what lies
  /// `next` further, unless that is 0, is asked for: it is likely to be packed next. (With step 2 it was slower.)
  void (*pack_columns)(const T* src, const std::int64_t* n_offsets, std::int64_t k, std::int64_t columns,
                       std::int64_t step, std::int64_t width, std::int64_t next, T* dst);
  /// to[p * to_row + j] = from[j * from_row + p],  p < rows, j < n.
  void (*transpose)(std::int64_t rows, std::int64_t n, const T* from, std::int64_t from_row, T* to, std::int64_t to_row);
  void (*copy_padded)(const PaddedRows<T>& rows);
  /// c[j] (+)= factor * from[j],  j < n.
  void (*store_row)(std::int64_t n, T* c, const T* from, T factor, bool add);
  /// c[c_offsets[i] + j] (+)= factor * from[i * ld + j],  i < rows, j < n.
  void (*store_rows)(std::int64_t rows, std::int64_t n, T* c, const std::int64_t* c_offsets, const T* from,
                     std::int64_t ld, T factor, bool add);
  /// c[c_offsets[j] + i] (+)= factor * from[i * ld + j],  i < rows, j < n.
  void (*store_transposed)(std::int64_t rows, std::int64_t n, T* c, const std::int64_t* c_offsets,
                           const T* from, std::int64_t ld, T factor, bool add);
  /// to[j * step + r] = from[r][j],  r < step,  for all of the first n elements; 2 <= step <= 4. Bits are moved as they are.
  void (*interleave)(std::int64_t n, std::int64_t step, const T* const* from, T* to);
  /// to[j] += from[j].
  void (*add_row)(std::int64_t n, T* to, const T* from);
  /// out[i * ld + j] (+)= sum_{p < k} weights[p * outs + i] src[k_offsets[p] + j],  i < outs <= kMaxOuts: one
  /// chain of fused multiply-adds each, in ascending p. j runs to n rounded up to whole vectors: so far, src
  /// must exist and out is written.
  void (*stencil)(const Stencil<T>& s);
  /// kSpinChains independent chains of n fused multiply-adds on whole vectors, in registers: the peak.
  T (*spin)(std::int64_t n, T x);
  /// Whether no element is an infinity or not a number.
  bool (*all_finite)(std::int64_t n, const T* from);
};

/// T: float or double. `isa` must be supported.
template <class T>
[[nodiscard]] const MicroKernels<T>& micro_kernels(Isa isa);

}  // namespace einfold::cpu
