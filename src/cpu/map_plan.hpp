// SPDX-License-Identifier: MIT
//
// How a nest without sums is walked: blocks of rows and columns of C, and where each block lies.
#pragma once

#include "cpu/nest_kernel.hpp"

#include <optional>
#include <string>
#include <vector>

namespace einfold::cpu {

/// Values [first, last) of a loop.
struct Range {
  std::int64_t first = 0, last = 0;

  [[nodiscard]] std::int64_t size() const noexcept { return last > first ? last - first : 0; }
  [[nodiscard]] Range within(Range outer) const noexcept {
    Range cut{first < outer.first ? outer.first : first, last > outer.last ? outer.last : last};
    if (cut.last <= cut.first) cut = {outer.first, outer.first};
    return cut;
  }
};

/// One block: addresses of its first point, and the rows and columns that all windows admit.
struct MapBlock {
  Offsets at{};
  Range rows, columns;
};

/// C's elements as blocks; the column loop runs along C.
struct MapPlan {
  Loop row, column;
  bool overwrites = false;  ///< every element of C's box is written, with zero where a window fails
  /// Loops outside a block, the finest of C last. The first `far` of them step from one run of `blocks` to the next;
  /// none of the windows depends on them. Without `blocks` the schedule finds every block.
  std::vector<Loop> loops;
  std::size_t far = 0;
  std::vector<MapBlock> blocks;
  Schedule schedule;  ///< loops, row, column

  [[nodiscard]] std::int64_t count() const;  ///< blocks in all, in the order of C
};

/// Nothing, and a reason, if some points share an element of C.
[[nodiscard]] std::optional<MapPlan> plan_map(const NestProblem& problem, std::string& reason);

/// Goes through the blocks in order.
class MapWalk {
 public:
  MapWalk(const MapPlan& plan, std::int64_t block);
  [[nodiscard]] MapBlock block();
  void next() { ++(plan_.blocks.empty() ? index_ : listed_); }

 private:
  const MapPlan& plan_;
  void enter_far();

  std::int64_t index_;       ///< of the block; where blocks are listed, of their run
  std::int64_t listed_ = 0;  ///< within the list
  Offsets far_at_{};
  std::vector<std::int64_t> values_;
};

}  // namespace einfold::cpu
