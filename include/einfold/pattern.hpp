// SPDX-License-Identifier: MIT
//
// Index patterns as operands of an equation.
#pragma once

#include <cstdint>

namespace einfold {

/// The 0/1 tensor of a one-dimensional convolution, never stored: shape [kernel, output, input], and
///
///     Pi[k, o, i] = 1  iff  i = stride * o + dilation * k - padding_left
///
/// In an equation it stands for an operand with legs (k, o, i):  `n c i, k o i, d c k -> n d o`.
struct IndexPattern {
  std::int64_t input = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding_left = 0;
  std::int64_t padding_right = 0;
  std::int64_t dilation = 1;

  /// O = 1 + floor((I + P_l + P_r - D (K - 1) - 1) / S).
  ///
  /// Throws E0301 (kernel, stride or dilation < 1, input or padding < 0), E0302 (the dilated kernel is larger
  /// than the padded input, so that O < 1), E0303 (the padded input or the dilated kernel does not fit in 64
  /// bits).
  [[nodiscard]] std::int64_t output_extent() const;

  friend bool operator==(const IndexPattern&, const IndexPattern&) = default;
};

}  // namespace einfold
