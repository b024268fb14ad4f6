// SPDX-License-Identifier: MIT
//
// Hot loops of depth-wise convolutions, whose vectors run along the last position of an image. Pointers and
// numbers only; nothing is checked.
#pragma once

#include "cpu/isa.hpp"

#include <cstdint>

namespace einfold::cpu {

inline constexpr int kMostTileRows = 8;          ///< highest tile of any instruction set
inline constexpr std::int64_t kMostRowTaps = 7;  ///< for which RowTile has code
inline constexpr std::int64_t kLaneChains = 16;  ///< chains of one sum, the same on every instruction set

/// Rows i < height of results, n columns each, from planes of a slab:
///
///     out[i ld + j] = sum over c < count, k < row_taps of
///                     weights[c row_taps + k] src[offsets[c] + (row_stride i + k) row + j]
///
/// Each is one chain of fused multiply-adds in ascending (c, k), started from zero. j runs to n rounded up to
/// whole vectors, i to the height of the tile that is taken: so far src must exist. Rows are written in
/// ascending order, whole vectors from the right to the left, so what is written beyond column n of row i may
/// lie in row i + 1 if ld is n.
template <class T>
struct RowTile {
  const T* src;
  const std::int64_t* offsets;
  std::int64_t count;
  const T* weights;
  std::int64_t row, row_taps, row_stride;
  T* out;
  std::int64_t ld, n;
  int height;
};

/// Images that LaneTile does at once: a cache line of them, on every instruction set.
template <class T>
inline constexpr std::int64_t kImagesTogether = static_cast<std::int64_t>(64 / sizeof(T));

/// The same for kImagesTogether images, whose elements are neighbours; every address counts such groups:
///
///     out[j ld + i] = sum over c < count, k < row_taps of
///                     weights[c row_taps + k] src[offsets[c] + (row_stride i + k) row + j]
///
/// for i < the height of the tile and j < n.
template <class T>
struct LaneTile {
  const T* src;
  const std::int64_t* offsets;
  std::int64_t count;
  const T* weights;
  std::int64_t row;
  T* out;
  std::int64_t ld, n;
};

/// `count` elements of each of kImagesTogether images: element j of image l is at j step + l lane_step.
struct Lanes {
  std::int64_t count, step, lane_step, live;  ///< images at `live` and beyond do not exist
};

/// Sums over rows and columns of products of two images, one shifted against the other:
///
///     sums[i sums_row + j kLaneChains + l] += sum_{r < rows} sum_{v < width, v mod kLaneChains = l}
///                                             y[r y_row - i y_tap + v] x[r x_row + j x_tap + v]
///
/// for i < row_taps, j < column_taps: each is one chain of fused multiply-adds in ascending (r, v) that
/// begins with what is in `sums`. Both images must exist up to a width that is a multiple of kLaneChains,
/// where one of them must be zero and the other finite.
template <class T>
struct Correlation {
  const T* x;
  std::int64_t x_row, x_tap;
  const T* y;
  std::int64_t y_row, y_tap;
  std::int64_t rows, width;
  std::int64_t row_taps, column_taps;
  T* sums;
  std::int64_t sums_row;
};

template <class T>
struct DepthwiseKernels {
  int lanes = 0;
  /// Heights of tiles, two, ascending, and the most vectors that a tile of each has.
  int heights[2] = {};
  int widths[2] = {};
  /// The code for one of these heights; null if there is none for these taps and this stride.
  void (*(*rows_of)(int height, std::int64_t row_taps, std::int64_t row_stride))(const RowTile<T>& t);
  /// The most taps of a correlation.
  std::int64_t row_taps = 0, column_taps = 0;
  void (*correlate)(const Correlation<T>& c);
  int lane_heights[2] = {};
  void (*(*lane_rows_of)(int height, std::int64_t row_taps, std::int64_t row_stride))(const LaneTile<T>& t);
  void (*load_lanes)(const Lanes& lanes, const T* from, T* to);
  /// to (+)= factor * from
  void (*store_lanes)(const Lanes& lanes, const T* from, T* to, T factor, bool add);
  /// to[i] = from[i step], i < n.
  void (*copy)(std::int64_t n, const T* from, std::int64_t step, T* to);
  /// c[j] = factor * from[j], j < n, past the caches: whole cache lines.
  void (*stream)(std::int64_t n, T* c, const T* from, T factor);
  /// Makes what this thread has streamed visible to others.
  void (*finish_streams)();
};

/// T: float or double. `isa` must be supported.
template <class T>
[[nodiscard]] const DepthwiseKernels<T>& depthwise_kernels(Isa isa);

}  // namespace einfold::cpu
