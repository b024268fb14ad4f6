// SPDX-License-Identifier: MIT
//
// A block of an image as tiles of rows that stay in registers.
#pragma once

#include "cpu/depthwise_blocks.hpp"
#include "cpu/depthwise_problem.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace einfold::cpu {

/// Rows of results that one call computes: first, first + spacing, .. of the block.
struct DepthwiseTile {
  std::int64_t src = 0, image = 0;     ///< of the first row
  std::size_t offsets = 0, count = 0;  ///< of BlockTiles::offsets
  std::int64_t weights = 0;
  int height = 0, code = 0;
};

struct BlockTiles {
  std::vector<DepthwiseTile> tiles;
  std::vector<std::int64_t> offsets;
};

/// How rows of results share rows of the slab: rows `spacing` apart at multiples of the dilation, `step` of
/// them from one row to the next.
struct RowSharing {
  std::int64_t spacing, step;
  explicit RowSharing(const DepthwiseAxis& rows)
      : spacing(rows.dilation / std::gcd(rows.stride, rows.dilation)),
        step(rows.stride / std::gcd(rows.stride, rows.dilation)) {}
};

/// Tiles of two heights, the second higher, with the fewest rows beyond the block.
[[nodiscard]] BlockTiles tiles_of(const DepthwiseProblem& problem, const DepthwiseBlocks& blocks,
                                  const DepthwiseBlock& block, const int (&heights)[2]);

/// The taps of one image in the order in which tiles read them: planes of columns of rows.
template <class T>
void load_taps(const DepthwiseProblem& problem, const T* from, T* to, std::int64_t step) {
  const auto& [planes, rows, columns] = problem.axes;
  for (std::int64_t i = 0; i < planes.taps; ++i) {
    for (std::int64_t k = 0; k < columns.taps; ++k) {
      const T* column = from + i * planes.taps_step + k * columns.taps_step;
      for (std::int64_t j = 0; j < rows.taps; ++j, to += step) *to = column[j * rows.taps_step];
    }
  }
}

/// Calls store(offset in the image, result) for a block: the chains of the tiles without the zeros outside X.
template <class T, class Store>
void block_by_definition(const DepthwiseProblem& problem, const DepthwiseBlock& block, const T* x,
                         const T* taps, Store&& store) {
  const auto& axes = problem.axes;
  std::array<std::int64_t, 3> o{}, k{};
  const auto position = [&](std::size_t d) {
    return axes[d].stride * (block.start[d] + o[d]) + axes[d].dilation * k[d];
  };
  const auto exists = [&](std::size_t d) { return axes[d].from <= position(d) && position(d) < axes[d].to; };
  for (o[0] = 0; o[0] < block.results[0]; ++o[0]) {
    for (o[1] = 0; o[1] < block.results[1]; ++o[1]) {
      for (o[2] = 0; o[2] < block.results[2]; ++o[2]) {
        T sum = T(0);
        for (k[0] = 0; k[0] < axes[0].taps; ++k[0]) {
          for (k[2] = 0; k[2] < axes[2].taps; ++k[2]) {
            for (k[1] = 0; k[1] < axes[1].taps; ++k[1]) {
              if (!exists(0) || !exists(1) || !exists(2)) continue;
              std::int64_t from = 0, tap = 0;
              for (std::size_t d = 0; d < 3; ++d) {
                from += position(d) * axes[d].x_step;
                tap += k[d] * axes[d].taps_step;
              }
              sum = std::fma(taps[tap], x[from], sum);
            }
          }
        }
        std::int64_t to = 0;
        for (std::size_t d = 0; d < 3; ++d) to += (block.start[d] + o[d]) * axes[d].image_step;
        store(to, sum);
      }
    }
  }
}

}  // namespace einfold::cpu
