// SPDX-License-Identifier: MIT
#include "cpu/stencil.hpp"

#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/generic.hpp"
#include "cpu/micro.hpp"
#include "cpu/roles.hpp"
#include "cpu/slab.hpp"
#include "cpu/tiling.hpp"

#include <algorithm>
#include <atomic>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kSlabBytes = 256 << 10;
constexpr std::int64_t kMargin = 64;  ///< elements behind the slab that a last vector may read

struct StencilPlan {
  LoopNest nest;
  std::vector<Loop> loops;  ///< batch, then rows, then taps
  std::size_t batches = 0, rows = 0, taps = 0;
  Operand x = kA, y = kB;
  Tiling batch_tiling, row_tiling;
  std::optional<SlabShape> slab;
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
  if (roles.a_rows.empty() == roles.b_rows.empty()) return decline("rows in both operands, or in neither");
  if (roles.sums.empty()) return decline("nothing is summed");
  plan.x = roles.b_rows.empty() ? kA : kB;
  plan.y = roles.b_rows.empty() ? kB : kA;
  if (has_windows(problem.nest, kC) || has_windows(problem.nest, plan.y))
    return decline("windows on the taps");
  if (!writes_apart(roles.outs())) return decline("elements of the result are met more than once");
  if (count(roles.sums) > kChain) return decline("many taps");
  std::vector<Loop>& rows = plan.x == kA ? roles.a_rows : roles.b_rows;
  sort_by_stride(roles.batch, kC, plan.x);
  sort_by_stride(rows, plan.x, kC);
  sort_by_stride(roles.sums, plan.x, plan.y);
  if (rows.back().extent < 8) return decline("short rows");
  plan.batches = roles.batch.size();
  plan.rows = rows.size();
  plan.taps = roles.sums.size();
  for (const std::vector<Loop>* part :
       {&std::as_const(roles.batch), &std::as_const(rows), &std::as_const(roles.sums)}) {
    plan.loops.insert(plan.loops.end(), part->begin(), part->end());
  }
  plan.batch_tiling = Tiling(extents_of(roles.batch), 1);
  for (std::int64_t target = 1 << 14;; target /= 2) {
    plan.row_tiling = Tiling(extents_of(rows), target);
    std::vector<std::int64_t> block(plan.loops.size(), 1);
    std::copy(plan.row_tiling.box_extents().begin(), plan.row_tiling.box_extents().end(),
              block.begin() + static_cast<std::ptrdiff_t>(plan.batches));
    for (std::size_t l = plan.batches + plan.rows; l < plan.loops.size(); ++l)
      block[l] = plan.loops[l].extent;
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
  StencilKernel(const NestProblem& problem, StencilPlan plan, const MicroKernels<T>& micro, int threads)
      : plan_(std::move(plan)),
        micro_(micro),
        fallback_(make_generic(problem)),
        factor_(static_cast<T>(problem.factor.real)) {
    name = "stencil";
    overwrites = fallback_->overwrites;
    for (const std::size_t o : {0, 1, 2}) {
      for (const Loop& loop : plan_.loops) strides_[o].push_back(loop.stride[o]);
    }
    taps_ = 1;
    for (std::size_t l = plan_.batches + plan_.rows; l < plan_.loops.size(); ++l)
      taps_ *= plan_.loops[l].extent;
    row_ = plan_.row_tiling.box_extents().back();
    Arena measure(nullptr);
    Scratch(*this, measure);
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, threads);
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
    });
  }

 private:
  struct Scratch {
    T *slab, *weights, *out;
    std::int64_t *tap_offsets, *weight_offsets;
    Scratch(const StencilKernel& kernel, Arena& arena)
        : slab(arena.take<T>(kernel.plan_.slab->size() + kMargin)),
          weights(arena.take<T>(kernel.taps_)),
          out(arena.take<T>(kernel.row_ + kMargin)),
          tap_offsets(arena.take<std::int64_t>(kernel.taps_)),
          weight_offsets(arena.take<std::int64_t>(kernel.taps_)) {}
  };

  [[nodiscard]] std::int64_t address(Operand o, const std::vector<std::int64_t>& start) const {
    std::int64_t result = plan_.nest.base[o];
    for (std::size_t l = 0; l < start.size(); ++l) result += strides_[o][l] * start[l];
    return result;
  }
  [[nodiscard]] std::vector<std::int64_t> of_taps(const std::vector<std::int64_t>& all) const {
    return {all.begin() + static_cast<std::ptrdiff_t>(plan_.batches + plan_.rows), all.end()};
  }
  [[nodiscard]] std::vector<std::int64_t> tap_extents() const {
    std::vector<std::int64_t> result;
    for (std::size_t l = plan_.batches + plan_.rows; l < plan_.loops.size(); ++l) {
      result.push_back(plan_.loops[l].extent);
    }
    return result;
  }

  void load_taps(const std::vector<std::int64_t>& start, const T* y, const Scratch& scratch) const {
    list_offsets(tap_extents(), of_taps(strides_[plan_.y]), address(plan_.y, start), scratch.weight_offsets);
    for (std::int64_t p = 0; p < taps_; ++p) scratch.weights[p] = y[scratch.weight_offsets[p]];
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
      if (!micro_.all_finite(taps_, scratch.weights)) finite.store(false);
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
    std::copy(taps.begin(), taps.end(), extent.begin() + static_cast<std::ptrdiff_t>(inner) + 1);
    load_taps(start, y, scratch);
    plan_.slab->copy(start, extent, x, address(plan_.x, start), scratch.slab);
    list_offsets(taps, of_taps(plan_.slab->strides()), 0, scratch.tap_offsets);

    const std::int64_t n = extent[inner], c_step = strides_[kC][inner];
    std::vector<std::int64_t> at(plan_.rows, 0);
    for (;;) {
      std::int64_t from = plan_.slab->origin(), to = address(kC, start);
      for (std::size_t l = 0; l + 1 < plan_.rows; ++l) {
        from += at[l] * plan_.slab->strides()[first_row + l];
        to += at[l] * strides_[kC][first_row + l];
      }
      micro_.stencil(taps_, scratch.tap_offsets, scratch.weights, scratch.slab + from, n, scratch.out);
      if (c_step == 1) {
        micro_.store_row(n, c + to, scratch.out, factor_, !overwrites);
      } else {
        for (std::int64_t j = 0; j < n; ++j) {
          T& element = c[to + j * c_step];
          const T value = scratch.out[j] * factor_;
          element = overwrites ? value : element + value;
        }
      }
      std::size_t l = plan_.rows - 1;
      while (l > 0 && ++at[l - 1] == row.extent[l - 1]) at[--l] = 0;
      if (l == 0) return;
    }
  }

  StencilPlan plan_;
  const MicroKernels<T>& micro_;
  std::unique_ptr<const NestKernel> fallback_;
  T factor_;
  std::array<std::vector<std::int64_t>, 3> strides_;
  std::int64_t taps_ = 1, row_ = 1, per_worker_ = 0;
};

template <class T>
Candidate make(const NestProblem& problem, const Options& options) {
  Candidate result;
  auto plan = plan_stencil(problem, sizeof(T), result.reason);
  if (plan) {
    result.kernel = std::make_unique<StencilKernel<T>>(problem, std::move(*plan),
                                                       micro_kernels<T>(options.isa), options.threads);
  }
  return result;
}

}  // namespace

Candidate make_stencil(const NestProblem& problem, const Options& options) {
  switch (problem.dtype) {
    case DType::kFloat32:
      return make<float>(problem, options);
    case DType::kFloat64:
      return make<double>(problem, options);
    default:
      return {nullptr, "not of real numbers"};
  }
}

}  // namespace einfold::cpu
