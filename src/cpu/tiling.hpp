// SPDX-License-Identifier: MIT
//
// Ordered loops cut into boxes of bounded size.
#pragma once

#include <cstdint>
#include <vector>

namespace einfold::cpu {

/// A box: values start[l] .. start[l] + extent[l] - 1 of each loop.
struct LoopBox {
  std::vector<std::int64_t> start, extent;
  [[nodiscard]] std::int64_t size() const noexcept;
};

/// Inner loops whole as long as a box stays within `limit` points, one loop cut into pieces of nearly equal
/// length, and all loops outside it one value at a time.
class Tiling {
 public:
  Tiling() = default;
  /// Pieces of the innermost loop are multiples of `multiple`, if it is cut (the last is shorter), and so may exceed `limit` by less than that.
  Tiling(std::vector<std::int64_t> extents, std::int64_t limit, std::int64_t multiple = 1);

  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  [[nodiscard]] std::int64_t box_size() const noexcept { return box_size_; }  ///< of the largest box
  [[nodiscard]] const std::vector<std::int64_t>& box_extents() const noexcept { return box_extents_; }
  /// The index-th box, in row-major order of the loops.
  void box(std::int64_t index, LoopBox& out) const;

 private:
  std::vector<std::int64_t> extents_, box_extents_;
  std::int64_t count_ = 1, box_size_ = 1;
};

/// The largest divisor of n in [low, high], low >= 1; 0 if there is none.
[[nodiscard]] std::int64_t divisor_within(std::int64_t n, std::int64_t low, std::int64_t high) noexcept;

/// out[i] = base + sum_l strides[l] l  over the box's points in row-major order, starts not added.
void list_offsets(const std::vector<std::int64_t>& extents, const std::vector<std::int64_t>& strides,
                  std::int64_t base, std::int64_t* out);

}  // namespace einfold::cpu
