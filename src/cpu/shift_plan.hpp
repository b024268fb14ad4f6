// SPDX-License-Identifier: MIT
//
// How a shift-invariant Gram is cut into blocks, slabs and tasks.
#pragma once

#include "cpu/arena.hpp"
#include "cpu/run.hpp"
#include "cpu/shift_cells.hpp"
#include "cpu/tiling.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace einfold::cpu {

/// Where a block's positions of one operand lie in a slab: numbers of a panel, then positions, last dimension
/// fastest, then the values of the summed loops; panels outermost. Strides count elements.
struct SlabLayout {
  struct Axis {
    Range needed;          ///< positions that anything is read at
    std::int64_t low = 0;  ///< first position of the slab, less `follow` times the block's first u
    std::int64_t follow = 0;
    std::int64_t count = 1, pitch = 1;
  };
  std::vector<Axis> axes;
  std::int64_t per_sum = 1, panel = 1;
};

/// In lanes: summed points for which the same displacements have a piece, and where the sums go.
struct LaneBox {
  std::vector<std::int64_t> a_first;  ///< positions of u = 0
  std::vector<Range> u;
  /// `cells.size()` displacements with positions D apart in the last dimension.
  struct Row {
    std::vector<std::int64_t> b_first;
    std::vector<std::int64_t> cells;
  };
  std::vector<Row> rows;
};

/// Combinations [first, last) are summed together, by one task or after another.
struct Part {
  std::size_t first = 0, last = 0;
  std::int64_t first_cell = 0, cells = 0;
  std::vector<LaneBox> boxes;  ///< in lanes only
};

inline constexpr std::size_t kMostDimensions = 8;
inline constexpr std::int64_t kMostTapRun = 16;  ///< pairs of taps that are written together; at least 2

struct ShiftPlan {
  ShiftProblem problem;
  std::vector<std::vector<Displacement>> dimensions;
  std::int64_t rows = 1, columns = 1, batches = 1, sums = 1;
  std::int64_t unit = 1;  ///< real numbers per element: 2 for complex ones, which are two channels each
  std::int64_t panel = 16;

  /// Many small products, one per number of a panel, instead of products of matrices of channels. The numbers
  /// are values of the batch, or of the summed loops, whose results are then added up.
  enum class Lanes { kChannels, kBatch, kSums } lanes = Lanes::kChannels;

  std::vector<std::int64_t> u_first;  ///< per dimension: the smallest u
  Tiling blocks;                      ///< of the summed loops (as one) and of u
  std::int64_t lift_every = 0;        ///< blocks whose sums are added before they join the total; 0: all
  bool shared_slab = false;  ///< A and B are one tensor with one slab where their channels are the same
  SlabLayout a_slab, b_slab;

  std::int64_t row_block = 1, column_block = 1;  ///< channels per task
  std::vector<Combination> all, forward;  ///< of off-diagonal and of diagonal blocks of a symmetric result
  std::vector<Part> all_parts, forward_parts;

  [[nodiscard]] const std::vector<Combination>& combinations(bool diagonal) const {
    return diagonal ? forward : all;
  }
  [[nodiscard]] const std::vector<Part>& parts(bool diagonal) const {
    return diagonal ? forward_parts : all_parts;
  }
  [[nodiscard]] std::int64_t row_panels() const { return panels(row_block); }
  [[nodiscard]] std::int64_t column_panels() const { return panels(column_block); }
  [[nodiscard]] std::int64_t cell_elements() const {
    return lanes == Lanes::kChannels ? row_block * column_panels() * panel : row_block * column_block * panel;
  }
  /// Whether every task has the same channels of one tensor on both sides.
  [[nodiscard]] bool one_slab() const { return shared_slab && row_block >= rows && column_block >= columns; }
  [[nodiscard]] int levels() const { return lift_every > 0 ? 2 : 1; }
  std::int64_t most_cells = 0, most_lane_rows = 0, most_lane_sums = 0;  ///< of any part

 private:
  [[nodiscard]] std::int64_t panels(std::int64_t channels) const {
    return lanes == Lanes::kChannels ? (channels + panel - 1) / panel : channels;
  }
};

/// What one worker needs.
template <class T>
struct ShiftScratch {
  T *a_slab, *b_slab, *sums, *row;
  std::int64_t *a_runs, *b_runs;
  const T** lane_rows;
  T** lane_sums;

  ShiftScratch(const ShiftPlan& plan, Arena& arena)
      : a_slab(arena.take<T>(plan.row_panels() * plan.a_slab.panel)),
        b_slab(arena.take<T>(plan.one_slab() ? 0 : plan.column_panels() * plan.b_slab.panel)),
        sums(arena.take<T>(plan.levels() * plan.most_cells * plan.cell_elements())),
        row(arena.take<T>(kMostTapRun * plan.column_panels() * plan.panel)),
        a_runs(arena.take<std::int64_t>(plan.blocks.box_size())),
        b_runs(arena.take<std::int64_t>(plan.blocks.box_size())),
        lane_rows(arena.take<const T*>(plan.most_lane_rows)),
        lane_sums(arena.take<T*>(plan.most_lane_sums)) {}
};

/// Nothing, and a reason, where the products are not fewer than without.
[[nodiscard]] std::optional<ShiftPlan> plan_shift(ShiftProblem problem, DType dtype, const Options& options,
                                                  std::string& reason);

}  // namespace einfold::cpu
