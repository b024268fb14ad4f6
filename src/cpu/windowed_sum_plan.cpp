// SPDX-License-Identifier: MIT
#include "cpu/windowed_sum_plan.hpp"

#include "cpu/cascade.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>

namespace einfold::cpu {
namespace {

using Int = std::int64_t;

constexpr Int kLaneBytes = 64;           ///< lanes come in multiples of so much
constexpr Int kMostLaneBytes = 8 << 10;
constexpr Int kFewLanes = 8;
constexpr Int kManyBlocks = 32;          ///< for threads to share
constexpr Int kCellBytes = 128 << 10;    ///< of the sums of a block where lanes are contiguous
constexpr Int kColumnBytes = 24 << 10;   ///< of rows of lanes, where more than one vector of lanes is to be had
constexpr Int kMostColumnBytes = 256 << 10;
constexpr Int kSmallImage = 300;         ///< positions that need not be summed before they are transposed ..
constexpr Int kManyRows = 8;             ///< .. unless so many are added to one
constexpr Int kLongRow = 512;            ///< beyond, it is not summed element by element
constexpr Int kNarrowBytes = 256;        ///< rows that need not be taken one by one ..
constexpr Int kChunkBytes = 8 << 10;     ///< .. but so many that stay in the first cache

Int last_position(const plan::WindowedAxis& axis) {
  Int last = 0;
  for (const plan::Segment& s : axis.segments) {
    last = std::max({last, s.start, s.start + (s.count - 1) * s.step});
  }
  return last;
}

Int segments(const plan::WindowedAxis& axis) { return static_cast<Int>(axis.segments.size()); }

/// Summed as a whole.
bool is_plain(const plan::WindowedAxis& axis) {
  return axis.segments.size() == 1 && axis.members.size() == 1 && axis.members[0].size() == 1 &&
         axis.segments[0].start == 0 && axis.segments[0].step == 1;
}

class Planner {
 public:
  Planner(const plan::WindowedSum& step, Int bytes) : bytes_(bytes) {
    plan_.base_a = step.base_a;
    plan_.base_c = step.base_c;
    plan_.axes = step.axes;
    for (std::size_t i = 0; i < step.extents.size(); ++i) {
      if (step.extents[i] != 1) plan_.outer.push_back({step.extents[i], step.strides_a[i], step.strides_c[i]});
    }
  }

  WindowedSumPlan make() {
    order_loops();
    order_axes();
    choose_lane_loop();
    for (std::size_t d = 0; d + 1 < plan_.axes.size(); ++d) plan_.outer_boxes *= segments(plan_.axes[d]);
    plan_.boxes_at_once = plan_.outer_boxes;
    choose_source();
    choose_lanes();
    set_strides();
    set_runs();
    set_results();
    return std::move(plan_);
  }

 private:
  plan::WindowedAxis& last() { return plan_.axes.back(); }

  void order_loops() {
    std::vector<SharedLoop>& loops = plan_.outer;
    for (SharedLoop& loop : loops) {
      if (loop.stride_a >= 0) continue;
      plan_.base_a += (loop.extent - 1) * loop.stride_a;
      plan_.base_c += (loop.extent - 1) * loop.stride_c;
      loop.stride_a = -loop.stride_a;
      loop.stride_c = -loop.stride_c;
    }
    std::stable_sort(loops.begin(), loops.end(),
                     [](const SharedLoop& x, const SharedLoop& y) { return x.stride_a > y.stride_a; });
    for (std::size_t i = 1; i < loops.size();) {
      const SharedLoop& outer = loops[i - 1];
      SharedLoop& inner = loops[i];
      if (outer.stride_a == inner.stride_a * inner.extent && outer.stride_c == inner.stride_c * inner.extent) {
        inner.extent *= outer.extent;
        loops.erase(loops.begin() + static_cast<std::ptrdiff_t>(i) - 1);
      } else {
        ++i;
      }
    }
  }

