// SPDX-License-Identifier: MIT
//
// Steps in which a small tensor of taps slides over images, one for each image: depth-wise convolutions and
// their derivatives.
//
//     X[.., stride o + dilation k - padding, ..]   taps[.., k, ..]   image[.., o, ..]
//
// Two of the three are operands and the third is the result. Loops that no position has (examples, channels)
// stay outside.
#pragma once

#include "cpu/loop_nest.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace einfold::cpu {

/// One dimension of the images. Position  stride o + dilation k  of X exists within [from, to).
struct DepthwiseAxis {
  std::int64_t results = 1, taps = 1;  ///< extents of o and k
  std::int64_t stride = 1, dilation = 1;
  std::int64_t x_step = 0;  ///< elements of X per position
  std::int64_t image_step = 0, taps_step = 0;
  std::int64_t from = 0, to = 1;

  /// Positions from o = 0, k = 0 to the last o and k.
  [[nodiscard]] std::int64_t positions(std::int64_t o_count) const noexcept {
    return stride * (o_count - 1) + dilation * (taps - 1) + 1;
  }
};

/// A loop outside the positions.
struct DepthwiseOuter {
  std::int64_t extent = 1, x = 0, taps = 0, image = 0;
};

struct DepthwiseProblem {
  bool sums_taps = true;  ///< the result is the image; otherwise it is the taps
  Operand x = kA, taps = kB, image = kC;
  std::int64_t x_base = 0, taps_base = 0, image_base = 0;  ///< at o = 0, k = 0
  std::array<DepthwiseAxis, 3> axes;                       ///< planes, rows, columns; x_step of the last is 1
  /// Of the result; longest x first. Those without X or without the image pair several X with several images.
  std::vector<DepthwiseOuter> kept;
  std::vector<DepthwiseOuter> summed;

  [[nodiscard]] std::int64_t tap_count() const noexcept { return axes[0].taps * axes[1].taps * axes[2].taps; }

  /// n / (n + start) of the n products of one row: a kernel starts a row in the time of `start` products.
  [[nodiscard]] double part_of_row(double start) const noexcept {
    const auto n = static_cast<double>(axes[2].results * tap_count());
    return n / (n + start);
  }
};

/// Nothing, and a reason, if the nest is something else.
[[nodiscard]] std::optional<DepthwiseProblem> depthwise_problem_of(const LoopNest& nest, std::string& reason);

}  // namespace einfold::cpu
