// SPDX-License-Identifier: MIT
#include "cpu/depthwise_tiles.hpp"

#include <algorithm>

namespace einfold::cpu {
namespace {

/// How many tiles of the higher kind make `rows` rows with the fewest beyond.
std::int64_t high_tiles(std::int64_t rows, std::int64_t low, std::int64_t high) {
  std::int64_t best = 0, least = -1;
  for (std::int64_t n = (rows + high - 1) / high; n >= 0; --n) {
    const std::int64_t rest = std::max<std::int64_t>(0, rows - n * high);
    const std::int64_t done = n * high + (rest + low - 1) / low * low;
    if (least >= 0 && done >= least) continue;
    least = done;
    best = n;
  }
  return best;
}

}  // namespace

BlockTiles tiles_of(const DepthwiseProblem& p, const DepthwiseBlocks& b, const DepthwiseBlock& block,
                    const int (&heights)[2]) {
  BlockTiles result;
  const DepthwiseAxis &planes = p.axes[0], &rows = p.axes[1], &columns = p.axes[2];
  const std::int64_t spacing = RowSharing(rows).spacing;
  for (std::int64_t plane = 0; plane < block.results[0]; ++plane) {
    DepthwiseTile tile;
    tile.offsets = result.offsets.size();
    for (std::int64_t k = 0; k < planes.taps; ++k) {
      const std::int64_t position = planes.stride * plane + planes.dilation * k;
      const std::int64_t at = planes.stride * block.start[0] + position;
      if (at < planes.from || at >= planes.to) continue;
      if (result.offsets.size() == tile.offsets) tile.weights = k * columns.taps * rows.taps;
      for (std::int64_t c = 0; c < columns.taps; ++c)
        result.offsets.push_back(position * b.plane_stride + b.column_offset(columns, columns.dilation * c));
    }
    tile.count = result.offsets.size() - tile.offsets;
    for (std::int64_t residue = 0; residue < std::min(spacing, block.results[1]); ++residue) {
      const std::int64_t count = (block.results[1] - residue + spacing - 1) / spacing;
      std::int64_t high = high_tiles(count, heights[0], heights[1]);
      for (std::int64_t done = 0; done < count; done += heights[tile.code], --high) {
        const std::int64_t first = residue + spacing * done;
        tile.code = high > 0 ? 1 : 0;
        tile.height = static_cast<int>(std::min<std::int64_t>(heights[tile.code], count - done));
        tile.src = rows.stride * first * b.row_stride;
        tile.image = (block.start[0] + plane) * planes.image_step +
                     (block.start[1] + first) * rows.image_step + block.start[2] * columns.image_step;
        result.tiles.push_back(tile);
      }
    }
  }
  return result;
}

}  // namespace einfold::cpu
