// SPDX-License-Identifier: MIT
#include "cpu/windowed_sum.hpp"

#include "cpu/ahead.hpp"
#include "cpu/arena.hpp"
#include "cpu/cascade_row.hpp"
#include "cpu/element.hpp"
#include "cpu/row_sums.hpp"
#include "cpu/rows.hpp"
#include "cpu/windowed_sum_plan.hpp"

#include <algorithm>
#include <utility>

namespace einfold::cpu {
namespace {

using Int = std::int64_t;

constexpr Int kTransposed = 32;           ///< rows of lanes, at a time
constexpr Int kAheadBytes = 128 << 10;

template <class T>
class WindowedSumKernel final : public Kernel {
  using Part = typename FactorOf<T>::type;  ///< sums of complex numbers are sums of their parts
  static constexpr Int kParts = sizeof(T) / sizeof(Part);

 public:
  WindowedSumKernel(const plan::WindowedSum& step, DType dtype, const Options& options)
      : plan_(plan_windowed_sum(step, sizeof(T))),
        sums_(row_sums<Part>(options.isa)),
        rows_(row_kernels<T>(options.isa)),
        factor_(factor_as<T>(step.factor)) {
    name_ = "windowed sum";
    for (const SharedLoop& loop : plan_.outer) outer_ *= loop.extent;
    set_boxes();
    row_segments_ = static_cast<Int>(plan_.row_segments.size());
    contiguous_results_ = true;
    for (std::size_t k = 0; k < plan_.result_offsets.size(); ++k)
      contiguous_results_ = contiguous_results_ && plan_.result_offsets[k] == static_cast<Int>(k);
    // An odd number of lines: rows that are transposed together do not meet in one set of the cache.
    const Int line = 64 / static_cast<Int>(sizeof(T));
    reduced_row_ = plan_.source == WindowedSource::kReduced ? (plan_.columns + line - 1) / line * line : 0;
    if (reduced_row_ / line % 2 == 0) reduced_row_ += plan_.source == WindowedSource::kReduced ? line : 0;
    level_width_ = std::max(row_segments_ * plan_.lanes, plan_.source == WindowedSource::kReduced ? plan_.columns : 0);
    levels_ = CascadeRow<T>::levels_above(plan_.longest_chain);
    Arena measure(nullptr);
    Work{*this, measure};
    per_worker_ = measure.used();
    workspace_bytes_ = per_worker_ * std::max(1, options.threads);
    blocks_ = (plan_.lane.extent + plan_.points - 1) / plan_.points;
    plan_ahead();
    state_load(dtype);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const Int total = outer_ * blocks_;
    const Int tasks = executor.threads() > 1 ? std::min<Int>(total, 16 * executor.threads()) : 1;
    executor.run(tasks, [&](Int task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      Work work(*this, arena);
      const Int last = total * (task + 1) / tasks;
      for (Int at = total * task / tasks; at < last; ++at) {
        const Block block = block_of(at);
        work.ahead = {};
        if (at + 1 < last) look_ahead(static_cast<const T*>(buffers.a), block_of(at + 1), work.ahead);
        work.lines_per_step = (work.ahead.lines() + steps_ - 1) / steps_;
        sum_block(static_cast<const T*>(buffers.a) + block.a, block.lanes, work);
        store(results(work), block.lanes, static_cast<T*>(buffers.c) + block.c);
      }
    });
  }

 private:
  struct Work {
    T *cells, *other_cells, *columns, *reduced, *levels;
    Work(const WindowedSumKernel& k, Arena& arena) {
      const WindowedSumPlan& plan = k.plan_;
      const bool transposed = plan.source != WindowedSource::kLanes;
      cells = arena.take<T>(plan.most_cells * plan.lanes);
      other_cells = arena.take<T>(plan.most_cells * plan.lanes);
      columns = arena.take<T>(transposed ? plan.columns * plan.lanes : 0);
      reduced = arena.take<T>(k.reduced_row_ * plan.lanes);
      levels = arena.take<T>(k.levels_ * k.level_width_);
    }
    void step() { ahead.ask(lines_per_step); }

    Ahead ahead;  ///< what the next block needs
    Int lines_per_step = 0;
  };

  /// Points of the lane loop: their number, and where the first one is in A and C.
  struct Block {
    Int lanes, a, c;
  };

