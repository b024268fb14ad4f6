// SPDX-License-Identifier: MIT
#include "cpu/gemm.hpp"

#include "cpu/ahead.hpp"
#include "cpu/arena.hpp"
#include "cpu/element.hpp"
#include "cpu/gemm_one_block.hpp"
#include "cpu/gemm_plan.hpp"
#include "cpu/gemm_store.hpp"
#include "cpu/generic.hpp"
#include "cpu/generic_plan.hpp"
#include "cpu/line_writer.hpp"
#include "cpu/micro.hpp"
#include "cpu/pack.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace einfold::cpu {
namespace {

/// Whether offsets follow each other.
bool is_run(const std::int64_t* offsets, std::int64_t n) {
  return std::adjacent_find(offsets, offsets + n, [](auto p, auto q) { return q != p + 1; }) == offsets + n;
}

/// What one worker needs.
template <class T>
struct Scratch {
  T *x, *column_slab, *panels, *sums;
  const T** rows;
  T** c_row_pointers;
  std::int64_t *row_offsets, *sum_offsets, *pack_sum_offsets, *pack_column_offsets, *c_rows, *c_columns;
  std::int64_t *row_ranks, *column_ranks;  ///< of a symmetric product
  std::int64_t* kept;                      ///< the block of X that is in place, or -1

  Scratch(const GemmPlan& plan, Arena& arena) {
    const std::int64_t m = plan.row_tiling.box_size(), k = plan.sum_tiling.box_size();
    x = arena.take<T>(plan.kept_blocks() * plan.x_elements());
    column_slab = arena.take<T>(plan.column_slab ? plan.column_slab->size() : 0);
    panels = arena.take<T>(plan.stage > 0 ? 0 : plan.panel_elements());
    sums = arena.take<T>(plan.sum_elements());
    rows = arena.take<const T*>(m);
    c_row_pointers = arena.take<T*>(m);
    row_offsets = arena.take<std::int64_t>(m);
    sum_offsets = arena.take<std::int64_t>(k);
    pack_sum_offsets = arena.take<std::int64_t>(k);
    pack_column_offsets = arena.take<std::int64_t>(plan.block_width);
    c_rows = arena.take<std::int64_t>(m);
    c_columns = arena.take<std::int64_t>(plan.block_width);
    row_ranks = arena.take<std::int64_t>(plan.symmetric ? m : 0);
    column_ranks = arena.take<std::int64_t>(plan.symmetric ? plan.block_width : 0);
    kept = arena.take<std::int64_t>(1);
  }
};

template <class T>
class GemmKernel final : public NestKernel {
 public:
  GemmKernel(const NestProblem& problem, GemmPlan plan, const MicroKernels<T>& micro, Isa isa, int threads)
      : problem_(problem),
        plan_(std::move(plan)),
        micro_(micro),
        stream_(stream_lines(isa)),
        threads_(std::max(1, threads)),
        factor_(static_cast<T>(problem.factor.real)) {
    name = "gemm";
    of_peak = 0.75 * part_of_tile();
    overwrites = generic_nest_of(problem).overwrites;
    for (const Operand o : {kA, kB, kC}) {
      auto& list = strides_[static_cast<std::size_t>(o)];
      for (const Loop& loop : plan_.loops) list.push_back(loop.stride[o]);
    }
    Arena measure(nullptr);
    Scratch<T>(plan_, measure);
    per_worker_ = measure.used();
    symmetric_ = plan_.symmetric && overwrites;
    if (symmetric_) {  // on and above the diagonal
      const auto n = static_cast<double>(count_of(plan_.first_row(), plan_.rows));
      flops = problem.nest.points() * (n + 1) / n;
    }
    unit_elements_ = plan_.sum_tiling.count() * plan_.panel_elements();
    shared_bytes_ = plan_.stage * unit_elements_ * static_cast<std::int64_t>(sizeof(T));
    shared_bytes_ = (shared_bytes_ + 63) / 64 * 64;
    workspace_bytes = shared_bytes_ + threads_ * per_worker_;
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const Run run{static_cast<const T*>(plan_.x == kA ? buffers.a : buffers.b),
                  static_cast<const T*>(plan_.x == kA ? buffers.b : buffers.a), static_cast<T*>(buffers.c),
                  buffers, workspace};
    for (int worker = 0; plan_.keeps_x && worker < threads_; ++worker) *scratch_of(run, worker).kept = -1;
    const std::int64_t units = plan_.batch_tiling.count() * plan_.column_tiling.count();
    const std::int64_t stage = plan_.stage == 0 ? units : plan_.stage;
    for (std::int64_t first = 0; first < units; first += stage) {
      const std::int64_t n = std::min(stage, units - first);
      const Finite finite = plan_.stage == 0 ? Finite{} : pack_units(run, first, n, executor);
      run_units(run, first, n, finite, executor);
    }
    if (symmetric_) mirror(run, executor);
  }

