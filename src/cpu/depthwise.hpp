// SPDX-License-Identifier: MIT
//
// Depth-wise convolutions and their derivatives: one image against one small tensor of taps.
#pragma once

#include "cpu/nest_kernel.hpp"

namespace einfold::cpu {

/// image[.., o] += sum_k X[.., stride o + dilation k - padding] taps[.., k], in one to three dimensions with
/// at most 256 taps.
///
/// Tiles of several rows stay in registers; each shifted row of X, read once from a slab, serves all of them.
[[nodiscard]] Candidate make_depthwise_image(const NestProblem& problem, const Options& options);

/// The same for images whose positions are not neighbours in memory: vectors hold one position of several
/// images.
[[nodiscard]] Candidate make_depthwise_lanes(const NestProblem& problem, const Options& options);

/// taps[.., k] += sum_o X[.., stride o + dilation k - padding] image[.., o], under the same conditions.
///
/// Tiles of several taps stay in registers, each as kLaneChains chains along the row.
[[nodiscard]] Candidate make_depthwise_taps(const NestProblem& problem, const Options& options);

}  // namespace einfold::cpu