  /// Axes forwards, longest strides first, without those of a single position; neighbours that are summed as a whole
  /// are one.
  void order_axes() {
    std::vector<plan::WindowedAxis>& axes = plan_.axes;
    for (plan::WindowedAxis& axis : axes) {
      if (axis.stride_a >= 0) continue;
      const Int end = last_position(axis);
      plan_.base_a += end * axis.stride_a;
      axis.stride_a = -axis.stride_a;
      for (plan::Segment& s : axis.segments) s.start = end - (s.start + (s.count - 1) * s.step);
    }
    std::stable_sort(axes.begin(), axes.end(), [](const auto& x, const auto& y) { return x.stride_a > y.stride_a; });
    for (std::size_t d = 0; d < axes.size() && axes.size() > 1;) {
      if (is_plain(axes[d]) && axes[d].segments[0].count == 1) {
        axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(d));
      } else {
        ++d;
      }
    }
    for (std::size_t d = 1; d < axes.size();) {
      const Int count = axes[d].segments.empty() ? 0 : axes[d].segments[0].count;
      if (is_plain(axes[d - 1]) && is_plain(axes[d]) && axes[d - 1].stride_a == axes[d].stride_a * count) {
        axes[d].segments[0].count *= axes[d - 1].segments[0].count;
        axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(d) - 1);
      } else {
        ++d;
      }
    }
  }

  /// A contiguous one; else the last that fills rows of lanes, else the longest.
  void choose_lane_loop() {
    std::vector<SharedLoop>& loops = plan_.outer;
    plan_.source = WindowedSource::kColumns;
    if (loops.empty()) return;
    auto chosen = loops.end() - 1;
    const bool contiguous = chosen->stride_a == 1 && chosen->extent >= kFewLanes;
    if (!contiguous && chosen->extent < kLaneBytes / bytes_) {
      for (auto loop = loops.end(); loop-- != loops.begin();) {
        if (loop->extent > chosen->extent) chosen = loop;
        if (chosen->extent >= kLaneBytes / bytes_) break;
      }
    }
    if (contiguous) plan_.source = WindowedSource::kLanes;
    plan_.lane = *chosen;
    loops.erase(chosen);
  }

  void choose_source() {
    plan_.row = last_position(last()) + 1;
    plan_.row_segments = last().segments;
    plan_.folded_row = plan_.row;
    Int rows = 1;
    for (std::size_t d = 0; d + 1 < plan_.axes.size(); ++d) {
      rows *= last_position(plan_.axes[d]) + 1;
    }
    if (plan_.row > kLongRow) {
      for (const plan::Segment& s : last().segments) plan_.folded |= s.count > kFold;
    }
    if (plan_.source == WindowedSource::kLanes) {
      plan_.folded = false;
      return;
    }
    plan_.source = WindowedSource::kReduced;
    const bool small = rows <= kSmallImage / plan_.row;
    const bool few = rows < kManyRows * plan_.outer_boxes;
    if (plan_.lane.extent > 1 && small && few && !plan_.folded) plan_.source = WindowedSource::kColumns;
    plan_.columns = plan_.source == WindowedSource::kColumns ? rows * plan_.row : plan_.outer_boxes * plan_.row;
    if (plan_.folded) fold();
  }

  void fold() {
    plan_.folded_row = 0;
    for (plan::Segment& s : plan_.row_segments) {
      const Int count = std::min(s.count, kFold);
      s = {plan_.folded_row, 1, count};
      plan_.folded_row += count;
    }
    plan_.columns = plan_.outer_boxes * plan_.folded_row;
  }

  void choose_lanes() {
    Int cells = 1;
    std::vector<Int> extents;
    for (const plan::WindowedAxis& axis : plan_.axes) extents.push_back(segments(axis));
    const auto product = [&] { return std::accumulate(extents.begin(), extents.end(), Int{1}, std::multiplies<>()); };
    cells = product();
    for (std::size_t d = plan_.axes.size(); d-- > 0;) {
      extents[d] = static_cast<Int>(plan_.axes[d].members.size());
      cells = std::max(cells, product());
    }
    plan_.most_cells = cells;
    const Int grain = kLaneBytes / bytes_, extent = (plan_.lane.extent + grain - 1) / grain * grain;
    Int most = grain;
    if (plan_.source == WindowedSource::kLanes) {
      most = std::min(kMostLaneBytes, kCellBytes / std::max<Int>(cells, 1)) / bytes_;
    } else {
      if (plan_.source == WindowedSource::kReduced) {
        const Int together = kMostColumnBytes / (kLaneBytes * std::max<Int>(plan_.folded_row, 1));
        plan_.boxes_at_once = std::clamp<Int>(together, 1, std::max<Int>(plan_.outer_boxes, 1));
        plan_.columns = plan_.boxes_at_once * plan_.folded_row;
      }
      most = std::min(4 * grain, kColumnBytes / std::max<Int>(plan_.columns, 1) / bytes_);
    }
    most = std::clamp(most / grain * grain, grain, extent);
    const auto blocks_of = [&](Int lanes) { return (plan_.lane.extent + lanes - 1) / lanes; };
    Int outer = 1;
    for (const SharedLoop& loop : plan_.outer) outer *= loop.extent;
    while (most > 2 * grain && outer * blocks_of(most) < kManyBlocks) most = std::max(2 * grain, most / 2 / grain * grain);
    const Int blocks = blocks_of(most);
    plan_.lanes = ((plan_.lane.extent + blocks - 1) / blocks + grain - 1) / grain * grain;
    plan_.points = plan_.lanes;
    if (plan_.source == WindowedSource::kReduced && outer * blocks < kManyBlocks) {
      plan_.points = std::max<Int>(1, std::min(plan_.lanes, outer * plan_.lane.extent / kManyBlocks));
    }
  }

