// SPDX-License-Identifier: MIT
//
// How a windowed sum is walked: points of one shared loop side by side, as lanes of the rows that are summed.
#pragma once

#include "plan/contraction.hpp"

#include <cstdint>
#include <vector>

namespace einfold::cpu {

/// A loop that A and C share.
struct SharedLoop {
  std::int64_t extent = 1, stride_a = 0, stride_c = 0;
};

/// What stands in the rows that are summed over boxes of segments.
enum class WindowedSource {
  kLanes,    ///< A itself: lanes are contiguous
  kColumns,  ///< A with lanes made contiguous
  kReduced,  ///< the same of sums: for each point, A is first summed over the boxes of all axes but the last
};

/// Some positions of a segment.
struct RunOfRows {
  std::int64_t segment = 0;
  plan::Segment rows;
};

/// A block of at most `points` points of the lane loop, in rows of `lanes`:
///
///     cells[s1]..[sd][lane]     sums over boxes of segments, in short chains
///     results[k1]..[kd][lane]   sums over their members, axis by axis
struct WindowedSumPlan {
  std::vector<SharedLoop> outer;
  SharedLoop lane;
  std::int64_t lanes = 1, points = 1;
  std::vector<plan::WindowedAxis> axes;  ///< longest stride of A first
  std::int64_t base_a = 0, base_c = 0;
  WindowedSource source = WindowedSource::kLanes;

  std::int64_t outer_boxes = 1;              ///< of segments of all axes but the last
  std::int64_t boxes_at_once = 1;            ///< of these, whose rows are in memory together
  std::int64_t row = 1;                      ///< positions of the last axis in a row of A
  std::int64_t columns = 1;                  ///< rows of lanes in memory together, but for kLanes
  std::vector<std::int64_t> extents;         ///< of the axes: the last position and those before it
  std::vector<std::int64_t> strides;         ///< of the axes in the rows of lanes
  std::vector<RunOfRows> runs;               ///< of the axis before the last, as rows follow each other in memory
  bool folded = false;                       ///< long segments of a row are first summed modulo kFold
  std::vector<plan::Segment> row_segments;   ///< of the last axis, in the rows of lanes
  std::int64_t folded_row = 1;               ///< positions of the last axis in the rows of lanes
  std::int64_t most_cells = 1;               ///< of cells, results and what is between them, for each lane
  std::vector<std::int64_t> result_offsets;  ///< in C, of all k
  std::int64_t longest_chain = 1;            ///< terms of a sum over rows
};

inline constexpr std::int64_t kFold = 16;

[[nodiscard]] WindowedSumPlan plan_windowed_sum(const plan::WindowedSum& step, std::int64_t element_bytes);

}  // namespace einfold::cpu