 private:
  /// Columns of the last tile that are there, times k / (k + 16): a tile of k products is loaded and stored
  /// in the time of 16.
  [[nodiscard]] double part_of_tile() const {
    const auto columns = static_cast<double>(count_of(plan_.first_column(), plan_.columns));
    const auto k = static_cast<double>(plan_.sum_tiling.box_size()), width = static_cast<double>(plan_.width);
    return columns / (std::ceil(columns / width) * width) * k / (k + 16);
  }
  [[nodiscard]] std::int64_t count_of(std::size_t first, std::size_t n) const {
    std::int64_t count = 1;
    for (std::size_t l = first; l < first + n; ++l) count *= plan_.loops[l].extent;
    return count;
  }

  /// Per unit: whether zeros of the slab may stand for points that do not exist; times an infinity they would be heard of. Empty: they may.
  using Finite = std::vector<std::atomic<char>>;

  struct Run {
    const T *x, *y;
    T* c;
    const Buffers& buffers;
    std::span<std::byte> workspace;
  };

  /// Where a block starts and how far it goes, in all loops and by role.
  struct Block {
    explicit Block(const GemmPlan& plan) : start(plan.loops.size(), 0), extent(plan.loops.size(), 1) {}
    std::vector<std::int64_t> start, extent;
    LoopBox batch, row, column, sum;
    std::int64_t x_index = 0;  ///< the same for all that have the same block of X
    void set(const Tiling& tiling, std::int64_t index, std::size_t first, LoopBox& box) {
      tiling.box(index, box);
      std::copy(box.start.begin(), box.start.end(), start.begin() + static_cast<std::ptrdiff_t>(first));
      std::copy(box.extent.begin(), box.extent.end(), extent.begin() + static_cast<std::ptrdiff_t>(first));
    }
  };

  [[nodiscard]] Scratch<T> scratch_of(const Run& run, int worker) const {
    Arena arena(run.workspace.data() + shared_bytes_ + worker * per_worker_);
    return Scratch<T>(plan_, arena);
  }
  void set_unit(Block& block, std::int64_t unit) const {
    block.set(plan_.column_tiling, unit % plan_.column_tiling.count(), plan_.first_column(), block.column);
    block.set(plan_.batch_tiling, unit / plan_.column_tiling.count(), 0, block.batch);
  }

  /// Packs the panels of n units.
  Finite pack_units(const Run& run, std::int64_t first, std::int64_t n, Executor& executor) const {
    Finite finite(plan_.has_padding() ? static_cast<std::size_t>(n) : 0);
    for (auto& one : finite) one.store(1);
    const std::int64_t sums = plan_.sum_tiling.count();
    executor.run(n * sums, [&](std::int64_t task, int worker) {
      const Scratch<T> scratch = scratch_of(run, worker);
      Block block(plan_);
      set_unit(block, first + task / sums);
      block.set(plan_.sum_tiling, task % sums, plan_.first_sum(), block.sum);
      T* panels = reinterpret_cast<T*>(run.workspace.data()) + task * plan_.panel_elements();
      if (!pack(run, block, scratch, 0, panels)) finite[static_cast<std::size_t>(task / sums)].store(0);
    });
    return finite;
  }

  /// Task `task` of those of n units from `first` on, at the begin of its sum.
  void set_task(Block& block, std::int64_t first, std::int64_t n, std::int64_t task) const {
    set_unit(block, first + task % n);
    const std::int64_t row_index = task / n;
    block.set(plan_.row_tiling, row_index, plan_.first_row(), block.row);
    block.x_index = row_index;
    if (plan_.x_has_batch) block.x_index += (first + task % n) / plan_.column_tiling.count() * plan_.row_tiling.count();
  }

