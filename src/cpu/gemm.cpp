// SPDX-License-Identifier: MIT
#include "cpu/gemm.hpp"

#include "cpu/arena.hpp"
#include "cpu/element.hpp"
#include "cpu/gemm_plan.hpp"
#include "cpu/gemm_store.hpp"
#include "cpu/generic.hpp"
#include "cpu/micro.hpp"
#include "cpu/pack.hpp"

#include <algorithm>
#include <atomic>

namespace einfold::cpu {
namespace {

/// What one worker needs.
template <class T>
struct Scratch {
  T *slab, *column_slab, *panels, *sums;
  const T** rows;
  std::int64_t *row_offsets, *sum_offsets, *pack_sum_offsets, *pack_column_offsets, *c_rows, *c_columns;

  Scratch(const GemmPlan& plan, Arena& arena) {
    const std::int64_t m = plan.row_tiling.box_size(), k = plan.sum_tiling.box_size();
    slab = arena.take<T>(plan.row_slab->size());
    column_slab = arena.take<T>(plan.column_slab ? plan.column_slab->size() : 0);
    panels = arena.take<T>(plan.shared_panels ? 0 : k * plan.block_width);
    sums = arena.take<T>(plan.levels * m * plan.block_width);
    rows = arena.take<const T*>(m);
    row_offsets = arena.take<std::int64_t>(m);
    sum_offsets = arena.take<std::int64_t>(k);
    pack_sum_offsets = arena.take<std::int64_t>(k);
    pack_column_offsets = arena.take<std::int64_t>(plan.block_width);
    c_rows = arena.take<std::int64_t>(m);
    c_columns = arena.take<std::int64_t>(plan.block_width);
  }
};

template <class T>
class GemmKernel final : public NestKernel {
 public:
  GemmKernel(const NestProblem& problem, GemmPlan plan, const MicroKernels<T>& micro, int threads)
      : problem_(problem),
        plan_(std::move(plan)),
        micro_(micro),
        fallback_(make_generic(problem)),
        factor_(static_cast<T>(problem.factor.real)) {
    name = "gemm";
    overwrites = fallback_->overwrites;
    for (const Operand o : {kA, kB, kC}) {
      auto& list = strides_[static_cast<std::size_t>(o)];
      for (const Loop& loop : plan_.loops) list.push_back(loop.stride[o]);
    }
    Arena measure(nullptr);
    Scratch<T>(plan_, measure);
    per_worker_ = measure.used();
    block_elements_ = plan_.sum_tiling.box_size() * plan_.block_width;
    if (plan_.shared_panels) {
      shared_bytes_ = plan_.sum_tiling.count() * plan_.column_tiling.count() * block_elements_ *
                      static_cast<std::int64_t>(sizeof(T));
      shared_bytes_ = (shared_bytes_ + 63) / 64 * 64;
    }
    workspace_bytes = shared_bytes_ + std::max(1, threads) * per_worker_;
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const View view{static_cast<const T*>(plan_.x == kA ? buffers.a : buffers.b),
                    static_cast<const T*>(plan_.x == kA ? buffers.b : buffers.a), static_cast<T*>(buffers.c)};
    T* shared = reinterpret_cast<T*>(workspace.data());
    const auto scratch_of = [&](int worker) {
      Arena arena(workspace.data() + shared_bytes_ + worker * per_worker_);
      return Scratch<T>(plan_, arena);
    };
    if (plan_.shared_panels) {
      std::atomic<bool> finite{true};
      const std::int64_t column_blocks = plan_.column_tiling.count();
      executor.run(plan_.sum_tiling.count() * column_blocks, [&](std::int64_t task, int worker) {
        const Scratch<T> scratch = scratch_of(worker);
        Block block(plan_);
        block.set(plan_.sum_tiling, task / column_blocks, plan_.first_sum(), block.sum);
        block.set(plan_.column_tiling, task % column_blocks, plan_.first_column(), block.column);
        if (!pack(view, block, scratch, shared + task * block_elements_)) finite.store(false);
      });
      // Zeros of the slab stand for points that do not exist; times an infinity they would be heard of.
      if (!finite.load()) return fallback_->run(buffers, {}, executor);
    }
    const std::int64_t columns = plan_.column_tiling.count(), rows = plan_.row_tiling.count();
    executor.run(plan_.batch_tiling.count() * rows * columns, [&](std::int64_t task, int worker) {
      const Scratch<T> scratch = scratch_of(worker);
      Block block(plan_);
      block.set(plan_.column_tiling, task % columns, plan_.first_column(), block.column);
      block.set(plan_.row_tiling, task / columns % rows, plan_.first_row(), block.row);
      block.set(plan_.batch_tiling, task / columns / rows, 0, block.batch);
      if (!one_block(view, block, scratch,
                     plan_.shared_panels ? shared + task % columns * block_elements_ : nullptr)) {
        run_generic(part_of_problem(block), buffers);
      }
    });
  }