  void set_strides() {
    const std::size_t rank = plan_.axes.size();
    plan_.strides.assign(rank, 0);
    for (const plan::WindowedAxis& axis : plan_.axes) plan_.extents.push_back(last_position(axis) + 1);
    if (plan_.source == WindowedSource::kLanes) {
      for (std::size_t d = 0; d < rank; ++d) plan_.strides[d] = plan_.axes[d].stride_a;
    } else {
      Int stride = plan_.lanes;
      for (std::size_t d = rank; d-- > 0;) {
        plan_.strides[d] = stride;
        stride *= plan_.extents[d];
      }
    }
    // Rows that are reduced count together, whichever segment of the axis before the last they are of; rests of folds count.
    Int terms = 2;
    for (std::size_t d = 0; d < rank; ++d) {
      Int longest = 1, all = 0;
      for (const plan::Segment& s : plan_.axes[d].segments) {
        longest = std::max(longest, s.count);
        all += s.count;
      }
      terms *= d + 2 == rank && plan_.source == WindowedSource::kReduced ? std::max<Int>(1, all) : longest;
    }
    plan_.longest_chain = terms;
  }

  void add_run(const RunOfRows& run) {
    if (!plan_.runs.empty()) {
      RunOfRows& last = plan_.runs.back();
      if (last.segment == run.segment && run.rows.step == 1 && last.rows.start + last.rows.count == run.rows.start &&
          last.rows.count + run.rows.count <= kChain) {
        last.rows.count += run.rows.count;
        return;
      }
    }
    plan_.runs.push_back(run);
  }

  /// Long rows in the order of memory; of short ones those of a segment that lie close together follow each other.
  void set_runs() {
    if (plan_.axes.size() < 2) return;
    const plan::WindowedAxis& axis = plan_.axes[plan_.axes.size() - 2];
    const bool narrow = plan_.row * bytes_ <= kNarrowBytes;
    const Int chunk = narrow ? kChunkBytes / (plan_.row * bytes_) : 1, end = last_position(axis) + 1;
    std::vector<Int> done(axis.segments.size(), 0);
    for (Int first = 0; first < end; first += chunk) {
      for (std::size_t s = 0; s < axis.segments.size(); ++s) {
        const plan::Segment& segment = axis.segments[s];
        for (Int next; done[s] < segment.count && (next = segment.start + done[s] * segment.step) < first + chunk;) {
          const Int count = std::min({segment.count - done[s], (first + chunk - 1 - next) / segment.step + 1, Int{kChain}});
          done[s] += count;
          add_run({static_cast<Int>(s), {next, segment.step, count}});
        }
      }
    }
  }

  void set_results() {
    plan_.result_offsets = {0};
    for (const plan::WindowedAxis& axis : plan_.axes) {
      std::vector<Int> finer;
      for (const Int offset : plan_.result_offsets) {
        for (std::size_t k = 0; k < axis.members.size(); ++k) finer.push_back(offset + static_cast<Int>(k) * axis.stride_c);
      }
      plan_.result_offsets = std::move(finer);
    }
  }

  Int bytes_;
  WindowedSumPlan plan_;
};

}  // namespace

WindowedSumPlan plan_windowed_sum(const plan::WindowedSum& step, std::int64_t element_bytes) {
  return Planner(step, element_bytes).make();
}

}  // namespace einfold::cpu