  [[nodiscard]] Block block_of(Int at) const {
    Int rest = at / blocks_, a = plan_.base_a, c = plan_.base_c;
    for (std::size_t i = plan_.outer.size(); i-- > 0;) {
      const Int value = rest % plan_.outer[i].extent;
      rest /= plan_.outer[i].extent;
      a += value * plan_.outer[i].stride_a;
      c += value * plan_.outer[i].stride_c;
    }
    const Int first = at % blocks_ * plan_.points;
    return {std::min(plan_.points, plan_.lane.extent - first), a + first * plan_.lane.stride_a, c + first * plan_.lane.stride_c};
  }

  /// As much of a block as memory may bring while the one before is worked on in the cache.
  void look_ahead(const T* a, const Block& block, Ahead& ahead) const {
    Int left = ahead_elements_;
    const T* from = a + block.a;
    if (plan_.lane.stride_a <= reach_) {
      ahead.add(from, from + std::min(left, (block.lanes - 1) * plan_.lane.stride_a + reach_));
      return;
    }
    for (Int p = 0; p < block.lanes && left > 0; ++p, from += plan_.lane.stride_a, left -= reach_) {
      ahead.add(from, from + std::min(left, reach_));
    }
  }

  // ---- sums over rows ---------------------------------------------------------------------------------------

  /// to[j] += sum_{i < count} from[i * row + j * step],  j < n, count <= kChain.
  void add_rows(Int count, const T* from, Int row, Int n, Int step, T* to) const {
    if (step == 1) {
      return sums_.add(count, reinterpret_cast<const Part*>(from), row * kParts, n * kParts, reinterpret_cast<Part*>(to));
    }
    for (Int i = 0; i < count; ++i) {
      for (Int j = 0; j < n; ++j) to[j] += from[i * row + j * step];
    }
  }

  /// Calls f with the offset of every position of axes [d, end) in a box, in order; `box` has a segment per axis.
  template <class F>
  static void each_position(std::size_t d, std::size_t end, const plan::Segment* box, const Int* strides, Int offset,
                            F&& f) {
    if (d == end) return f(offset);
    const plan::Segment& s = box[d];
    for (Int i = 0; i < s.count; ++i) each_position(d + 1, end, box, strides, offset + (s.start + i * s.step) * strides[d], f);
  }

  /// The segments of all axes but the last that make box number `box`.
  [[nodiscard]] const plan::Segment* box(Int number) const {
    return boxes_.data() + number * (static_cast<Int>(plan_.axes.size()) - 1);
  }

  void set_boxes() {
    const std::size_t outer_axes = plan_.axes.size() - 1;
    boxes_.resize(static_cast<std::size_t>(plan_.outer_boxes) * outer_axes);
    for (Int number = 0; number < plan_.outer_boxes; ++number) {
      Int rest = number;
      for (std::size_t d = outer_axes; d-- > 0;) {
        const auto& segments = plan_.axes[d].segments;
        boxes_[static_cast<std::size_t>(number) * outer_axes + d] = segments[static_cast<std::size_t>(rest) % segments.size()];
        rest /= static_cast<Int>(segments.size());
      }
    }
    for (const plan::WindowedAxis& axis : plan_.axes) strides_a_.push_back(axis.stride_a);
  }

  // ---- rows of lanes ----------------------------------------------------------------------------------------

  void sum_block(const T* a, Int lanes, Work& work) const {
    if (plan_.source != WindowedSource::kLanes && lanes < plan_.lanes) {
      std::fill_n(work.columns, plan_.columns * plan_.lanes, T{});
    }
    switch (plan_.source) {
      case WindowedSource::kLanes:
        sum_boxes(a, lanes, work);
        break;
      case WindowedSource::kColumns:
        transpose_positions(0, a, work.columns, lanes, work);
        sum_boxes(work.columns, plan_.lanes, work);
        break;
      case WindowedSource::kReduced:
        for (Int first = 0; first < plan_.outer_boxes; first += plan_.boxes_at_once) {
          const Int boxes = std::min(plan_.boxes_at_once, plan_.outer_boxes - first);
          for (Int p = 0; p < lanes; ++p) {
            reduce_point(a + p * plan_.lane.stride_a, first, boxes, work.reduced + p * reduced_row_, work);
          }
          transpose(boxes * plan_.folded_row, work.reduced, 1, reduced_row_, work.columns, lanes, work);
          for (Int box = 0; box < boxes; ++box) {
            CascadeRow<T> cells(work.cells + (first + box) * row_segments_ * plan_.lanes, row_segments_ * plan_.lanes, work.levels);
            work.step();
            add_segments(work.columns + box * plan_.folded_row * plan_.lanes, plan_.lanes, plan_.lanes, cells);
            cells.finish();
          }
        }
        break;
    }
    combine(work);
  }

