// SPDX-License-Identifier: MIT
#include "cpu/depthwise_blocks.hpp"

#include <algorithm>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kMargin = 64;  ///< elements behind the slab that whole vectors may read
constexpr std::int64_t kMostSlabBytes = 1 << 20;
constexpr std::int64_t kFewRows = 8, kFewColumns = 256;  ///< not cut further for the sake of the slab

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Strides and size for blocks of `b.results`.
void lay_out(const DepthwiseProblem& p, DepthwiseBlocks& b) {
  const DepthwiseAxis &planes = p.axes[0], &rows = p.axes[1], &columns = p.axes[2];
  b.phase_stride = divide_up(columns.positions(b.results[2]), columns.stride);
  b.row_stride = b.phase_stride * columns.stride;
  b.plane_stride = rows.positions(b.results[1]) * b.row_stride;
  b.size = planes.positions(b.results[0]) * b.plane_stride + kMargin;
}

/// Positions, from the block's first, that its results reach.
std::vector<bool> reached(const DepthwiseAxis& axis, std::int64_t results) {
  std::vector<bool> result(static_cast<std::size_t>(axis.positions(results)), false);
  for (std::int64_t o = 0; o < results; ++o) {
    for (std::int64_t k = 0; k < axis.taps; ++k)
      result[static_cast<std::size_t>(axis.stride * o + axis.dilation * k)] = true;
  }
  return result;
}

void list_runs(const DepthwiseProblem& p, const DepthwiseBlocks& b, DepthwiseBlock& block) {
  std::array<std::int64_t, 3> first{}, from{}, to{};
  for (std::size_t d = 0; d < 3; ++d) {
    first[d] = p.axes[d].stride * block.start[d];
    const std::int64_t count = p.axes[d].positions(block.results[d]);
    from[d] = std::clamp<std::int64_t>(p.axes[d].from - first[d], 0, count);
    to[d] = std::clamp<std::int64_t>(p.axes[d].to - first[d], from[d], count);
  }
  const auto planes = reached(p.axes[0], block.results[0]), rows = reached(p.axes[1], block.results[1]);
  const DepthwiseAxis& columns = p.axes[2];
  const std::int64_t stride = columns.stride;
  std::vector<bool> phases(static_cast<std::size_t>(stride), false);
  for (std::int64_t k = 0; k < columns.taps; ++k)
    phases[static_cast<std::size_t>(columns.dilation * k % stride)] = true;
  for (std::int64_t plane = from[0]; plane < to[0]; ++plane) {
    if (!planes[static_cast<std::size_t>(plane)]) continue;
    for (std::int64_t row = from[1]; row < to[1]; ++row) {
      if (!rows[static_cast<std::size_t>(row)]) continue;
      for (std::int64_t phase = 0; phase < stride; ++phase) {
        if (!phases[static_cast<std::size_t>(phase)]) continue;
        const std::int64_t column = from[2] + (phase - from[2] % stride + stride) % stride;
        if (column >= to[2]) continue;
        SlabRun run;
        run.x = (first[0] + plane) * p.axes[0].x_step + (first[1] + row) * p.axes[1].x_step +
                (first[2] + column) * columns.x_step;
        run.slab = plane * b.plane_stride + row * b.row_stride + b.column_offset(columns, column);
        run.count = divide_up(to[2] - column, stride);
        run.step = stride * columns.x_step;
        block.runs.push_back(run);
      }
    }
  }
}

}  // namespace

std::optional<DepthwiseBlocks> depthwise_blocks_of(const DepthwiseProblem& problem,
                                                   std::int64_t element_bytes, std::int64_t slab_bytes,
                                                   std::int64_t most_results, std::string& reason) {
  DepthwiseBlocks b;
  for (std::size_t d = 0; d < 3; ++d) b.results[d] = problem.axes[d].results;
  const auto halve = [&](std::size_t d) { b.results[d] = divide_up(b.results[d], 2); };
  const auto terms = [&] {
    return b.results[0] * b.results[1] * divide_up(b.results[2], kLaneChains) * kLaneChains;
  };
  for (;;) {
    lay_out(problem, b);
    const bool large = b.size * element_bytes > slab_bytes, many = terms() > most_results;
    if (!large && !many) break;
    if (b.results[0] > 1) {
      halve(0);
    } else if (b.results[1] > (many ? 1 : kFewRows)) {
      halve(1);
    } else if (b.results[2] > kFewColumns) {
      halve(2);
    } else {
      break;
    }
  }
  if (b.size * element_bytes > kMostSlabBytes) {
    reason = "an image whose rows are too long";
    return std::nullopt;
  }
  for (const DepthwiseAxis& axis : problem.axes) {
    b.has_zeros = b.has_zeros || axis.from > 0 || axis.to < axis.positions(axis.results);
  }
  DepthwiseBlock block;
  const auto cut = [&](std::size_t d) {
    block.results[d] = std::min(b.results[d], problem.axes[d].results - block.start[d]);
  };
  for (block.start[0] = 0; block.start[0] < problem.axes[0].results; block.start[0] += b.results[0]) {
    for (block.start[1] = 0; block.start[1] < problem.axes[1].results; block.start[1] += b.results[1]) {
      for (block.start[2] = 0; block.start[2] < problem.axes[2].results; block.start[2] += b.results[2]) {
        for (std::size_t d = 0; d < 3; ++d) cut(d);
        block.runs.clear();
        list_runs(problem, b, block);
        b.blocks.push_back(block);
      }
    }
  }
  return b;
}

}  // namespace einfold::cpu
