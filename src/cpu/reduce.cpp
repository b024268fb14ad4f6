// SPDX-License-Identifier: MIT
#include "cpu/reduce.hpp"

#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/element.hpp"
#include "cpu/load.hpp"
#include "cpu/reduce_plan.hpp"
#include "cpu/roles.hpp"
#include "cpu/rows.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kFewRows = 4;

template <class T>
class ReduceKernel final : public NestKernel {
 public:
  using F = typename FactorOf<T>::type;

  ReduceKernel(const NestProblem& problem, ReducePlan plan, const Options& options)
      : plan_(std::move(plan)),
        kernels_(row_kernels<T>(options.isa)),
        factor_(factor_as<T>(problem.factor)),
        points_(problem.nest.points()) {
    overwrites = plan_.overwrites;
    const std::int64_t chain = (plan_.leading_count + plan_.pieces - 1) / plan_.pieces * plan_.terms;
    for (std::int64_t full = chain / kChain; full > 0 && levels_ < kLevels; full /= kRadix) ++levels_;
    Arena measure(nullptr);
    Shared{*this, measure};
    shared_bytes_ = measure.used();
    per_worker_ = (levels_ * plan_.tile * static_cast<std::int64_t>(sizeof(T)) + 63) / 64 * 64;
    workspace_bytes = shared_bytes_ + per_worker_ * std::max(1, options.threads);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    Arena arena(workspace.data());
    const Shared shared(*this, arena);
    const void* const operands[] = {buffers.a, buffers.b};
    const T* x = static_cast<const T*>(operands[plan_.x]);
    const T* y = plan_.has_y ? static_cast<const T*>(operands[plan_.y]) : nullptr;
    if (plan_.packed_y) {
      pack(*plan_.packed_y, y, shared.packed_y);
      y = shared.packed_y;
    }
    T* const c = static_cast<T*>(buffers.c);
    const auto tiles_of = [&](int worker) {
      return reinterpret_cast<T*>(workspace.data() + shared_bytes_ + worker * per_worker_);
    };
    if (plan_.pieces == 1) {
      // Enough tasks to share out the work, none smaller than some microseconds.
      constexpr double kPointsPerTask = 16384;
      const auto wanted = static_cast<std::int64_t>(
          std::clamp(points_ / kPointsPerTask, 1.0, executor.threads() > 1 ? 8.0 * executor.threads() : 1.0));
      const std::int64_t tasks = std::min(wanted, plan_.outer_count);
      executor.run(tasks, [&](std::int64_t task, int worker) {
        Position sums(plan_.sum), stores(plan_.store);
        const std::int64_t last = plan_.outer_count * (task + 1) / tasks;
        for (std::int64_t o = plan_.outer_count * task / tasks; o < last; ++o) {
          store(o, stores, sum(o, 0, plan_.leading_count, sums, x, y, tiles_of(worker)), c);
        }
      });
      return;
    }
    executor.run(plan_.outer_count * plan_.pieces, [&](std::int64_t task, int worker) {
      Position sums(plan_.sum);
      const std::int64_t piece = task % plan_.pieces;
      const T* total = sum(task / plan_.pieces, plan_.leading_count * piece / plan_.pieces,
                           plan_.leading_count * (piece + 1) / plan_.pieces, sums, x, y, tiles_of(worker));
      std::copy_n(total, plan_.tile, shared.pieces + task * plan_.tile);
    });
    executor.run(plan_.outer_count, [&](std::int64_t o, int) {
      Position stores(plan_.store);
      T* const pieces = shared.pieces + o * plan_.pieces * plan_.tile;
      for (std::int64_t width = 1; width < plan_.pieces; width *= 2) {
        for (std::int64_t i = 0; i + width < plan_.pieces; i += 2 * width) {
          kernels_.add(plan_.tile, pieces + i * plan_.tile, pieces + (i + width) * plan_.tile);
        }
      }
      store(o, stores, pieces, c);
    });
  }

 private:
  struct Shared {
    T *packed_y, *pieces;
    Shared(const ReduceKernel& k, Arena& arena)
        : packed_y(arena.take<T>(k.plan_.packed_y ? k.plan_.packed_y->size : 0)),
          pieces(arena.take<T>(k.plan_.pieces > 1 ? k.plan_.pieces * k.plan_.outer_count * k.plan_.tile : 0)) {}
  };

  static void pack(const PackedOperand& packed, const T* from, T* to) {
    const std::size_t rank = packed.extents.size();
    const std::int64_t run = rank == 0 ? 1 : packed.extents[0], step = rank == 0 ? 1 : packed.from[0];
    std::vector<std::int64_t> at(rank, 0);
    from += packed.base;
    for (T* const end = to + packed.size; to < end; to += run) {  // the copy is in order
      if (step == 1) {
        std::copy_n(from, run, to);
      } else {
        for (std::int64_t i = 0; i < run; ++i) to[i] = from[i * step];
      }
      for (std::size_t l = 1; l < rank; ++l) {
        from += packed.from[l];
        if (++at[l] < packed.extents[l]) break;
        from -= packed.from[l] * packed.extents[l];
        at[l] = 0;
      }
    }
  }

