// SPDX-License-Identifier: MIT
#include "cpu/stencil.hpp"

#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/generic.hpp"
#include "cpu/line_writer.hpp"
#include "cpu/micro.hpp"
#include "cpu/roles.hpp"
#include "cpu/slab.hpp"
#include "cpu/tiling.hpp"

#include <algorithm>
#include <array>
#include <atomic>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kSlabBytes = 512 << 10;
constexpr std::int64_t kMostColumns = 8;
constexpr std::int64_t kMargin = 64;  ///< elements behind the slab that a last vector may read

struct StencilPlan {
  LoopNest nest;
  std::vector<Loop> loops;  ///< batch, then rows, then columns, then taps
  std::size_t batches = 0, rows = 0, columns = 0;
  Operand x = kA, y = kB;
  Tiling batch_tiling, row_tiling;
  std::optional<SlabShape> slab;

  [[nodiscard]] std::size_t first_column() const { return batches + rows; }
  [[nodiscard]] std::size_t first_tap() const { return batches + rows + columns; }
};

std::optional<StencilPlan> plan_stencil(const NestProblem& problem, std::int64_t element_bytes,
                                        std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return std::nullopt;
  };
  if (!problem.has_a || !problem.has_b) return decline("one operand");
  StencilPlan plan;
  plan.nest = problem.nest;
  Roles roles = roles_of(problem.nest);
  if (roles.a_rows.empty() && roles.b_rows.empty()) return decline("no rows");
  if (roles.sums.empty()) return decline("nothing is summed");
  const bool a_has_rows = count(roles.a_rows) >= count(roles.b_rows);
  plan.x = a_has_rows ? kA : kB;
  plan.y = a_has_rows ? kB : kA;
  if (has_windows(problem.nest, kC) || has_windows(problem.nest, plan.y))
    return decline("windows on the taps");
  if (!writes_apart(roles.outs())) return decline("elements of the result are met more than once");
  if (count(roles.sums) > kChain * kRadix) return decline("many taps");
  std::vector<Loop>& rows = a_has_rows ? roles.a_rows : roles.b_rows;
  std::vector<Loop>& columns = a_has_rows ? roles.b_rows : roles.a_rows;
  if (count(columns) > kMostColumns) return decline("many columns");
  sort_by_stride(roles.batch, kC, plan.x);
  sort_by_stride(rows, plan.x, kC);
  sort_by_stride(roles.sums, plan.x, plan.y);
  if (rows.back().extent < (problem.nest.windows.empty() ? 32 : 8)) return decline("short rows");
  plan.batches = roles.batch.size();
  plan.rows = rows.size();
  plan.columns = columns.size();
  for (const std::vector<Loop>* part : {&std::as_const(roles.batch), &std::as_const(rows),
                                        &std::as_const(columns), &std::as_const(roles.sums)}) {
    plan.loops.insert(plan.loops.end(), part->begin(), part->end());
  }
  plan.batch_tiling = Tiling(extents_of(roles.batch), 1);
  for (std::int64_t target = 1 << 14;; target /= 2) {
    plan.row_tiling = Tiling(extents_of(rows), target);
    std::vector<std::int64_t> block(plan.loops.size(), 1);
    std::copy(plan.row_tiling.box_extents().begin(), plan.row_tiling.box_extents().end(),
              block.begin() + static_cast<std::ptrdiff_t>(plan.batches));
    for (std::size_t l = plan.first_tap(); l < plan.loops.size(); ++l) block[l] = plan.loops[l].extent;
    plan.slab = SlabShape::make(plan.nest, plan.loops, block, plan.x, reason);
    if (!plan.slab) return std::nullopt;
    if (plan.slab->strides()[plan.batches + plan.rows - 1] != 1)
      return decline("rows that are not contiguous");
    if (plan.slab->size() * element_bytes <= kSlabBytes) break;
    if (target <= 64) return decline("a block whose elements lie too far apart");
  }
  return plan;
}

