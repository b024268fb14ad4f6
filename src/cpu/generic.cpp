// SPDX-License-Identifier: MIT
#include "cpu/generic.hpp"

#include "cpu/cascade.hpp"
#include "cpu/element.hpp"
#include "cpu/generic_plan.hpp"
#include "cpu/inner_loops.hpp"

#include <algorithm>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kRow = 256;  ///< longest row that is summed in a buffer

/// A piece of a nest: values [first, last) of the flattened first loops, elements [row_first, row_last) of
/// the row.
struct Piece {
  std::int64_t first = 0, last = 1, row_first = 0, row_last = 1;
};

template <class T>
class NestRun {
 public:
  NestRun(const GenericNest& nest, const Buffers& buffers)
      : nest_(nest),
        has_a_(buffers.a != nullptr),
        has_b_(buffers.b != nullptr),
        a_(static_cast<const T*>(buffers.a)),
        b_(static_cast<const T*>(buffers.b)),
        c_(static_cast<T*>(buffers.c)),
        factor_(factor_as<T>(nest.factor)) {}

  void run(const Piece& piece) const {
    Position p(nest_.schedule);
    for (std::int64_t at = piece.first; at < piece.last; ++at) {
      if (!enter(at, p)) continue;
      walk(nest_.schedule, nest_.apart, nest_.outs, p, [&] {
        if (nest_.inner == Inner::kPut) return put_row(piece, p);
        if (nest_.inner == Inner::kDot) return dot_all(p);
        for (std::int64_t i = piece.row_first; i < piece.row_last; i += kRow) {
          multiply_row(i, std::min(piece.row_last, i + kRow), p);
        }
      });
    }
  }

 private:
  /// Sets the first loops to their at-th combination; false if a window fails there.
  bool enter(std::int64_t at, Position& p) const {
    std::int64_t rest = at;
    for (int d = nest_.apart; d-- > 0;) {
      p.values[static_cast<std::size_t>(d)] = rest % nest_.schedule.loop(d).extent;
      rest /= nest_.schedule.loop(d).extent;
    }
    for (int d = 0; d < nest_.apart; ++d) {
      const std::int64_t value = p.values[static_cast<std::size_t>(d)];
      const auto [first, last] = nest_.schedule.range(d, p.values.data());
      if (value < first || value >= last) return false;
      p.set(nest_.schedule, d, value);
    }
    return true;
  }

  [[nodiscard]] Strided<const T> a(const Offsets& at, const Offsets& step) const {
    return has_a_ ? Strided<const T>{a_ + at[kA], step[kA]} : Strided<const T>{&one_, 0};
  }
  [[nodiscard]] Strided<const T> b(const Offsets& at, const Offsets& step) const {
    return has_b_ ? Strided<const T>{b_ + at[kB], step[kB]} : Strided<const T>{&one_, 0};
  }
  static Offsets moved(const Offsets& at, const Offsets& step, std::int64_t by) {
    return {at[kA] + by * step[kA], at[kB] + by * step[kB], at[kC] + by * step[kC]};
  }
  void add(T* to, T value) const {
    const T scaled = static_cast<T>(value * factor_);
    *to = nest_.overwrites ? scaled : static_cast<T>(*to + scaled);
  }

  void put_row(const Piece& piece, const Position& p) const {
    const Schedule& schedule = nest_.schedule;
    const auto outs = static_cast<std::size_t>(nest_.outs);
    if (schedule.depth() == nest_.outs) {  // no loop at all
      const Offsets& at = p.offsets[outs];
      return add(c_ + at[kC], multiply(*a(at, {}).at, *b(at, {}).at));
    }
    const Offsets& step = schedule.loop(nest_.outs).stride;
    auto [first, last] = schedule.range(nest_.outs, p.values.data());
    first = std::clamp(first, piece.row_first, piece.row_last);
    last = std::clamp(last, first, piece.row_last);
    const auto c = [&](std::int64_t i) {
      return Strided<T>{c_ + p.offsets[outs][kC] + i * step[kC], step[kC]};
    };
    const auto clear = [&](std::int64_t from, std::int64_t to) {
      put<false>(to - from, c(from), factor_, [](std::int64_t) { return T{}; });
    };
    if (nest_.overwrites && first >= last) return clear(piece.row_first, piece.row_last);
    if (first >= last) return;
    const Offsets at = moved(p.offsets[outs], step, first);
    if (!nest_.overwrites)
      return put_products<true>(last - first, c(first), factor_, a(at, step), b(at, step));
    clear(piece.row_first, first);
    put_products<false>(last - first, c(first), factor_, a(at, step), b(at, step));
    clear(last, piece.row_last);
  }

  void dot_all(Position& p) const {
    const Schedule& schedule = nest_.schedule;
    const int innermost = schedule.depth() - 1;
    const Offsets& step = schedule.loop(innermost).stride;
    T levels[kLevels + 1] = {};
    CascadeCounter counter;
    walk(schedule, nest_.outs, innermost, p, [&] {
      const auto [first, last] = schedule.range(innermost, p.values.data());
      const Offsets& start = p.offsets[static_cast<std::size_t>(innermost)];
      for (std::int64_t i = first; i < last; i += kChain) {
        const Offsets at = moved(start, step, i);
        const std::int64_t n = std::min(kChain, last - i);
        levels[0] += dot(n, a(at, step), b(at, step));
        counter.add(n, [&](int j) {
          levels[j + 1] += levels[j];
          levels[j] = T{};
        });
      }
    });
    for (int j = 0; j < counter.top(); ++j) levels[j + 1] += levels[j];
    add(c_ + p.offsets[static_cast<std::size_t>(nest_.outs)][kC], levels[counter.top()]);
  }