  void run_units(const Run& run, std::int64_t first, std::int64_t n, const Finite& finite, Executor& executor) const {
    const std::int64_t tasks = n * plan_.row_tiling.count();
    executor.run(tasks, [&](std::int64_t task, int worker) {
      const Scratch<T> scratch = scratch_of(run, worker);
      Block block(plan_);
      set_task(block, first, n, task);
      // Where this worker's next task is likely to begin.
      Addresses next{};
      if (packs_panels()) {
        Block after(plan_);
        set_task(after, first, n, std::min(task + threads_, tasks - 1));
        next = addresses(after);
      }
      const T* shared = nullptr;
      if (plan_.stage > 0)
        shared = reinterpret_cast<const T*>(run.workspace.data()) + task % n * unit_elements_;
      const bool padded = finite.empty() || finite[static_cast<std::size_t>(task % n)].load() != 0;
      if (!padded || !one_block(run, block, next, scratch, shared))
        run_generic(part_of_problem(block), run.buffers);
    });
  }

  /// Whether tasks copy from where the operands are, so that asking for what comes next may help.
  [[nodiscard]] bool packs_panels() const {
    return plan_.x_source == Source::kPanels || (plan_.stage == 0 && !plan_.column_slab);
  }
  struct Addresses {
    std::int64_t x, y;
  };
  [[nodiscard]] Addresses addresses(const Block& block) const { return {address(plan_.x, block), address(plan_.y, block)}; }

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
  bool pack(const Run& run, const Block& block, const Scratch<T>& scratch, std::int64_t distance, T* panels) const {
    const T* source = run.y;
    std::int64_t at = address(plan_.y, block);
    const std::vector<std::int64_t>* strides = &strides_[plan_.y];
    if (plan_.column_slab) {
      // Elements outside the windows need not exist; an address is not formed before they are known to.
      std::vector<std::int64_t> extents = block.extent;
      for (std::size_t l = 0; l < plan_.first_column(); ++l) extents[l] = 1;
      plan_.column_slab->copy(micro_, block.start, extents, source, at, scratch.column_slab);
      source = scratch.column_slab;
      at = plan_.column_slab->origin();
      distance = 0;
      strides = &plan_.column_slab->strides();
    }
    list_offsets(block.sum.extent, part(*strides, plan_.first_sum(), plan_.sums), 0,
                 scratch.pack_sum_offsets);
    list_offsets(block.column.extent, part(*strides, plan_.first_column(), plan_.columns), at,
                 scratch.pack_column_offsets);
    const std::int64_t k = block.sum.size(), n = block.column.size();
    pack_panels(micro_, {source, scratch.pack_sum_offsets, scratch.pack_column_offsets, k, n, distance}, plan_.width,
                plan_.is_complex, panels);
    const std::int64_t packed = k * ((n + plan_.width - 1) / plan_.width * plan_.width);
    return !plan_.has_padding() || micro_.all_finite(packed, panels);
  }

  /// False if zeros of a slab have met a number that is not finite; C is then untouched.
  bool one_block(const Run& run, Block& block, const Addresses& next, const Scratch<T>& scratch, const T* shared) const {
    const std::int64_t m = block.row.size();
    list_offsets(block.row.extent, part(strides_[kC], plan_.first_row(), plan_.rows), 0, scratch.c_rows);
    list_offsets(block.column.extent, part(strides_[kC], plan_.first_column(), plan_.columns), 0,
                 scratch.c_columns);
    T* c = run.c + address(kC, block);
    if (symmetric_) {
      list_ranks(plan_.first_row(), plan_.rows, block.row, scratch.row_ranks);
      list_ranks(plan_.first_column(), plan_.columns, block.column, scratch.column_ranks);
      if (rows_for(block, scratch, block.column.size() - 1) == 0) return true;
    }
    if (plan_.levels == 0) {
      const T* panels = sum_block(run, block, next, scratch, 0, shared);
      if (panels == nullptr) return false;
      if (plan_.by_rows && is_run(scratch.c_columns, block.column.size()))
        multiply_by_rows(block, scratch, panels, c);
      else
        multiply(block, scratch, panels, false, c);
      return true;
    }

    const std::int64_t level_elements = plan_.row_tiling.box_size() * plan_.block_width;
    PartialSums<T> sums(micro_, scratch.sums, level_elements, plan_.levels);
    for (std::int64_t kb = 0; kb < plan_.sum_tiling.count(); ++kb) {
      const T* panels = sum_block(run, block, next, scratch, kb, shared);
      if (panels == nullptr) return false;
      const bool completes = sums.completes(plan_.sum_tiling.count() - kb);
      multiply(block, scratch, panels, sums.add(), completes ? c : nullptr);
      if (completes) return true;
      sums.next();
    }
    const T* total = sums.total();
    if (!symmetric_) {
      store(scratch, c, 0, block.column.size(), m, total);
      return true;
    }
    for (std::int64_t j = 0; j < block.column.size(); j += plan_.width) {
      const std::int64_t n = std::min(plan_.width, block.column.size() - j);
      store(scratch, c, j, n, rows_for(block, scratch, j + n - 1), total + j * plan_.row_tiling.box_size());
    }
    return true;
  }