template <class T>
class StencilKernel final : public NestKernel {
 public:
  StencilKernel(const NestProblem& problem, StencilPlan plan, const MicroKernels<T>& micro, const Options& options)
      : plan_(std::move(plan)),
        micro_(micro),
        stream_(stream_lines(options.isa)),
        fallback_(make_generic(problem)),
        factor_(static_cast<T>(problem.factor.real)) {
    name = "stencil";
    of_peak = 0.25;
    overwrites = fallback_->overwrites;
    const Loop& row = plan_.loops[plan_.first_column() - 1];
    streams_ = overwrites && factor_ == T(1) && row.stride[kC] == 1 &&
               row.extent * static_cast<std::int64_t>(sizeof(T)) >= 4 * kLineBytes &&
               beyond_caches(problem.c_box_size * sizeof(T), options.stream_bytes);
    for (const std::size_t o : {0, 1, 2}) {
      for (const Loop& loop : plan_.loops) strides_[o].push_back(loop.stride[o]);
    }
    for (std::size_t l = plan_.first_tap(); l < plan_.loops.size(); ++l) taps_ *= plan_.loops[l].extent;
    for (std::size_t l = plan_.first_column(); l < plan_.first_tap(); ++l) columns_ *= plan_.loops[l].extent;
    row_ = (plan_.row_tiling.box_extents().back() + kMargin + 15) / 16 * 16;
    list_offsets(column_extents(), of_columns(strides_[kC]), 0, c_columns_.data());
    Arena measure(nullptr);
    Scratch(*this, measure);
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, options.threads);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const T* x = static_cast<const T*>(plan_.x == kA ? buffers.a : buffers.b);
    const T* y = static_cast<const T*>(plan_.x == kA ? buffers.b : buffers.a);
    // Zeros of the slab must not meet a tap that is not finite.
    if (plan_.slab->has_padding() && !taps_finite(y, workspace, executor))
      return fallback_->run(buffers, {}, executor);
    const std::int64_t blocks = plan_.row_tiling.count();
    executor.run(plan_.batch_tiling.count() * blocks, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      one_block(task / blocks, task % blocks, x, y, static_cast<T*>(buffers.c), Scratch(*this, arena));
      if (streams_) finish_streaming();
    });
  }

 private:
  struct Scratch {
    T *slab, *weights, *out;
    std::int64_t *tap_offsets, *weight_offsets;
    Scratch(const StencilKernel& kernel, Arena& arena)
        : slab(arena.take<T>(kernel.plan_.slab->size() + kMargin)),
          weights(arena.take<T>(kernel.taps_ * kernel.columns_)),
          out(arena.take<T>(kernel.row_ * kernel.columns_)),
          tap_offsets(arena.take<std::int64_t>(kernel.taps_)),
          weight_offsets(arena.take<std::int64_t>(kernel.taps_)) {}
  };

  [[nodiscard]] std::int64_t address(Operand o, const std::vector<std::int64_t>& start) const {
    std::int64_t result = plan_.nest.base[o];
    for (std::size_t l = 0; l < start.size(); ++l) result += strides_[o][l] * start[l];
    return result;
  }
  using Ints = std::vector<std::int64_t>;
  [[nodiscard]] Ints of_taps(const Ints& all) const {
    return {all.begin() + static_cast<std::ptrdiff_t>(plan_.first_tap()), all.end()};
  }
  [[nodiscard]] Ints of_columns(const Ints& all) const {
    return {all.begin() + static_cast<std::ptrdiff_t>(plan_.first_column()),
            all.begin() + static_cast<std::ptrdiff_t>(plan_.first_tap())};
  }
  [[nodiscard]] Ints tap_extents() const { return of_taps(extents_of(plan_.loops)); }
  [[nodiscard]] Ints column_extents() const { return of_columns(extents_of(plan_.loops)); }

  void load_taps(const std::vector<std::int64_t>& start, const T* y, const Scratch& scratch) const {
    list_offsets(tap_extents(), of_taps(strides_[plan_.y]), address(plan_.y, start), scratch.weight_offsets);
    std::int64_t y_columns[kMostColumns];
    list_offsets(column_extents(), of_columns(strides_[plan_.y]), 0, y_columns);
    // Groups of kMaxOuts columns, one after the other.
    T* to = scratch.weights;
    for (std::int64_t first = 0; first < columns_; first += kMaxOuts) {
      const std::int64_t outs = std::min(kMaxOuts, columns_ - first);
      for (std::int64_t p = 0; p < taps_; ++p) {
        for (std::int64_t i = 0; i < outs; ++i) *to++ = y[scratch.weight_offsets[p] + y_columns[first + i]];
      }
    }
  }

  bool taps_finite(const T* y, std::span<std::byte> workspace, Executor& executor) const {
    std::atomic<bool> finite{true};
    executor.run(plan_.batch_tiling.count(), [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const Scratch scratch(*this, arena);
      LoopBox batch;
      plan_.batch_tiling.box(task, batch);
      std::vector<std::int64_t> start(plan_.loops.size(), 0);
      std::copy(batch.start.begin(), batch.start.end(), start.begin());
      load_taps(start, y, scratch);
      if (!micro_.all_finite(taps_ * columns_, scratch.weights)) finite.store(false);
    });
    return finite.load();
  }

  void one_block(std::int64_t batch_index, std::int64_t row_index, const T* x, const T* y, T* c,
                 const Scratch& scratch) const {
    LoopBox batch, row;
    plan_.batch_tiling.box(batch_index, batch);
    plan_.row_tiling.box(row_index, row);
    const std::size_t first_row = plan_.batches, inner = plan_.batches + plan_.rows - 1;
    std::vector<std::int64_t> start(plan_.loops.size(), 0), extent(plan_.loops.size(), 1);
    std::copy(batch.start.begin(), batch.start.end(), start.begin());
    std::copy(row.start.begin(), row.start.end(), start.begin() + static_cast<std::ptrdiff_t>(first_row));
    std::copy(row.extent.begin(), row.extent.end(), extent.begin() + static_cast<std::ptrdiff_t>(first_row));
    const auto taps = tap_extents();
    std::copy(taps.begin(), taps.end(), extent.begin() + static_cast<std::ptrdiff_t>(plan_.first_tap()));
    load_taps(start, y, scratch);
    plan_.slab->copy(micro_, start, extent, x, address(plan_.x, start), scratch.slab);
    list_offsets(taps, of_taps(plan_.slab->strides()), 0, scratch.tap_offsets);

    const std::int64_t n = extent[inner], c_step = strides_[kC][inner];
    std::vector<std::int64_t> at(plan_.rows, 0);
    for (;;) {
      std::int64_t from = plan_.slab->origin(), to = address(kC, start);
      for (std::size_t l = 0; l + 1 < plan_.rows; ++l) {
        from += at[l] * plan_.slab->strides()[first_row + l];
        to += at[l] * strides_[kC][first_row + l];
      }
      sum_row(scratch, scratch.slab + from, n);
      for (std::int64_t i = 0; i < columns_; ++i) {
        store(n, c + to + c_columns_[static_cast<std::size_t>(i)], c_step, scratch.out + i * row_);
      }
      std::size_t l = plan_.rows - 1;
      while (l > 0 && ++at[l - 1] == row.extent[l - 1]) at[--l] = 0;
      if (l == 0) return;
    }
  }

  /// All columns of n positions, in chains of kChain taps.
  void sum_row(const Scratch& scratch, const T* src, std::int64_t n) const {
    const T* weights = scratch.weights;
    for (std::int64_t first = 0; first < columns_; first += kMaxOuts) {
      const std::int64_t outs = std::min(kMaxOuts, columns_ - first);
      for (std::int64_t p = 0; p < taps_; p += kChain) {
        micro_.stencil({std::min(kChain, taps_ - p), scratch.tap_offsets + p, weights + p * outs, outs, src,
                        n, scratch.out + first * row_, row_, p > 0});
      }
      weights += taps_ * outs;
    }
  }

  void store(std::int64_t n, T* to, std::int64_t step, const T* from) const {
    if (streams_) {
      return stream_run(stream_, reinterpret_cast<std::byte*>(to), reinterpret_cast<const std::byte*>(from),
                        n * static_cast<std::int64_t>(sizeof(T)));
    }
    if (step == 1) return micro_.store_row(n, to, from, factor_, !overwrites);
    for (std::int64_t j = 0; j < n; ++j, to += step) {
      const T value = from[j] * factor_;
      *to = overwrites ? value : *to + value;
    }
  }

  StencilPlan plan_;
  const MicroKernels<T>& micro_;
  StreamLines stream_;
  bool streams_ = false;
  std::unique_ptr<const NestKernel> fallback_;
  T factor_;
  std::array<std::vector<std::int64_t>, 3> strides_;
  std::int64_t taps_ = 1, columns_ = 1, row_ = 1, per_worker_ = 0;
  std::array<std::int64_t, kMostColumns> c_columns_{};
};

template <class T>
Candidate make(const NestProblem& problem, const Options& options) {
  Candidate result;
  auto plan = plan_stencil(problem, sizeof(T), result.reason);
  if (plan) {
    result.kernel = std::make_unique<StencilKernel<T>>(problem, std::move(*plan),
                                                       micro_kernels<T>(options.isa), options);
  }
  return result;
}

}  // namespace

Candidate make_stencil(const NestProblem& problem, const Options& options) {
  return of_real_type(problem.dtype, [&](auto zero) { return make<decltype(zero)>(problem, options); });
}

}  // namespace einfold::cpu
