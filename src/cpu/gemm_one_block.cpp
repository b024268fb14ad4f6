// SPDX-License-Identifier: MIT
#include "cpu/gemm_one_block.hpp"

#include "cpu/arena.hpp"
#include "cpu/gemm_store.hpp"
#include "cpu/generic_plan.hpp"
#include "cpu/pack.hpp"
#include "cpu/roles.hpp"

#include <algorithm>
#include <vector>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kTask = 1 << 18;  ///< multiplications of a task

template <class T>
class OneBlock final : public NestKernel {
 public:
  OneBlock(const NestProblem& problem, const GemmPlan& plan, const MicroKernels<T>& micro, int threads)
      : micro_(micro),
        family_(micro.family[plan.vectors]),
        factor_(static_cast<T>(problem.factor.real)),
        x_(plan.x),
        y_(plan.y),
        pairs_(plan.is_complex),
        width_(plan.width),
        base_(plan.nest.base),
        batch_(plan.loops.begin(), plan.loops.begin() + static_cast<std::ptrdiff_t>(plan.batches)),
        batches_(count(batch_)) {
    name = "gemm";
    of_peak = 0.4;
    overwrites = generic_nest_of(problem).overwrites;
    const auto list = [&](Operand o, std::size_t first, std::size_t n) {
      std::vector<std::int64_t> extents, strides;
      for (std::size_t l = first; l < first + n; ++l) {
        extents.push_back(plan.loops[l].extent);
        strides.push_back(plan.loops[l].stride[o]);
      }
      std::int64_t points = 1;
      for (const std::int64_t extent : extents) points *= extent;
      std::vector<std::int64_t> offsets(static_cast<std::size_t>(points));
      list_offsets(extents, strides, 0, offsets.data());
      return offsets;
    };
    x_rows_ = list(x_, plan.first_row(), plan.rows);
    x_sums_ = list(x_, plan.first_sum(), plan.sums);
    y_sums_ = list(y_, plan.first_sum(), plan.sums);
    y_columns_ = list(y_, plan.first_column(), plan.columns);
    c_rows_ = list(kC, plan.first_row(), plan.rows);
    c_columns_ = list(kC, plan.first_column(), plan.columns);
    const auto is_run = [](auto from, auto end) {
      return std::adjacent_find(from, end, [](auto p, auto q) { return q != p + 1; }) == end;
    };
    y_rows_ = !pairs_ && is_run(y_columns_.begin(), y_columns_.end());
    for (std::int64_t first = 0; first < columns(); first += width_) {
      const auto from = c_columns_.begin() + first, end = from + std::min(width_, columns() - first);
      panels_.push_back(
          {first, end - from, overwrites && is_run(from, end) && end - from == width_});
    }
    per_task_ = std::max<std::int64_t>(1, kTask / (rows() * columns() * sums()));
    Arena measure(nullptr);
    Scratch(*this, measure);
    per_worker_ = measure.used();
    workspace_bytes = std::max(1, threads) * per_worker_;
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const void* const operands[] = {buffers.a, buffers.b};
    const T *const x = static_cast<const T*>(operands[x_]), *const y = static_cast<const T*>(operands[y_]);
    T* const c = static_cast<T*>(buffers.c);
    executor.run((batches_ + per_task_ - 1) / per_task_, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const Scratch scratch(*this, arena);
      for (std::int64_t b = task * per_task_; b < std::min(batches_, (task + 1) * per_task_); ++b) {
        const Offsets at = place(b);
        product(x + at[x_], y + at[y_], c + at[kC], scratch);
      }
    });
  }

 private:
  struct Panel {
    std::int64_t first, columns;
    bool rows_of_c;  ///< its tiles are rows of C as they are
  };
  struct Scratch {
    T *panels, *sums;
    const T** x_rows;
    T** c_rows;
    Scratch(const OneBlock& k, Arena& arena)
        : panels(arena.take<T>(static_cast<std::int64_t>(k.panels_.size()) * k.width_ * k.sums())),
          sums(arena.take<T>(k.rows() * k.width_)),
          x_rows(arena.take<const T*>(k.rows())),
          c_rows(arena.take<T*>(k.rows())) {}
  };

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(x_rows_.size()); }
  [[nodiscard]] std::int64_t columns() const { return static_cast<std::int64_t>(y_columns_.size()); }
  [[nodiscard]] std::int64_t sums() const { return static_cast<std::int64_t>(x_sums_.size()); }

  /// Where product b of the batch starts.
  [[nodiscard]] Offsets place(std::int64_t b) const {
    Offsets at = base_;
    for (std::size_t l = batch_.size(); l-- > 0;) {
      const Loop& loop = batch_[l];
      const std::int64_t value = l == 0 ? b : b % loop.extent;
      for (std::size_t o = 0; o < 3; ++o) at[o] += value * loop.stride[o];
      if (l > 0) b /= loop.extent;
    }
    return at;
  }

  void pack(const T* y, T* panels) const {
    const std::int64_t k = sums();
    if (!y_rows_)
      return pack_panels(micro_, {y, y_sums_.data(), y_columns_.data(), k, columns()}, width_, pairs_,
                         panels);
    for (const Panel& panel : panels_) {
      micro_.pack_run(y + y_columns_[0] + panel.first, y_sums_.data(), k, panel.columns, 1, width_, panels);
      if (panel.columns == width_)
        panels += k * width_;
      else
        for (std::int64_t p = 0; p < k; ++p, panels += width_)
          std::fill(panels + panel.columns, panels + width_, T(0));
    }
  }

  void product(const T* x, const T* y, T* c, const Scratch& scratch) const {
    const std::int64_t m = rows(), k = sums();
    pack(y, scratch.panels);
    for (std::int64_t i = 0; i < m; ++i) scratch.x_rows[i] = x + x_rows_[static_cast<std::size_t>(i)];
    for (std::int64_t i = 0; i < m; ++i) scratch.c_rows[i] = c + c_rows_[static_cast<std::size_t>(i)];
    Tile<T> tile{nullptr, x_sums_.data(), k, scratch.panels, nullptr, width_};
    for (const Panel& panel : panels_) {
      const std::int64_t* c_columns = c_columns_.data() + panel.first;
      tile.c_offset = *c_columns;
      multiply_rows(family_, scratch.x_rows, m, tile, [&](Tile<T>& at, std::int64_t i) {
        at.c_rows = panel.rows_of_c ? scratch.c_rows + i : nullptr;
        at.c = scratch.sums + i * width_;
        at.factor = panel.rows_of_c ? factor_ : T(1);
      });
      tile.panel += k * width_;
      if (panel.rows_of_c) continue;
      store_block(micro_, {c, c_rows_.data(), c_columns, m, panel.columns}, scratch.sums, width_, m, factor_,
                  !overwrites);
    }
  }

  const MicroKernels<T>& micro_;
  const typename MicroKernels<T>::Family& family_;
  T factor_;
  Operand x_, y_;
  bool pairs_, y_rows_ = false;
  std::int64_t width_;
  Offsets base_;
  std::vector<Loop> batch_;
  std::int64_t batches_, per_task_ = 1, per_worker_ = 0;
  std::vector<std::int64_t> x_rows_, x_sums_, y_sums_, y_columns_, c_rows_, c_columns_;
  std::vector<Panel> panels_;
};

}  // namespace

template <class T>
std::unique_ptr<const NestKernel> make_one_block(const NestProblem& problem, const GemmPlan& plan,
                                                 const MicroKernels<T>& micro, int threads) {
  return std::make_unique<OneBlock<T>>(problem, plan, micro, threads);
}

template std::unique_ptr<const NestKernel> make_one_block<float>(const NestProblem&, const GemmPlan&,
                                                                 const MicroKernels<float>&, int);
template std::unique_ptr<const NestKernel> make_one_block<double>(const NestProblem&, const GemmPlan&,
                                                                  const MicroKernels<double>&, int);

}  // namespace einfold::cpu