  /// Where the points of a box come in row-major order of all its loops.
  void list_ranks(std::size_t first, std::size_t n, const LoopBox& box, std::int64_t* ranks) const {
    std::vector<std::int64_t> steps(n, 1);
    std::int64_t base = 0;
    for (std::size_t i = n; i-- > 0;) {
      if (i + 1 < n) steps[i] = steps[i + 1] * plan_.loops[first + i + 1].extent;
      base += steps[i] * box.start[i];
    }
    list_offsets(box.extent, steps, base, ranks);
  }

  /// How many of a block's rows the panel with this last column needs: all, or those up to the diagonal.
  std::int64_t rows_for(const Block& block, const Scratch<T>& scratch, std::int64_t last_column) const {
    const std::int64_t m = block.row.size();
    if (!symmetric_) return m;
    return std::upper_bound(scratch.row_ranks, scratch.row_ranks + m, scratch.column_ranks[last_column]) -
           scratch.row_ranks;
  }

  /// C[i][j] = C[j][i] for i > j, square by square.
  void mirror(const Run& run, Executor& executor) const {
    constexpr std::int64_t kSquare = 32;
    std::int64_t n = 1;
    for (std::size_t l = plan_.first_row(); l < plan_.first_column(); ++l) n *= plan_.loops[l].extent;
    struct Places {
      std::int64_t row[kSquare], column[kSquare], count;
    };
    const auto places_of = [&](std::int64_t first, Places& places) {
      places.count = std::min(kSquare, n - first);
      for (std::int64_t i = 0; i < places.count; ++i) {
        std::int64_t rest = first + i, row = 0, column = 0;
        for (std::size_t l = plan_.rows; l-- > 0;) {
          const std::int64_t at = rest % plan_.loops[plan_.first_row() + l].extent;
          rest /= plan_.loops[plan_.first_row() + l].extent;
          row += at * strides_[kC][plan_.first_row() + l];
          column += at * strides_[kC][plan_.first_column() + l];
        }
        places.row[i] = row;
        places.column[i] = column;
      }
    };
    const std::int64_t squares = (n + kSquare - 1) / kSquare;
    executor.run(plan_.batch_tiling.count() * squares, [&](std::int64_t task, int) {
      Block block(plan_);
      block.set(plan_.batch_tiling, task / squares, 0, block.batch);
      T* c = run.c + address(kC, block);
      const std::int64_t lower = task % squares;
      Places below, above;
      places_of(lower * kSquare, below);
      for (std::int64_t upper = 0; upper <= lower; ++upper) {
        places_of(upper * kSquare, above);
        for (std::int64_t i = 0; i < below.count; ++i) {
          const std::int64_t last = upper == lower ? i : above.count;
          for (std::int64_t j = 0; j < last; ++j)
            c[below.row[i] + above.column[j]] = c[above.row[j] + below.column[i]];
        }
      }
    });
  }