  /// Elements [begin, end) of the row.
  void multiply_row(std::int64_t begin, std::int64_t end, Position& p) const {
    const Schedule& schedule = nest_.schedule;
    const int row = schedule.depth() - 1;
    const Offsets& step = schedule.loop(row).stride;
    const std::int64_t n = end - begin;
    T levels[kLevels + 1][kRow];
    std::fill_n(levels[0], n, T{});
    int cleared = 0;
    const auto lift = [&](int j) {
      T* to = levels[j + 1];
      if (j + 1 > cleared) {
        std::fill_n(to, n, T{});
        cleared = j + 1;
      }
      for (std::int64_t i = 0; i < n; ++i) to[i] += levels[j][i];
      std::fill_n(levels[j], n, T{});
    };
    CascadeCounter counter;
    std::int64_t low = end, high = begin;  // what lies outside C's windows is not touched, not even to add 0
    walk(schedule, nest_.outs, row, p, [&] {
      auto [first, last] = schedule.range(row, p.values.data());
      first = std::max(first, begin);
      last = std::min(last, end);
      if (first >= last) return;
      low = std::min(low, first);
      high = std::max(high, last);
      const Offsets at = moved(p.offsets[static_cast<std::size_t>(row)], step, first);
      multiply_add(last - first, levels[0] + (first - begin), a(at, step), b(at, step));
      counter.add(1, lift);
    });
    for (int j = 0; j < counter.top(); ++j) lift(j);
    T* const c = c_ + p.offsets[static_cast<std::size_t>(nest_.outs)][kC];
    const auto value = [sum = levels[counter.top()], begin](std::int64_t i) { return sum[i - begin]; };
    if (nest_.overwrites) {
      put<false>(n, Strided<T>{c + begin * step[kC], step[kC]}, factor_, [&](std::int64_t i) { return value(begin + i); });
    } else if (low < high) {
      put<true>(high - low, Strided<T>{c + low * step[kC], step[kC]}, factor_, [&](std::int64_t i) { return value(low + i); });
    }
  }

  const GenericNest& nest_;
  bool has_a_, has_b_;
  const T* a_;
  const T* b_;
  T* c_;
  decltype(factor_as<T>(plan::Factor{})) factor_;
  T one_ = T(1);
};

class GenericKernel final : public NestKernel {
 public:
  explicit GenericKernel(const NestProblem& problem)
      : dtype_(problem.dtype), nest_(generic_nest_of(problem)) {
    name = "generic";
    of_peak = 0.02;
    overwrites = nest_.overwrites;
  }

  void run(const Buffers& buffers, std::span<std::byte>, Executor& executor) const override {
    with_element_type(dtype_, [&](auto zero) { run_as<decltype(zero)>(buffers, executor); });
  }

 private:
  template <class T>
  void run_as(const Buffers& buffers, Executor& executor) const {
    const NestRun<T> runner(nest_, buffers);
    const bool has_row = nest_.inner != Inner::kDot && nest_.schedule.depth() > nest_.outs;
    const std::int64_t row = has_row ? nest_.schedule.loop(nest_.schedule.depth() - 1).extent : 1;
    std::int64_t combinations = 1;
    for (int d = 0; d < nest_.apart; ++d) combinations *= nest_.schedule.loop(d).extent;
    // Enough tasks to share out the work, none smaller than some microseconds.
    constexpr double kPointsPerTask = 16384;
    const auto wanted = static_cast<std::int64_t>(std::clamp(
        nest_.points / kPointsPerTask, 1.0, executor.threads() > 1 ? 8.0 * executor.threads() : 1.0));
    const std::int64_t chunks = std::min(wanted, combinations);
    std::int64_t row_chunks = 1;
    if (nest_.row_apart && chunks < wanted) {
      row_chunks = std::min((wanted + chunks - 1) / chunks, (row + kRow - 1) / kRow);
    }
    const std::int64_t row_step = ((row + row_chunks - 1) / row_chunks + kRow - 1) / kRow * kRow;
    executor.run(chunks * row_chunks, [&](std::int64_t task, int) {
      const std::int64_t chunk = task / row_chunks, part = task % row_chunks;
      Piece piece{.first = combinations * chunk / chunks, .last = combinations * (chunk + 1) / chunks};
      piece.row_first = std::min(row, part * row_step);
      piece.row_last = std::min(row, piece.row_first + row_step);
      runner.run(piece);
    });
  }

  DType dtype_;
  GenericNest nest_;
};

}  // namespace

std::unique_ptr<const NestKernel> make_generic(const NestProblem& problem) {
  return std::make_unique<GenericKernel>(problem);
}

void run_generic(const NestProblem& problem, const Buffers& buffers) {
  PoolExecutor alone(1);
  GenericKernel(problem).run(buffers, {}, alone);
}

}  // namespace einfold::cpu