  /// All positions of axes [d, ..).
  void transpose_positions(std::size_t d, const T* a, T* columns, Int lanes, Work& work) const {
    const Int step = strides_a_.back(), point = plan_.lane.stride_a;
    if (d + 1 == plan_.axes.size()) return transpose(plan_.row, a, step, point, columns, lanes, work);
    const Int rows = plan_.extents[d];
    if (d + 2 == plan_.axes.size() && strides_a_[d] == plan_.row * step) {
      return transpose(rows * plan_.row, a, step, point, columns, lanes, work);
    }
    for (Int i = 0; i < rows; ++i) {
      transpose_positions(d + 1, a + i * strides_a_[d], columns + i * plan_.strides[d], lanes, work);
    }
  }

  /// columns[j * plan.lanes + p] = from[j * step + p * point],  j < n, p < lanes.
  void transpose(Int n, const T* from, Int step, Int point, T* columns, Int lanes, Work& work) const {
    for (Int first = 0; first < n; first += kTransposed) {
      const Int count = std::min(kTransposed, n - first);
      const T* const at = from + first * step;
      T* const to = columns + first * plan_.lanes;
      work.step();
      if (step == 1) {
        rows_.transpose(count, lanes, at, point, to, plan_.lanes);
        continue;
      }
      for (Int j = 0; j < count; ++j) {
        for (Int p = 0; p < lanes; ++p) to[j * plan_.lanes + p] = at[j * step + p * point];
      }
    }
  }

  /// Rows of sums over boxes [first, first + boxes) of all axes but the last, of one point.
  void reduce_point(const T* a, Int first, Int boxes, T* reduced, Work& work) const {
    if (plan_.axes.size() == 1) return reduce_rows(a, 0, 1, nullptr, reduced, work);
    const auto rows = static_cast<Int>(plan_.axes[plan_.axes.size() - 2].segments.size());
    for (Int number = first; number < first + boxes;) {
      const Int n = std::min(first + boxes - number, rows - number % rows);
      reduce_rows(a, number % rows, n, box(number), reduced, work);
      number += n;
      reduced += n * plan_.folded_row;
    }
  }

  /// Segments [first, first + n) of the axis before the last, in boxes that agree in the axes before that.
  void reduce_rows(const T* a, Int first, Int n, const plan::Segment* box, T* reduced, Work& work) const {
    const std::size_t rank = plan_.axes.size();
    const Int step = strides_a_[rank - 1];
    CascadeRow<T> sums(reduced, n * plan_.folded_row, work.levels);
    if (rank == 1) {
      if (plan_.folded) fold(a, step, sums, 0);
      else add_rows(1, a, 0, plan_.row, step, sums.row());
      return sums.finish();
    }
    const Int row = strides_a_[rank - 2];
    each_position(0, rank - 2, box, strides_a_.data(), 0, [&](Int offset) {
      for (const RunOfRows& run : plan_.runs) {
        const Int at = run.segment - first;
        if (at < 0 || at >= n) continue;
        const T* from = a + offset + run.rows.start * row;
        if (plan_.folded) {
          for (Int i = 0; i < run.rows.count; ++i) fold(from + i * run.rows.step * row, step, sums, at * plan_.folded_row);
        } else {
          add_rows(run.rows.count, from, run.rows.step * row, plan_.row, step, sums.row() + at * plan_.folded_row);
          sums.added(run.rows.count);
        }
      }
    });
    sums.finish();
  }