  /// Where X is, for one block of rows and sums: element (i, p) is at rows[i] + sum_offsets[p]. False if a
  /// number is not finite though zeros must hide it.
  bool place_x(const Run& run, const Block& block, const Scratch<T>& scratch, std::int64_t kb, std::int64_t distance) const {
    const bool is_kept = plan_.keeps_x && *scratch.kept == block.x_index, is_last = kb + 1 == plan_.sum_tiling.count();
    if (is_kept && plan_.sum_tiling.count() == 1) return true;
    *scratch.kept = is_kept || is_last ? block.x_index : -1;
    const std::int64_t m = block.row.size(), k = block.sum.size();
    const std::int64_t first = address(plan_.x, block);
    const auto& strides = plan_.row_slab ? plan_.row_slab->strides() : strides_[plan_.x];
    list_offsets(block.row.extent, part(strides, plan_.first_row(), plan_.rows), 0, scratch.row_offsets);
    list_offsets(block.sum.extent, part(strides, plan_.first_sum(), plan_.sums), 0, scratch.sum_offsets);
    if (plan_.x_source == Source::kPanels) {
      const std::int64_t strip = plan_.strip;
      T* const x = scratch.x + (plan_.keeps_x ? kb * plan_.x_elements() : 0);
      if (!is_kept) pack_panels(micro_, {run.x + first, scratch.sum_offsets, scratch.row_offsets, k, m, distance}, strip, false, x);
      for (std::int64_t i = 0; i < m; ++i) scratch.rows[i] = x + i / strip * strip * k + i % strip;
      for (std::int64_t p = 0; p < k; ++p) scratch.sum_offsets[p] = p * strip;
      return true;
    }
    const T* origin = nullptr;
    if (plan_.x_source == Source::kSlab) {
      std::vector<std::int64_t> extents = block.extent;
      std::fill_n(extents.begin() + static_cast<std::ptrdiff_t>(plan_.first_column()), plan_.columns, 1);
      plan_.row_slab->copy(micro_, block.start, extents, run.x, first, scratch.x);
      origin = scratch.x + plan_.row_slab->origin();
    } else {
      origin = run.x + first;
    }
    for (std::int64_t i = 0; i < m; ++i) scratch.rows[i] = origin + scratch.row_offsets[i];
    const bool hides = plan_.column_slab && plan_.column_slab->has_padding();
    return !hides || micro_.all_finite(plan_.x_elements(), scratch.x);
  }

  /// Row i of X is column i of the panels.
  void place_x_in(const T* panels, const Block& block, const Scratch<T>& scratch) const {
    const std::int64_t k = block.sum.size(), width = plan_.width;
    list_ranks(plan_.first_row(), plan_.rows, block.row, scratch.row_offsets);
    for (std::int64_t i = 0; i < block.row.size(); ++i) {
      const std::int64_t column = scratch.row_offsets[i];
      scratch.rows[i] = panels + column / width * width * k + column % width;
    }
    for (std::int64_t p = 0; p < k; ++p) scratch.sum_offsets[p] = p * width;
  }

  /// The panels of one block of the sum, and its rows. Null if zeros of a slab have met a number that is not
  /// finite.
  const T* sum_block(const Run& run, Block& block, const Addresses& next, const Scratch<T>& scratch, std::int64_t kb,
                     const T* shared) const {
    Addresses then = next;  // block kb + 1 follows, or the next task's first
    if (kb + 1 < plan_.sum_tiling.count()) {
      block.set(plan_.sum_tiling, kb + 1, plan_.first_sum(), block.sum);
      then = addresses(block);
    }
    block.set(plan_.sum_tiling, kb, plan_.first_sum(), block.sum);
    const Addresses here = addresses(block);
    if (shared == nullptr && !pack(run, block, scratch, then.y - here.y, scratch.panels)) return nullptr;
    const T* panels = shared == nullptr ? scratch.panels : shared + kb * plan_.panel_elements();
    if (plan_.x_source == Source::kPanelsOfY)
      place_x_in(panels, block, scratch);
    else if (!place_x(run, block, scratch, kb, then.x - here.x))
      return nullptr;
    // Where C lies does not depend on the sum.
    std::fill_n(block.start.begin() + static_cast<std::ptrdiff_t>(plan_.first_sum()), plan_.sums, 0);
    return panels;
  }

  /// One panel times m rows,  c = added + rows * panel,  where `to` tells where row i of c and of `added` is. With every tile a part of
  /// `next`, the panel that follows, is asked for.
  template <class Place>
  void multiply_panel(const Scratch<T>& scratch, const T* panel, std::int64_t m, std::int64_t k, const T* next, Place&& to) const {
    const auto& family = micro_.family[plan_.vectors];
    Ahead ahead;
    if (next != nullptr && m > 0) ahead.add(next, next + k * plan_.width);
    const std::int64_t lines = m > 0 ? (ahead.lines() * family.height[0] + m - 1) / m : 0;
    multiply_rows<T>(family, scratch.rows, m, {nullptr, scratch.sum_offsets, k, panel, nullptr, plan_.width}, [&](Tile<T>& tile, std::int64_t i) {
      to(tile, i);
      ahead.ask(lines);
    });
  }

