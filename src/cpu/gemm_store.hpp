// SPDX-License-Identifier: MIT
//
// Partial sums of a block of C, and writing the block to where it belongs.
#pragma once

#include "cpu/cascade.hpp"
#include "cpu/micro.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace einfold::cpu {

/// Buffers that hold the sums of up to 16 blocks, of 16 times 16 blocks, and so on.
///
/// The product of each block is added to the lowest buffer, or overwrites it (`add()` tells which).
template <class T>
class PartialSums {
 public:
  PartialSums(const MicroKernels<T>& micro, T* buffers, std::int64_t elements, int levels)
      : micro_(micro), buffers_(buffers), elements_(elements), levels_(levels) {}

  [[nodiscard]] bool add() const noexcept { return filled_[0] > 0; }

  /// The next block is the last, and its product plus the lowest buffer is all there is.
  [[nodiscard]] bool completes(std::int64_t blocks_left) const noexcept { return levels_ == 1 && blocks_left == 1 && filled_[0] > 0; }

  /// One more block is in the lowest buffer.
  void next() {
    ++filled_[0];
    for (int j = 0; j + 1 < levels_ && filled_[static_cast<std::size_t>(j)] == kRadix; ++j) lift(j);
  }

  /// Adds all levels up; nothing may be added after.
  [[nodiscard]] const T* total() {
    for (int j = 0; j + 1 < levels_; ++j) {
      if (filled_[static_cast<std::size_t>(j)] > 0) lift(j);
    }
    return level(levels_ - 1);
  }

 private:
  [[nodiscard]] T* level(int j) const { return buffers_ + j * elements_; }
  void lift(int j) {
    const auto at = static_cast<std::size_t>(j);
    if (filled_[at + 1] == 0) {
      std::copy_n(level(j), elements_, level(j + 1));
    } else {
      micro_.add_row(elements_, level(j + 1), level(j));
    }
    filled_[at] = 0;
    ++filled_[at + 1];
  }

  const MicroKernels<T>& micro_;
  T* buffers_;
  std::int64_t elements_;
  int levels_;
  std::array<int, 8> filled_{};
};

/// visit(choice, i) for tiles of rows i .. i + height[choice] - 1 that make up m rows, the highest first.
template <class Family, class Visit>
void each_tile(const Family& family, std::int64_t m, Visit&& visit) {
  std::int64_t i = 0;
  for (int choice = 0; choice < kRowChoices; ++choice) {
    for (; i + family.height[choice] <= m; i += family.height[choice]) visit(choice, i);
  }
}

/// One panel times m rows, the highest tiles first:  c (+)= rows * panel,  where `place(tile, i)` tells where row
/// i of c is. `tile` has all but its rows and c.
template <class T, class Place>
void multiply_rows(const typename MicroKernels<T>::Family& family, const T* const* rows, std::int64_t m,
                   Tile<T> tile, Place&& place) {
  each_tile(family, m, [&](int choice, std::int64_t i) {
    tile.rows = rows + i;
    place(tile, i);
    family.tile[choice](tile);
  });
}

/// Element (i, j) of C's block is at c[row_offsets[i] + column_offsets[j]].
template <class T>
struct Destination {
  T* c;
  const std::int64_t *row_offsets, *column_offsets;
  std::int64_t rows, columns;
};

/// C (+)= factor * block, which lies in panels of `width` columns with `rows_stored` rows of `width` elements
/// each.
template <class T>
void store_block(const MicroKernels<T>& micro, const Destination<T>& to, const T* block, std::int64_t width,
                 std::int64_t rows_stored, T factor, bool add);

}  // namespace einfold::cpu