 private:
  struct View {
    const T *x, *y;
    T* c;
  };

  /// Where a block starts and how far it goes, in all loops and by role.
  struct Block {
    explicit Block(const GemmPlan& plan) : start(plan.loops.size(), 0), extent(plan.loops.size(), 1) {}
    std::vector<std::int64_t> start, extent;
    LoopBox batch, row, column, sum;
    void set(const Tiling& tiling, std::int64_t index, std::size_t first, LoopBox& box) {
      tiling.box(index, box);
      std::copy(box.start.begin(), box.start.end(), start.begin() + static_cast<std::ptrdiff_t>(first));
      std::copy(box.extent.begin(), box.extent.end(), extent.begin() + static_cast<std::ptrdiff_t>(first));
    }
  };

  [[nodiscard]] std::int64_t address(Operand o, const Block& block) const {
    std::int64_t result = plan_.nest.base[o];
    for (std::size_t l = 0; l < plan_.loops.size(); ++l) result += strides_[o][l] * block.start[l];
    return result;
  }
  static std::vector<std::int64_t> part(const std::vector<std::int64_t>& all, std::size_t first,
                                        std::size_t n) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {from, from + static_cast<std::ptrdiff_t>(n)};
  }

  /// Packs Y for one block of sums and columns. False if a number is not finite though zeros must hide it.
  bool pack(const View& view, const Block& block, const Scratch<T>& scratch, T* panels) const {
    const T* source = view.y;
    std::int64_t at = address(plan_.y, block);
    const std::vector<std::int64_t>* strides = &strides_[plan_.y];
    if (plan_.column_slab) {
      // Elements outside the windows need not exist; an address is not formed before they are known to.
      std::vector<std::int64_t> extents = block.extent;
      for (std::size_t l = 0; l < plan_.first_column(); ++l) extents[l] = 1;
      plan_.column_slab->copy(block.start, extents, source, at, scratch.column_slab);
      source = scratch.column_slab;
      at = plan_.column_slab->origin();
      strides = &plan_.column_slab->strides();
    }
    list_offsets(block.sum.extent, part(*strides, plan_.first_sum(), plan_.sums), 0,
                 scratch.pack_sum_offsets);
    list_offsets(block.column.extent, part(*strides, plan_.first_column(), plan_.columns), at,
                 scratch.pack_column_offsets);
    const std::int64_t k = block.sum.size(), n = block.column.size();
    pack_panels(micro_, {source, scratch.pack_sum_offsets, scratch.pack_column_offsets, k, n}, plan_.width,
                plan_.is_complex, panels);
    const std::int64_t packed = k * ((n + plan_.width - 1) / plan_.width * plan_.width);
    return !plan_.row_slab->has_padding() || micro_.all_finite(packed, panels);
  }

  /// False if zeros of a slab have met a number that is not finite; C is then untouched.
  bool one_block(const View& view, Block& block, const Scratch<T>& scratch, const T* shared) const {
    const std::int64_t m = block.row.size(), n = block.column.size();
    const SlabShape& slab = *plan_.row_slab;
    list_offsets(block.row.extent, part(slab.strides(), plan_.first_row(), plan_.rows), slab.origin(),
                 scratch.row_offsets);
    for (std::int64_t i = 0; i < m; ++i) scratch.rows[i] = scratch.slab + scratch.row_offsets[i];

    const std::int64_t level_elements = plan_.row_tiling.box_size() * plan_.block_width;
    PartialSums<T> sums(micro_, scratch.sums, level_elements, plan_.levels);
    std::vector<std::int64_t> slab_extents;
    for (std::int64_t kb = 0; kb < plan_.sum_tiling.count(); ++kb) {
      block.set(plan_.sum_tiling, kb, plan_.first_sum(), block.sum);
      const T* panels = shared;
      if (panels != nullptr) {
        panels += kb * plan_.column_tiling.count() * block_elements_;
      } else {
        if (!pack(view, block, scratch, scratch.panels)) return false;
        panels = scratch.panels;
      }
      slab_extents = block.extent;
      std::fill_n(slab_extents.begin() + static_cast<std::ptrdiff_t>(plan_.first_column()), plan_.columns, 1);
      slab.copy(block.start, slab_extents, view.x, address(plan_.x, block), scratch.slab);
      if (plan_.column_slab && plan_.column_slab->has_padding() &&
          !micro_.all_finite(slab.size(), scratch.slab)) {
        return false;
      }
      list_offsets(block.sum.extent, part(slab.strides(), plan_.first_sum(), plan_.sums), 0,
                   scratch.sum_offsets);
      multiply(scratch, panels, m, n, block.sum.size(), sums.add());
      sums.next();
    }
    const T* total = sums.total();
    block.set(plan_.sum_tiling, 0, plan_.first_sum(), block.sum);
    list_offsets(block.row.extent, part(strides_[kC], plan_.first_row(), plan_.rows), 0, scratch.c_rows);
    list_offsets(block.column.extent, part(strides_[kC], plan_.first_column(), plan_.columns), 0,
                 scratch.c_columns);
    std::fill_n(block.start.begin() + static_cast<std::ptrdiff_t>(plan_.first_sum()), plan_.sums, 0);
    store_block(micro_, {view.c + address(kC, block), scratch.c_rows, scratch.c_columns, m, n}, total,
                plan_.width, plan_.row_tiling.box_size(), factor_, !overwrites);
    return true;
  }

