// SPDX-License-Identifier: MIT
//
// Images cut into blocks, and the slab that holds what one block needs of X, with zeros where X ends.
//
// Columns at a stride S lie in S phases one behind the other, so that the positions of neighbouring results
// are neighbours for every tap:
//
//     slab[ plane plane_stride + row row_stride + (column mod S) phase_stride + column / S ]
#pragma once

#include "cpu/depthwise_micro.hpp"
#include "cpu/depthwise_problem.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace einfold::cpu {

/// Elements of a row of X, `step` apart, that become neighbours in the slab.
struct SlabRun {
  std::int64_t x = 0, slab = 0, count = 0, step = 1;
};

struct DepthwiseBlock {
  std::array<std::int64_t, 3> start{}, results{};  ///< of planes, rows and columns of the image
  std::vector<SlabRun> runs;
};

struct DepthwiseBlocks {
  std::array<std::int64_t, 3> results{};  ///< of the largest block
  std::int64_t plane_stride = 0, row_stride = 0, phase_stride = 0;
  std::int64_t size = 0;  ///< elements of the slab and of what whole vectors may read behind it
  bool has_zeros = false;
  std::vector<DepthwiseBlock> blocks;

  [[nodiscard]] std::int64_t column_offset(const DepthwiseAxis& columns,
                                           std::int64_t position) const noexcept {
    return position % columns.stride * phase_stride + position / columns.stride;
  }
};

/// Blocks of at most `most_results` results (a row's counted in whole kLaneChains) whose slabs take no more
/// than `slab_bytes`, as far as they can be cut. Nothing, and a reason, if the slab is too large all the
/// same.
[[nodiscard]] std::optional<DepthwiseBlocks> depthwise_blocks_of(const DepthwiseProblem& problem,
                                                                 std::int64_t element_bytes,
                                                                 std::int64_t slab_bytes,
                                                                 std::int64_t most_results,
                                                                 std::string& reason);

/// Fills the slab, whose zeros are there, with the image of X that begins at `x`.
template <class T>
void fill_slab(const DepthwiseBlock& block, const DepthwiseKernels<T>& kernels, const T* x, T* slab) {
  for (const SlabRun& run : block.runs) kernels.copy(run.count, x + run.x, run.step, slab + run.slab);
}

/// Asks for what the runs [first, last) will copy from `x`.
template <class T>
void prefetch(const DepthwiseBlock& block, std::size_t first, std::size_t last, const T* x) {
  constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(T));
  for (std::size_t i = first; i < last; ++i) {
    const SlabRun& run = block.runs[i];
    if (std::abs(run.step) > kLine) continue;  // other images have the same lines
    const std::int64_t reach = (run.count - 1) * run.step;
    const T* from = x + run.x + std::min<std::int64_t>(reach, 0);
    for (std::int64_t j = 0; j <= std::abs(reach); j += kLine) __builtin_prefetch(from + j, 0, 2);
  }
}

}  // namespace einfold::cpu