  /// Sets loops [first, last) to their index-th combination; false if a window fails there.
  static bool enter(const Schedule& schedule, int first, int last, std::int64_t index, Position& p) {
    for (int d = last; d-- > first;) {
      p.values[static_cast<std::size_t>(d)] = index % schedule.loop(d).extent;
      index /= schedule.loop(d).extent;
    }
    for (int d = first; d < last; ++d) {
      const std::int64_t value = p.values[static_cast<std::size_t>(d)];
      const auto [begin, end] = schedule.range(d, p.values.data());
      if (value < begin || value >= end) return false;
      p.set(schedule, d, value);
    }
    return true;
  }

  /// body() at combinations [from, to) of loops [first, last) that lie inside the windows, in order.
  template <class Body>
  static void for_each_combination(const Schedule& schedule, int first, int last, std::int64_t from, std::int64_t to, Position& p,
                                   Body&& body) {
    const auto value = [&](int d) -> std::int64_t& { return p.values[static_cast<std::size_t>(d)]; };
    std::int64_t rest = from;
    for (int d = last; d-- > first;) {
      value(d) = rest % schedule.loop(d).extent;
      rest /= schedule.loop(d).extent;
    }
    int changed = first;  // this loop and those inside it
    for (std::int64_t at = from; at < to;) {
      int d = changed;
      for (; d < last; ++d) {
        const auto [begin, end] = schedule.range(d, p.values.data());
        if (value(d) < begin || value(d) >= end) break;
        p.set(schedule, d, value(d));
      }
      std::int64_t inside = 1;  // combinations of the loops that are skipped, all for the same value of loop d
      if (d == last) {
        body();
        --d;
      }
      for (int skipped = d + 1; skipped < last; ++skipped) {
        inside *= schedule.loop(skipped).extent;
        value(skipped) = 0;
      }
      at = (at / inside + 1) * inside;
      for (; d > first && value(d) + 1 == schedule.loop(d).extent; --d) value(d) = 0;
      if (d < first) return;  // there are no loops
      ++value(d);
      changed = d;
    }
  }

  /// The tile of the o-th combination of outer loops, over combinations [first, last) of the leading sums.
  const T* sum(std::int64_t o, std::int64_t first, std::int64_t last, Position& p, const T* x, const T* y,
               T* tiles) const {
    const Schedule& s = plan_.sum;
    const int row = s.depth() - 2, leading_end = plan_.outer + plan_.leading;
    int cleared = 0;
    std::fill_n(tiles, plan_.tile, T{});
    const auto lift = [&](int j) {
      T* const from = tiles + j * plan_.tile;
      T* const to = from + plan_.tile;
      if (j + 1 > cleared) {
        std::copy_n(from, plan_.tile, to);
        cleared = j + 1;
      } else {
        kernels_.add(plan_.tile, to, from);
      }
      std::fill_n(from, plan_.tile, T{});
    };
    CascadeCounter counter;
    enter(s, 0, plan_.outer, o, p);
    for_each_combination(s, plan_.outer, leading_end, first, last, p, [&] {
      walk(s, leading_end, row, p, [&] { add_block(p, x, y, tiles); });
      counter.add(plan_.terms, lift);
    });
    for (int j = 0; j < counter.top(); ++j) lift(j);
    return tiles + counter.top() * plan_.tile;
  }

  /// Rows and columns at the loops outside them.
  void add_block(Position& p, const T* x, const T* y, T* tile) const {
    const Schedule& s = plan_.sum;
    const auto [r0, r1] = s.range(s.depth() - 2, p.values.data());
    if (plan_.slanted) {
      for (std::int64_t r = r0; r < r1; ++r) add_rows(p, r, r + 1, x, y, tile);
    } else if (r0 < r1) {
      add_rows(p, r0, r1, x, y, tile);
    }
  }

  void add_rows(Position& p, std::int64_t r0, std::int64_t r1, const T* x, const T* y, T* tile) const {
    const Schedule& s = plan_.sum;
    const int row = s.depth() - 2, column = row + 1;
    p.values[static_cast<std::size_t>(row)] = r0;
    const auto [c0, c1] = s.range(column, p.values.data());
    if (c0 >= c1) return;
    const Offsets &at = p.offsets[static_cast<std::size_t>(row)], &row_step = s.loop(row).stride,
                  &step = s.loop(column).stride;
    const auto offset = [&](int o) { return at[static_cast<std::size_t>(o)] + r0 * row_step[static_cast<std::size_t>(o)] +
                                            c0 * step[static_cast<std::size_t>(o)]; };
    kernels_.accumulate({.rows = r1 - r0,
                         .n = c1 - c0,
                         .x = x + offset(plan_.x),
                         .x_row = row_step[plan_.x],
                         .y = plan_.has_y ? y + offset(plan_.y) : nullptr,
                         .y_row = row_step[plan_.y],
                         .y_step = step[plan_.y],
                         .sums = tile + offset(kC),
                         .sums_row = row_step[kC],
                         .lanes = plan_.lanes});
  }

