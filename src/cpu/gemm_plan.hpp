// SPDX-License-Identifier: MIT
//
// How a matrix product is cut into blocks, and which operand plays which part.
#pragma once

#include "cpu/nest_kernel.hpp"
#include "cpu/slab.hpp"
#include "cpu/tiling.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace einfold::cpu {

/// Where tiles read X: from where it is, from panels as Y's are, from Y's own panels, or, if it is seen through windows, from a slab.
enum class Source { kInPlace, kPanels, kPanelsOfY, kSlab };

/// C[batch, row, column] += X[batch, row, sum] Y[batch, sum, column]
///
/// X is broadcast, element by element, from addresses row(m) + column(k). Y is packed into panels as wide as
/// a tile. A complex product is the real one with a summed loop p and a column loop q (innermost, both of
/// extent 2) for the real and imaginary parts:   C[m, (n q)] += X[m, (k p)] Y'[(k p), (n q)],   Y' = [[re,
/// im], [-im, re]].
struct GemmPlan {
  static constexpr std::int64_t kMostTileRows = 12;

  LoopNest nest;                                             ///< windows and base; strides count real numbers
  std::vector<Loop> loops;                                   ///< batch, then rows, then columns, then sums
  std::size_t batches = 0, rows = 0, columns = 0, sums = 0;  ///< how many loops of each
  Operand x = kA, y = kB;
  bool is_complex = false;

  Tiling batch_tiling, row_tiling, column_tiling, sum_tiling;
  Source x_source = Source::kPanels;
  std::optional<SlabShape> row_slab, column_slab;  ///< of X; of Y, where it has windows too
  std::int64_t strip = 1;                          ///< width of X's panels, in rows
  bool x_has_batch = false;  ///< X's blocks differ from one block of the batch to the next
  bool keeps_x = false;      ///< panels of X of all blocks of the sum stay in place for the next block of columns, or of the batch
  bool by_rows = false;  ///< a few rows of C are completed in the first cache, panel by panel, before they are written
  bool streams = false;  ///< they are written past the other caches; the kernel must overwrite C
  /// X at row i is Y at column i: panels are multiplied with the rows up to their last column only, and what
  /// lies below the diagonal is mirrored.
  bool symmetric = false;
  bool one_block = false;        ///< each product of the batch is one, without windows
  int vectors = 1;               ///< width of a tile, in vectors
  std::int64_t width = 1;        ///< and in elements
  std::int64_t block_width = 1;  ///< of a block of columns, a multiple of `width`
  int levels = 1;                ///< buffers of partial sums; 0: the sum is one block
  /// Blocks of (batch, columns) whose panels are packed together, before the tasks that share them. 0: each
  /// task packs its own.
  std::int64_t stage = 0;

  [[nodiscard]] std::size_t first_row() const { return batches; }
  [[nodiscard]] std::size_t first_column() const { return batches + rows; }
  [[nodiscard]] std::size_t first_sum() const { return batches + rows + columns; }
  /// Of one block of X, copied; `kept_blocks` such are held.
  [[nodiscard]] std::int64_t x_elements() const {
    if (row_slab) return row_slab->size();
    if (x_source != Source::kPanels) return 0;
    return sum_tiling.box_size() * ((row_tiling.box_size() + strip - 1) / strip * strip);
  }
  [[nodiscard]] std::int64_t kept_blocks() const { return keeps_x ? sum_tiling.count() : 1; }
  [[nodiscard]] bool has_padding() const { return row_slab && row_slab->has_padding(); }
  /// Of one block of Y.
  [[nodiscard]] std::int64_t panel_elements() const { return sum_tiling.box_size() * block_width; }
  [[nodiscard]] std::int64_t sum_elements() const {  ///< partial sums of one task
    if (levels > 0) return levels * row_tiling.box_size() * block_width;
    return std::max(row_tiling.box_size() * width, by_rows ? kMostTileRows * block_width : 0);
  }
};

/// What the instruction set allows.
struct TileLimits {
  int lanes = 1, widths = 1;
  std::size_t element_bytes = 4;
};

/// Nothing, and a reason, if the nest is no matrix product that this kernel takes. Blocks are smaller by
/// 2^shrink than they would best be; the bits of the result are the same.
[[nodiscard]] std::optional<GemmPlan> plan_gemm(const NestProblem& problem, const TileLimits& limits,
                                                const Options& options, int shrink, std::string& reason);

}  // namespace einfold::cpu
