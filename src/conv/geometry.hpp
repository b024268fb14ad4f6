// SPDX-License-Identifier: MIT
//
// A convolution's extents, put together from hyper-parameters and operand shapes, and checked.
#pragma once

#include "einfold/conv.hpp"

#include <string>
#include <vector>

namespace einfold::conv {

/// One spatial dimension:  i = S o + D k - P_l.
struct Dimension {
  std::int64_t input = 1, kernel = 1, output = 1;
  std::int64_t stride = 1, left = 0, right = 0, dilation = 1;
};

struct Geometry {
  std::int64_t batch = 1, groups = 1, in_channels = 1, out_channels = 1, vectors = 1;
  std::vector<Dimension> dimensions;

  [[nodiscard]] std::int64_t kernel_size() const;  ///< product of the kernel extents
  [[nodiscard]] std::int64_t input_size() const;
  [[nodiscard]] std::int64_t output_size() const;
};

/// What an operation reads its geometry from.
struct GeometryRequest {
  std::string operation;
  bool transposed_input = false;  ///< `x` is [B, C_out, O..] and `bias` [C_in]
  bool batched = false;           ///< `u` and `z` have a leading axis of vectors
  bool needs_kernel = true;
  bool needs_input = true;
};

/// Output extent of a convolution. Throws E0302 if it would be < 1, E0301 on impossible hyper-parameters.
[[nodiscard]] std::int64_t output_extent(const Dimension& dimension);

/// All extents, checked against each other. Throws E03xx.
[[nodiscard]] Geometry resolve(const GeometryRequest& request, const ConvSpec& spec, const Shapes& shapes);

}  // namespace einfold::conv
