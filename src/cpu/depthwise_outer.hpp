// SPDX-License-Identifier: MIT
//
// Walking over the loops outside the images.
#pragma once

#include "cpu/depthwise_problem.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace einfold::cpu {

class OuterLoops {
 public:
  OuterLoops() = default;
  explicit OuterLoops(std::vector<DepthwiseOuter> loops) : loops_(std::move(loops)) {
    for (const DepthwiseOuter& loop : loops_) count_ *= loop.extent;
  }
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  [[nodiscard]] const std::vector<DepthwiseOuter>& loops() const noexcept { return loops_; }

 private:
  std::vector<DepthwiseOuter> loops_;
  std::int64_t count_ = 1;
};

/// Offsets at one point of the loops, in row-major order.
class OuterWalk {
 public:
  OuterWalk(const OuterLoops& outer, std::int64_t index) : loops_(outer.loops()), at_(loops_.size(), 0) {
    for (std::size_t l = loops_.size(); l-- > 0;) {
      move(l, index % loops_[l].extent);
      index /= loops_[l].extent;
    }
  }
  [[nodiscard]] std::int64_t x() const noexcept { return x_; }
  [[nodiscard]] std::int64_t taps() const noexcept { return taps_; }
  [[nodiscard]] std::int64_t image() const noexcept { return image_; }

  /// To the next point; behind the last comes the first.
  void advance() {
    for (std::size_t l = loops_.size(); l-- > 0;) {
      if (at_[l] + 1 < loops_[l].extent) return move(l, 1);
      move(l, -at_[l]);
    }
  }

 private:
  void move(std::size_t l, std::int64_t by) {
    at_[l] += by;
    x_ += by * loops_[l].x;
    taps_ += by * loops_[l].taps;
    image_ += by * loops_[l].image;
  }
  const std::vector<DepthwiseOuter>& loops_;
  std::vector<std::int64_t> at_;
  std::int64_t x_ = 0, taps_ = 0, image_ = 0;
};

}  // namespace einfold::cpu