  void store(std::int64_t o, Position& p, const T* tile, T* c) const {
    const Schedule& s = plan_.store;
    if (!enter(s, 0, plan_.outer, o, p)) return;
    if (plan_.lanes > 0) {
      walk(s, plan_.outer, s.depth(), p, [&] {
        const Offsets& at = p.offsets[static_cast<std::size_t>(s.depth())];
        put(c + at[kC], kernels_.fold(tile + at[kA], plan_.lanes));
      });
      return;
    }
    const int column = s.depth() - 1;
    const std::int64_t step = s.loop(column).stride[kC];
    walk(s, plan_.outer, column, p, [&] {
      const Offsets& at = p.offsets[static_cast<std::size_t>(column)];
      const auto [first, last] = s.range(column, p.values.data());
      T* to = c + at[kC] + first * step;
      const T* from = tile + at[kA] + first;
      if (step == 1) {
        return kernels_.combine({1, last - first, to, 0, from, 0, 1, nullptr, 0, 0, factor_, !overwrites});
      }
      for (std::int64_t j = 0; j < last - first; ++j) put(to + j * step, from[j]);
    });
  }

  void put(T* to, T value) const {
    const T scaled = static_cast<T>(value * factor_);
    *to = overwrites ? scaled : static_cast<T>(*to + scaled);
  }

  ReducePlan plan_;
  const RowKernelsOf<T>& kernels_;
  F factor_;
  double points_;
  int levels_ = 1;
  std::int64_t shared_bytes_ = 0, per_worker_ = 0;
};

/// Whether a product of few rows or columns is faster as tiles than as this reduction. Measured: a tiny one,
/// and one whose sums are single chains and whose runs in memory are short.
bool is_for_tiles(const ReducePlan& plan, const Roles& roles) {
  const std::int64_t rows = count(roles.a_rows), columns = count(roles.b_rows), sums = count(roles.sums);
  if (std::min(rows, columns) == 1 || sums > kChain) return false;
  const Loop& run = plan.sum.loop(plan.sum.depth() - 1);
  const bool of_products = plan.lanes == 0 && run.stride[plan.y] != 0;  // of the batch: one product per lane
  if (of_products) return run.extent < 8;
  if (std::max(rows, columns) < 8) return rows * columns * sums <= 512;
  return plan.lanes > 0 || run.extent < 32;
}

/// Of sums whose data come from cache: a call that adds rows to rows costs what some hundred elements do, each row as much as
/// some tens, or some hundred where its lanes are added up. A copied element takes as long as a hundred operations at the peak.
double part_of_peak(const ReducePlan& plan, double flops) {
  const int depth = plan.sum.depth();
  const Loop &row = plan.sum.loop(depth - 2), &column = plan.sum.loop(depth - 1);
  const auto rows = plan.slanted ? 1.0 : static_cast<double>(row.extent);
  const double elements = rows * static_cast<double>(column.extent);
  const double per_row = plan.lanes > 0 && row.stride[kC] != 0 ? 250 : 30;
  const double of_sums = 0.3 * elements / (elements + 300 + per_row * rows);
  const double copied = plan.packed_y ? 100 * static_cast<double>(plan.packed_y->size) : 0;
  return flops / (flops / of_sums + copied);
}

/// `product`: the roles of the loops of a product that tiles may be better for.
Candidate make(const NestProblem& problem, const Options& options, const char* name,
               const Roles* product = nullptr) {
  Candidate result;
  auto plan = plan_reduce(problem, result.reason);
  if (!plan) return result;
  if (product != nullptr && is_for_tiles(*plan, *product)) return {nullptr, "short runs"};
  const double of_peak = part_of_peak(*plan, flops_of(problem.nest, problem.has_a, problem.has_b));
  with_element_type(problem.dtype, [&](auto zero) {
    auto kernel = std::make_unique<ReduceKernel<decltype(zero)>>(problem, std::move(*plan), options);
    kernel->name = name;
    kernel->of_peak = of_peak;
    result.kernel = std::move(kernel);
  });
  return result;
}

}  // namespace

Candidate make_reduction(const NestProblem& problem, const Options& options) {
  if (!problem.has_a || !problem.has_b) return make(problem, options, "reduction");
  if (!problem.nest.windows.empty()) return {nullptr, "windows on one of two operands"};
  if (!reads_apart(problem.nest.loops, kA) || !reads_apart(problem.nest.loops, kB)) {
    return {nullptr, "an operand whose elements are met more than once"};
  }
  const Roles roles = roles_of(problem.nest);
  const std::int64_t rows = count(roles.a_rows), columns = count(roles.b_rows);
  if (std::min(rows, columns) > kFewRows) return {nullptr, "many rows and columns"};
  return make(problem, options, std::max(rows, columns) == 1 ? "dot product" : "matrix times vector", &roles);
}

Candidate make_sum_of_products(const NestProblem& problem, const Options& options) {
  return make(problem, options, "sum of products");
}

}  // namespace einfold::cpu
