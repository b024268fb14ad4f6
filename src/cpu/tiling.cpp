// SPDX-License-Identifier: MIT
#include "cpu/tiling.hpp"

#include <algorithm>
#include <cstddef>

namespace einfold::cpu {

std::int64_t LoopBox::size() const noexcept {
  std::int64_t count = 1;
  for (const std::int64_t e : extent) count *= e;
  return count;
}

Tiling::Tiling(std::vector<std::int64_t> extents, std::int64_t limit, std::int64_t multiple)
    : extents_(std::move(extents)), box_extents_(extents_.size(), 1) {
  limit = std::max<std::int64_t>(limit, 1);
  for (std::size_t l = extents_.size(); l-- > 0;) {
    const std::int64_t most = limit / box_size_;
    if (most < 1) break;
    const std::int64_t pieces = (extents_[l] + most - 1) / most;
    box_extents_[l] = (extents_[l] + pieces - 1) / pieces;
    if (pieces > 1 && box_size_ == 1 && multiple <= limit) {
      box_extents_[l] = (box_extents_[l] + multiple - 1) / multiple * multiple;
    }
    box_size_ *= box_extents_[l];
    if (pieces > 1) break;
  }
  for (std::size_t l = 0; l < extents_.size(); ++l) {
    count_ *= (extents_[l] + box_extents_[l] - 1) / box_extents_[l];
  }
}

void Tiling::box(std::int64_t index, LoopBox& out) const {
  out.start.resize(extents_.size());
  out.extent.resize(extents_.size());
  for (std::size_t l = extents_.size(); l-- > 0;) {
    const std::int64_t pieces = (extents_[l] + box_extents_[l] - 1) / box_extents_[l];
    out.start[l] = index % pieces * box_extents_[l];
    out.extent[l] = std::min(box_extents_[l], extents_[l] - out.start[l]);
    index /= pieces;
  }
}

std::int64_t divisor_within(std::int64_t n, std::int64_t low, std::int64_t high) noexcept {
  for (std::int64_t d = std::min(n, high); d >= low; --d)
    if (n % d == 0) return d;
  return 0;
}

void list_offsets(const std::vector<std::int64_t>& extents, const std::vector<std::int64_t>& strides,
                  std::int64_t base, std::int64_t* out) {
  out[0] = base;
  // Outermost loop first: each spreads the entries that are there.
  std::int64_t inner = 1;
  for (const std::int64_t e : extents) inner *= e;
  const std::int64_t total = inner;
  for (std::size_t l = 0; l < extents.size(); ++l) {
    const std::int64_t outer_step = inner;
    inner /= extents[l];
    for (std::int64_t at = 0; at < total; at += outer_step) {
      for (std::int64_t i = 1; i < extents[l]; ++i) out[at + i * inner] = out[at] + i * strides[l];
    }
  }
}

}  // namespace einfold::cpu