  /// The product of one block of the sum, added to the partial sums if there are any, becomes the partial sums; or, of the last block, goes to
  /// C, if that is given: tile by tile where these are rows of C, panel by panel otherwise, while the panel's product is in the first cache.
  void multiply(const Block& block, const Scratch<T>& scratch, const T* panels, bool add, T* c) const {
    const std::int64_t n = block.column.size(), k = block.sum.size(), width = plan_.width;
    for (std::int64_t i = 0; c != nullptr && i < block.row.size(); ++i) scratch.c_row_pointers[i] = c + scratch.c_rows[i];
    for (std::int64_t j = 0; j < n; j += width, panels += k * width) {
      const std::int64_t m = rows_for(block, scratch, std::min(j + width, n) - 1);
      const std::int64_t* columns = scratch.c_columns + j;
      const bool rows_of_c = c != nullptr && overwrites && j + width <= n && is_run(columns, width);
      T* sums = scratch.sums + (plan_.levels == 0 ? 0 : j * plan_.row_tiling.box_size());
      multiply_panel(scratch, panels, m, k, j + width < n ? panels + k * width : nullptr, [&](Tile<T>& tile, std::int64_t i) {
        tile.c = sums + i * width;
        tile.added = add ? tile.c : nullptr;
        tile.c_rows = rows_of_c ? scratch.c_row_pointers + i : nullptr;
        tile.c_offset = columns[0];
        tile.factor = rows_of_c ? factor_ : T(1);
      });
      if (c != nullptr && !rows_of_c) store(scratch, c, j, std::min(width, n - j), m, sums);
    }
  }

  /// Panel by panel a few rows are completed in the first cache, and go to C, past the others where it is large.
  void multiply_by_rows(const Block& block, const Scratch<T>& scratch, const T* panels, T* c) const {
    const auto& family = micro_.family[plan_.vectors];
    const std::int64_t n = block.column.size(), k = block.sum.size(), width = plan_.width, ld = plan_.block_width;
    const bool streams = plan_.streams && overwrites;
    Tile<T> tile{nullptr, scratch.sum_offsets, k, panels, scratch.sums, ld};
    if (streams) tile.factor = factor_;
    each_tile(family, block.row.size(), [&](int choice, std::int64_t i) {
      tile.rows = scratch.rows + i;
      for (std::int64_t j = 0; j < n; j += width) {
        tile.panel = panels + j * k;
        tile.c = scratch.sums + j;
        family.tile[choice](tile);
      }
      for (std::int64_t r = 0; r < family.height[choice]; ++r) {
        T* const row = scratch.sums + r * ld;
        T* const to = c + scratch.c_rows[i + r] + scratch.c_columns[0];
        if (!streams) {
          micro_.store_row(n, to, row, factor_, !overwrites);
          continue;
        }
        stream_run(stream_, reinterpret_cast<std::byte*>(to), reinterpret_cast<const std::byte*>(row), n * static_cast<std::int64_t>(sizeof(T)));
      }
    });
    if (streams) finish_streaming();
  }

  /// Columns first .. first + n of C's block, and its first m rows, from panels of sums.
  void store(const Scratch<T>& scratch, T* c, std::int64_t first, std::int64_t n, std::int64_t m,
             const T* sums) const {
    if (m == 0) return;
    store_block(micro_, {c, scratch.c_rows, scratch.c_columns + first, m, n}, sums, plan_.width,
                plan_.row_tiling.box_size(), factor_, !overwrites);
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
  StreamLines stream_;
  int threads_;
  T factor_;
  std::array<std::vector<std::int64_t>, 3> strides_;
  bool symmetric_ = false;
  std::int64_t per_worker_ = 0, shared_bytes_ = 0, unit_elements_ = 0;
};

template <class T>
Candidate make(const NestProblem& problem, const Options& options) {
  constexpr int kMostShrink = 5;
  const MicroKernels<T>& micro = micro_kernels<T>(options.isa);
  Candidate result;
  for (int shrink = 0; shrink <= kMostShrink; ++shrink) {
    auto plan = plan_gemm(problem, {micro.lanes, micro.widths, sizeof(T)}, options, shrink, result.reason);
    if (!plan) break;
    std::unique_ptr<const NestKernel> kernel;
    if (plan->one_block)
      kernel = make_one_block(problem, *plan, micro, options.threads);
    else
      kernel = std::make_unique<GemmKernel<T>>(problem, std::move(*plan), micro, options.isa, options.threads);
    const bool smaller = !result.kernel || kernel->workspace_bytes < result.kernel->workspace_bytes;
    if (smaller) result.kernel = std::move(kernel);
    if (result.kernel->workspace_bytes <= options.workspace_limit_bytes) break;
  }
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