  /// Adds the segments of a row of A to those of a folded row: element j to element j modulo kFold.
  void fold(const T* row, Int stride, CascadeRow<T>& sums, Int at) const {
    const auto& segments = plan_.axes.back().segments;
    for (Int done = 0, most = 1; done < most; done += kChain) {
      for (std::size_t s = 0; s < segments.size(); ++s) {
        const Int rows = segments[s].count / kFold, step = segments[s].step * stride;
        const Int n = std::clamp<Int>(rows - done, 0, kChain);
        const T* from = row + segments[s].start * stride + done * kFold * step;
        T* const to = sums.row() + at + plan_.row_segments[s].start;
        most = std::max(most, rows);
        if (n > 0) add_rows(n, from, kFold * step, kFold, step, to);
        const bool ends = rows == 0 ? done == 0 : done < rows && rows <= done + kChain;
        if (ends) {
          add_rows(1, from + n * kFold * step, 0, segments[s].count % kFold, step, to);
        }
      }
      sums.added(std::min(kChain, most - done) + 1);
    }
  }

  // ---- sums over boxes --------------------------------------------------------------------------------------

  void sum_boxes(const T* source, Int lanes, Work& work) const {
    for (Int number = 0; number < plan_.outer_boxes; ++number) {
      work.step();
      CascadeRow<T> cells(work.cells + number * row_segments_ * plan_.lanes, row_segments_ * plan_.lanes, work.levels);
      each_position(0, plan_.axes.size() - 1, box(number), plan_.strides.data(), 0,
                    [&](Int offset) { add_segments(source + offset, plan_.strides.back(), lanes, cells); });
      cells.finish();
    }
  }

  /// The segments of the last axis, each to its own cells.
  void add_segments(const T* source, Int stride, Int lanes, CascadeRow<T>& cells) const {
    for (Int done = 0, most = 1; done < most; done += kChain) {
      for (Int s = 0; s < row_segments_; ++s) {
        const plan::Segment& segment = plan_.row_segments[static_cast<std::size_t>(s)];
        most = std::max(most, segment.count);
        const Int n = std::min(kChain, segment.count - done);
        if (n <= 0) continue;
        add_rows(n, source + (segment.start + done * segment.step) * stride, segment.step * stride, lanes, 1,
                 cells.row() + s * plan_.lanes);
      }
      cells.added(std::min(kChain, most - done));
    }
  }

  // ---- sums over members ------------------------------------------------------------------------------------

  [[nodiscard]] bool alternates() const { return plan_.axes.size() % 2 == 1; }
  [[nodiscard]] const T* results(const Work& work) const { return alternates() ? work.other_cells : work.cells; }

  /// Axis by axis, the last first:  [..][s][k ..][lanes]  becomes  [..][k][k ..][lanes].
  void combine(Work& work) const {
    T *from = work.cells, *to = work.other_cells;
    Int inner = plan_.lanes;
    for (std::size_t d = plan_.axes.size(); d-- > 0;) {
      const plan::WindowedAxis& axis = plan_.axes[d];
      const auto segments = static_cast<Int>(axis.segments.size()), kernel = static_cast<Int>(axis.members.size());
      Int outer = 1;
      for (std::size_t e = 0; e < d; ++e) outer *= static_cast<Int>(plan_.axes[e].segments.size());
      for (Int o = 0; o < outer; ++o) {
        for (Int k = 0; k < kernel; ++k) {
          work.step();
          const std::vector<int>& members = axis.members[static_cast<std::size_t>(k)];
          sums_.add_members({.members = members.data(),
                             .count = static_cast<Int>(members.size()),
                             .from = reinterpret_cast<const Part*>(from + o * segments * inner),
                             .row = inner * kParts,
                             .n = inner * kParts,
                             .to = reinterpret_cast<Part*>(to + (o * kernel + k) * inner),
                             .factor = d == 0 ? factor_ : Part(1)});
        }
      }
      inner *= kernel;
      std::swap(from, to);
    }
  }

  void store(const T* results, Int lanes, T* c) const {
    const Int stride = plan_.lane.stride_c, count = static_cast<Int>(plan_.result_offsets.size());
    if (contiguous_results_ && lanes > 1) return rows_.transpose(lanes, count, results, plan_.lanes, c, stride);
    for (Int k = 0; k < count; ++k) {
      T* const to = c + plan_.result_offsets[static_cast<std::size_t>(k)];
      const T* const from = results + k * plan_.lanes;
      if (stride == 1) {
        std::copy_n(from, lanes, to);
      } else {
        for (Int p = 0; p < lanes; ++p) to[p * stride] = from[p];
      }
    }
  }

