// SPDX-License-Identifier: MIT
#include "cpu/windowed_sum.hpp"

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

/// Sums of complex numbers are sums of their parts.
template <class T>
struct PartOf {
  using type = T;
  static constexpr Int kParts = 1;
};
template <class T>
  requires is_complex_v<T>
struct PartOf<T> {
  using type = typename T::value_type;
  static constexpr Int kParts = 2;
};

template <class T>
class WindowedSumKernel final : public Kernel {
  using Part = typename PartOf<T>::type;
  static constexpr Int kParts = PartOf<T>::kParts;

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
    const bool in_order = [&] {
      for (std::size_t k = 0; k < plan_.result_offsets.size(); ++k) {
        if (plan_.result_offsets[k] != static_cast<Int>(k)) return false;
      }
      return true;
    }();
    contiguous_results_ = in_order;
    // An odd number of lines: rows that are transposed together do not meet in one set of the cache.
    const Int line = 64 / static_cast<Int>(sizeof(T));
    reduced_row_ = plan_.source == WindowedSource::kReduced ? (plan_.columns + line - 1) / line * line : 0;
    if (reduced_row_ / line % 2 == 0) reduced_row_ += plan_.source == WindowedSource::kReduced ? line : 0;
    level_width_ = std::max(row_segments_ * plan_.lanes, kFold);
    if (plan_.source == WindowedSource::kReduced) level_width_ = std::max(level_width_, plan_.row);
    levels_ = CascadeRow<T>::levels_above(plan_.longest_chain);
    Arena measure(nullptr);
    Work{*this, measure};
    per_worker_ = measure.used();
    workspace_bytes_ = per_worker_ * std::max(1, options.threads);
    state_load(step, dtype);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const SharedLoop& lane = plan_.lane;
    const Int blocks = (lane.extent + plan_.lanes - 1) / plan_.lanes, total = outer_ * blocks;
    const Int tasks = executor.threads() > 1 ? std::min<Int>(total, 16 * executor.threads()) : 1;
    executor.run(tasks, [&](Int task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const Work work(*this, arena);
      for (Int at = total * task / tasks; at < total * (task + 1) / tasks; ++at) {
        Int rest = at / blocks, a = plan_.base_a, c = plan_.base_c;
        for (std::size_t i = plan_.outer.size(); i-- > 0;) {
          const Int value = rest % plan_.outer[i].extent;
          rest /= plan_.outer[i].extent;
          a += value * plan_.outer[i].stride_a;
          c += value * plan_.outer[i].stride_c;
        }
        const Int first = at % blocks * plan_.lanes, lanes = std::min(plan_.lanes, lane.extent - first);
        sum_block(static_cast<const T*>(buffers.a) + a + first * lane.stride_a, lanes, work);
        store(results(work), lanes, static_cast<T*>(buffers.c) + c + first * lane.stride_c);
      }
    });
  }

 private:
  struct Work {
    T *cells, *other_cells, *columns, *reduced, *row, *levels;
    Work(const WindowedSumKernel& k, Arena& arena) {
      const WindowedSumPlan& plan = k.plan_;
      const bool transposed = plan.source != WindowedSource::kLanes;
      cells = arena.take<T>(plan.most_cells * plan.lanes);
      other_cells = arena.take<T>(plan.most_cells * plan.lanes);
      columns = arena.take<T>(transposed ? plan.columns * plan.lanes : 0);
      reduced = arena.take<T>(k.reduced_row_ * plan.lanes);
      row = arena.take<T>(plan.folded ? plan.row : 0);
      levels = arena.take<T>(k.levels_ * k.level_width_);
    }
  };

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

  void sum_block(const T* a, Int lanes, const Work& work) const {
    if (plan_.source != WindowedSource::kLanes && lanes < plan_.lanes) {
      std::fill_n(work.columns, plan_.columns * plan_.lanes, T{});
    }
    switch (plan_.source) {
      case WindowedSource::kLanes:
        sum_boxes(a, lanes, work);
        break;
      case WindowedSource::kColumns:
        transpose_positions(0, a, work.columns, lanes);
        sum_boxes(work.columns, plan_.lanes, work);
        break;
      case WindowedSource::kReduced:
        for (Int first = 0; first < plan_.outer_boxes; first += plan_.boxes_at_once) {
          const Int boxes = std::min(plan_.boxes_at_once, plan_.outer_boxes - first);
          for (Int p = 0; p < lanes; ++p) {
            reduce_point(a + p * plan_.lane.stride_a, first, boxes, work.reduced + p * reduced_row_, work);
          }
          rows_.transpose(boxes * plan_.folded_row, lanes, work.reduced, reduced_row_, work.columns, plan_.lanes);
          for (Int box = 0; box < boxes; ++box) {
            CascadeRow<T> cells(work.cells + (first + box) * row_segments_ * plan_.lanes, row_segments_ * plan_.lanes, work.levels);
            add_segments(work.columns + box * plan_.folded_row * plan_.lanes, plan_.lanes, plan_.lanes, cells);
            cells.finish();
          }
        }
        break;
    }
    combine(work);
  }

  /// All positions of axes [d, ..).
  void transpose_positions(std::size_t d, const T* a, T* columns, Int lanes) const {
    const Int stride = plan_.axes.back().stride_a;
    if (d + 1 == plan_.axes.size()) return transpose(plan_.row, a, stride, columns, lanes);
    const Int rows = plan_.extents[d];
    if (d + 2 == plan_.axes.size() && plan_.axes[d].stride_a == plan_.row * stride) {
      return transpose(rows * plan_.row, a, stride, columns, lanes);
    }
    for (Int i = 0; i < rows; ++i) {
      transpose_positions(d + 1, a + i * plan_.axes[d].stride_a, columns + i * plan_.strides[d], lanes);
    }
  }

  void transpose(Int n, const T* a, Int stride, T* columns, Int lanes) const {
    if (stride == 1) return rows_.transpose(n, lanes, a, plan_.lane.stride_a, columns, plan_.lanes);
    for (Int i = 0; i < n; ++i) {
      for (Int p = 0; p < lanes; ++p) columns[i * plan_.lanes + p] = a[i * stride + p * plan_.lane.stride_a];
    }
  }

  /// Sums over the boxes of all axes but the last, of one point.
  void reduce_point(const T* a, Int first, Int boxes, T* reduced, const Work& work) const {
    const std::size_t last = plan_.axes.size() - 1;
    const Int* const strides = strides_a_.data();
    for (Int number = first; number < first + boxes; ++number, reduced += plan_.folded_row) {
      const plan::Segment* const segments = box(number);
      const T* row = a;
      Int step = strides[last], count = 1;
      for (std::size_t d = 0; d < last; ++d) {
        row += segments[d].start * strides[d];
        count *= segments[d].count;
      }
      if (count != 1) {
        T* const to = plan_.folded ? work.row : reduced;
        CascadeRow<T> sum(to, plan_.row, work.levels);
        const plan::Segment& rows = segments[last - 1];
        const Int row_stride = rows.step * strides[last - 1];
        each_position(0, last - 1, segments, strides, rows.start * strides[last - 1], [&](Int offset) {
          for (Int i = 0; i < rows.count; i += kChain) {
            const Int n = std::min(kChain, rows.count - i);
            add_rows(n, a + offset + i * row_stride, row_stride, plan_.row, step, sum.row());
            sum.added(n);
          }
        });
        sum.finish();
        row = to;
        step = 1;
      }
      if (plan_.folded) {
        fold(row, step, reduced, work);
      } else if (count == 1) {
        for (Int j = 0; j < plan_.row; ++j) reduced[j] = row[j * step];
      }
    }
  }

  /// Short segments as they are, long ones summed modulo kFold.
  void fold(const T* row, Int stride, T* to, const Work& work) const {
    const auto& segments = plan_.axes.back().segments;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const Int width = plan_.row_segments[s].count, count = segments[s].count, step = segments[s].step * stride;
      const T* from = row + segments[s].start * stride;
      T* const folded = to + plan_.row_segments[s].start;
      if (width == count) {
        for (Int j = 0; j < count; ++j) folded[j] = from[j * step];
        continue;
      }
      CascadeRow<T> sum(folded, kFold, work.levels);
      const Int rows = count / kFold;
      for (Int i = 0; i < rows; i += kChain) {
        const Int n = std::min(kChain, rows - i);
        add_rows(n, from + i * kFold * step, kFold * step, kFold, step, sum.row());
        sum.added(n);
      }
      add_rows(1, from + rows * kFold * step, 0, count % kFold, step, sum.row());
      sum.finish();
    }
  }

  // ---- sums over boxes --------------------------------------------------------------------------------------

  void sum_boxes(const T* source, Int lanes, const Work& work) const {
    for (Int number = 0; number < plan_.outer_boxes; ++number) {
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
  void combine(const Work& work) const {
    T *from = work.cells, *to = work.other_cells;
    Int inner = plan_.lanes;
    for (std::size_t d = plan_.axes.size(); d-- > 0;) {
      const plan::WindowedAxis& axis = plan_.axes[d];
      const auto segments = static_cast<Int>(axis.segments.size()), kernel = static_cast<Int>(axis.members.size());
      Int outer = 1;
      for (std::size_t e = 0; e < d; ++e) outer *= static_cast<Int>(plan_.axes[e].segments.size());
      for (Int o = 0; o < outer; ++o) {
        for (Int k = 0; k < kernel; ++k) {
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

  void state_load(const plan::WindowedSum& step, DType dtype) {
    double additions = 1, cells = 1;
    for (const plan::WindowedAxis& axis : step.axes) {
      double count = 0;
      for (const plan::Segment& segment : axis.segments) count += static_cast<double>(segment.count);
      additions *= count;
      cells *= static_cast<double>(axis.members.size());
    }
    const auto shared = static_cast<double>(outer_ * plan_.lane.extent);
    flops_ = additions * shared;
    loads_.push_back({flops_, (additions + cells) * shared * static_cast<double>(size_bytes(dtype)), 0.02});
  }

  WindowedSumPlan plan_;
  const RowSums<Part>& sums_;
  const RowKernelsOf<T>& rows_;
  Part factor_;
  Int outer_ = 1, row_segments_ = 0, reduced_row_ = 0, level_width_ = 0, levels_ = 0, per_worker_ = 0;
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