  void multiply(const Scratch<T>& scratch, const T* panels, std::int64_t m, std::int64_t n, std::int64_t k,
                bool add) const {
    const auto& family = micro_.family[plan_.vectors];
    const std::int64_t rows_per_panel = plan_.row_tiling.box_size();
    Tile<T> tile{nullptr, scratch.sum_offsets, k, panels, nullptr, plan_.width, add};
    for (std::int64_t j = 0; j < n; j += plan_.width, tile.panel += k * plan_.width) {
      T* c = scratch.sums + j * rows_per_panel;
      std::int64_t i = 0;
      for (int choice = 0; choice < kRowChoices; ++choice) {
        for (; i + family.height[choice] <= m; i += family.height[choice]) {
          tile.rows = scratch.rows + i;
          tile.c = c + i * plan_.width;
          family.tile[choice](tile);
        }
      }
    }
  }

  /// The block as a problem of its own, for the generic kernel.
  [[nodiscard]] NestProblem part_of_problem(const Block& block) const {
    NestProblem part = problem_;
    part.nest.loops.clear();
    part.c_box_size = 1;
    const std::int64_t unit = plan_.is_complex ? 2 : 1;
    for (std::size_t l = 0; l < plan_.loops.size(); ++l) {
      const bool last_column = l + 1 == plan_.first_sum(), last_sum = l + 1 == plan_.loops.size();
      if (plan_.is_complex && (last_column || last_sum)) continue;
      Loop loop = plan_.loops[l];
      const bool summed = l >= plan_.first_sum();
      const std::int64_t start = summed ? 0 : block.start[l];
      if (!summed) loop.extent = block.extent[l];
      for (std::size_t o = 0; o < 3; ++o) {
        loop.stride[o] /= unit;
        part.nest.base[o] += loop.stride[o] * start;
      }
      for (std::size_t w = 0; w < part.nest.windows.size(); ++w) {
        part.nest.windows[w].constant += loop.coefficients[w] * start;
      }
      if (!summed) part.c_box_size *= static_cast<double>(loop.extent);
      part.nest.loops.push_back(std::move(loop));
    }
    part.may_overwrite = overwrites;
    return part;
  }

  NestProblem problem_;
  GemmPlan plan_;
  const MicroKernels<T>& micro_;
  std::unique_ptr<const NestKernel> fallback_;
  T factor_;
  std::array<std::vector<std::int64_t>, 3> strides_;
  std::int64_t per_worker_ = 0, shared_bytes_ = 0, block_elements_ = 0;
};

template <class T>
Candidate make(const NestProblem& problem, const Options& options) {
  const MicroKernels<T>& micro = micro_kernels<T>(options.isa);
  Candidate result;
  auto plan = plan_gemm(problem, {micro.lanes, micro.widths, sizeof(T)}, options, result.reason);
  if (plan)
    result.kernel = std::make_unique<GemmKernel<T>>(problem, std::move(*plan), micro, options.threads);
  return result;
}

}  // namespace

Candidate make_gemm(const NestProblem& problem, const Options& options) {
  switch (problem.dtype) {
    case DType::kFloat32:
    case DType::kComplex64:
      return make<float>(problem, options);
    case DType::kFloat64:
    case DType::kComplex128:
      return make<double>(problem, options);
    default:
      return {nullptr, "integers"};
  }
}

}  // namespace einfold::cpu
