// SPDX-License-Identifier: MIT
//
// A nest of loops in the order in which it is run, with every window turned into a range of one loop.
// Knows nothing of element types.
#pragma once

#include "plan/contraction.hpp"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace einfold::cpu {

enum Operand : int { kA = 0, kB = 1, kC = 2 };

using Offsets = std::array<std::int64_t, 3>;  ///< one element offset for each of A, B, C

/// A window with the operand it belongs to.
struct OwnedWindow {
  std::int64_t constant = 0, extent = 0;
  Operand owner = kA;
};

struct Loop {
  std::int64_t extent = 1;
  Offsets stride{};
  std::vector<std::int64_t> coefficients;  ///< one per window of the nest

  [[nodiscard]] std::int64_t span(Operand x) const noexcept {
    return (stride[x] < 0 ? -stride[x] : stride[x]) * (extent - 1);
  }
};

/// A nest without loops of extent 1, without windows that hold everywhere, and with neighbours fused.
struct LoopNest {
  std::vector<Loop> loops;
  std::vector<OwnedWindow> windows;
  Offsets base{};
  bool empty = false;    ///< some window never holds
  plan::Factor repeats;  ///< product of the extents of loops that nobody depends on; they are not in `loops`

  /// Whether operand x depends on the loop, by a stride or by a window.
  [[nodiscard]] bool depends(const Loop& loop, Operand x) const noexcept;
  /// Number of loop points, windows not regarded.
  [[nodiscard]] double points() const noexcept;
};

/// The access of an absent operand is ignored.
[[nodiscard]] LoopNest loop_nest_of(const plan::Nest& nest, bool has_a, bool has_b);

/// Fuses every pair of loops that is one loop for all operands and windows:  stride_x = extent_y stride_y.
void fuse_loops(LoopNest& nest);

/// Whether distinct points of these loops have distinct addresses in C. Sufficient: in order of their strides
/// each steps over all finer ones together.
[[nodiscard]] bool writes_apart(const std::vector<Loop>& loops);

/// The same of an operand, and of the loops along which it moves.
[[nodiscard]] bool reads_apart(const std::vector<Loop>& loops, Operand x);

/// The same points with the loop's values in the opposite order.
void reverse_loop(LoopNest& nest, std::size_t loop);

/// Cuts the loop into blocks of `block` values: the loop becomes the one inside the block, and the number of the block a new,
/// last loop. A new window, said to be of A, cuts the last block short.
void split_loop(LoopNest& nest, std::size_t loop, std::int64_t block);

/// Rewrites scatters that meet an element of C several times as sums. Where loops x and y step over one another in C,
///
///     C[q x + y] += t(x, y)   becomes   C[s] += sum_x t(x, s - q x),   0 <= s - q x < extent_y
///
/// Windows of C on a single loop then become bounds of that loop.
void gather_scatters(LoopNest& nest);

/// The loops in running order; `range` gives the values of loop d that satisfy the windows whose last loop it
/// is.
class Schedule {
 public:
  Schedule() = default;
  /// Windows are tested as far outside as their loops allow, but not outside loop `not_before`.
  Schedule(const LoopNest& nest, std::vector<Loop> order, int not_before = 0);

  [[nodiscard]] int depth() const noexcept { return static_cast<int>(loops_.size()); }
  [[nodiscard]] const Loop& loop(int d) const noexcept { return loops_[static_cast<std::size_t>(d)]; }
  [[nodiscard]] const Offsets& base() const noexcept { return base_; }

  /// [first, last) of loop d, given the values of the loops outside it.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> range(int d, const std::int64_t* values) const noexcept;

 private:
  struct Test {
    std::int64_t constant, extent, coefficient;
    std::vector<std::pair<int, std::int64_t>> outer;  ///< (loop, coefficient)
  };
  std::vector<Loop> loops_;
  std::vector<std::vector<Test>> tests_;  ///< by the innermost loop that takes part
  Offsets base_{};
};

/// Where a walk stands: values of the loops, and the offsets after the loops outside d: offsets[d].
struct Position {
  explicit Position(const Schedule& schedule)
      : values(static_cast<std::size_t>(schedule.depth()) + 1),
        last(static_cast<std::size_t>(schedule.depth()) + 1),
        offsets(static_cast<std::size_t>(schedule.depth()) + 1) {
    offsets[0] = schedule.base();
  }
  std::vector<std::int64_t> values, last;
  std::vector<Offsets> offsets;

  void set(const Schedule& schedule, int d, std::int64_t value) {
    const auto at = static_cast<std::size_t>(d);
    values[at] = value;
    for (std::size_t x = 0; x < 3; ++x)
      offsets[at + 1][x] = offsets[at][x] + value * schedule.loop(d).stride[x];
  }
};

/// Calls body() at each point of loops [first, last) inside the windows; offsets[last] is then set.
template <class Body>
void walk(const Schedule& schedule, int first, int last, Position& p, Body&& body) {
  if (first == last) return body();
  int d = first;
  const auto enter = [&] {
    const auto [begin, end] = schedule.range(d, p.values.data());
    p.last[static_cast<std::size_t>(d)] = end;
    p.set(schedule, d, begin);
    return begin < end;
  };
  const auto advance = [&] {
    const auto at = static_cast<std::size_t>(d);
    ++p.values[at];
    for (std::size_t x = 0; x < 3; ++x) p.offsets[at + 1][x] += schedule.loop(d).stride[x];
    return p.values[at] < p.last[at];
  };
  bool inside = enter();
  for (;;) {
    if (!inside) {
      if (d == first) return;
      --d;
      inside = advance();
    } else if (d + 1 < last) {
      ++d;
      inside = enter();
    } else {
      body();
      inside = advance();
    }
  }
}

}  // namespace einfold::cpu