  void plan_ahead() {
    reach_ = 1;
    for (std::size_t d = 0; d < plan_.axes.size(); ++d) reach_ += (plan_.extents[d] - 1) * strides_a_[d];
    const Int rows = plan_.columns * plan_.lanes;
    if (plan_.source == WindowedSource::kColumns) ahead_elements_ = reach_ * plan_.lanes;
    if (plan_.source == WindowedSource::kReduced) ahead_elements_ = rows + rows / 2;
    ahead_elements_ = std::min(ahead_elements_, kAheadBytes / static_cast<Int>(sizeof(T)));
    steps_ = (plan_.columns + kTransposed - 1) / kTransposed + plan_.outer_boxes;
    Int outer = plan_.outer_boxes;
    for (std::size_t d = plan_.axes.size(); d-- > 0;) {
      steps_ += outer * static_cast<Int>(plan_.axes[d].members.size());
      if (d > 0) outer /= std::max<Int>(1, static_cast<Int>(plan_.axes[d - 1].segments.size()));
    }
  }

  /// How much more memory brings than is summed: rows come whole where the gaps in them are shorter than a line.
  [[nodiscard]] double lines_per_position() const {
    constexpr double kLine = 16;  // elements, about
    double count = 0;
    for (const plan::Segment& segment : plan_.axes.back().segments) count += static_cast<double>(segment.count);
    const double row = static_cast<double>(plan_.row * std::min<Int>(strides_a_.back(), 16));
    if (plan_.source == WindowedSource::kLanes || count == 0) return 1;
    return std::max(1.0, std::min(row / count, kLine));
  }

  /// Operations: an addition per element where rows are summed, about three per element that is transposed and then summed,
  /// and one per member.
  void state_load(DType dtype) {
    double positions = 1, results = 1, members = 0;
    for (const plan::WindowedAxis& axis : plan_.axes) {
      double count = 0;
      for (const plan::Segment& segment : axis.segments) count += static_cast<double>(segment.count);
      positions *= count;
    }
    double boxes = static_cast<double>(plan_.outer_boxes * row_segments_);
    for (std::size_t d = plan_.axes.size(); d-- > 0;) {
      const plan::WindowedAxis& axis = plan_.axes[d];
      double uses = 0;
      for (const auto& of_k : axis.members) uses += static_cast<double>(of_k.size());
      boxes /= std::max(1.0, static_cast<double>(axis.segments.size()));
      members += boxes * uses * results;
      results *= static_cast<double>(axis.members.size());
    }
    const bool transposed = plan_.source != WindowedSource::kLanes;
    const double columns = transposed ? static_cast<double>(plan_.columns) : 0;
    const auto shared = static_cast<double>(outer_ * plan_.lane.extent);
    flops_ = positions * shared;
    const double rows = plan_.source == WindowedSource::kColumns ? 0 : positions;
    loads_.push_back({(rows + 3 * columns + members) * shared,
                      (positions * lines_per_position() + results) * shared * static_cast<double>(size_bytes(dtype)), 0.16});
  }

  WindowedSumPlan plan_;
  const RowSums<Part>& sums_;
  const RowKernelsOf<T>& rows_;
  Part factor_;
  Int outer_ = 1, row_segments_ = 0, reduced_row_ = 0, level_width_ = 0, levels_ = 0, per_worker_ = 0;
  Int blocks_ = 1;
  Int reach_ = 1;           ///< elements from the first to the last position of a point
  Int ahead_elements_ = 0, steps_ = 1;
  bool contiguous_results_ = false;
  std::vector<plan::Segment> boxes_;
  std::vector<Int> strides_a_;
};

}  // namespace

std::shared_ptr<Kernel> make_windowed_sum(const plan::WindowedSum& step, DType dtype, const Options& options) {
  std::shared_ptr<Kernel> kernel;
  with_element_type(dtype, [&](auto zero) {
    kernel = std::make_shared<WindowedSumKernel<decltype(zero)>>(step, dtype, options);
  });
  return kernel;
}

}  // namespace einfold::cpu
