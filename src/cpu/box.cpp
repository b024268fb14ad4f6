// SPDX-License-Identifier: MIT
#include "cpu/box.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace einfold::cpu {

Box::Box(const std::vector<std::int64_t>& e, const std::vector<std::int64_t>& s) {
  std::vector<std::pair<std::int64_t, std::int64_t>> loops;  // (stride, extent)
  for (std::size_t i = 0; i < e.size(); ++i) {
    if (e[i] < 1) empty = true;
    if (e[i] > 1 && s[i] != 0) loops.emplace_back(s[i], e[i]);
  }
  const auto magnitude = [](std::int64_t x) { return x < 0 ? -x : x; };
  std::stable_sort(loops.begin(), loops.end(),
                   [&](const auto& x, const auto& y) { return magnitude(x.first) > magnitude(y.first); });
  for (const auto& [stride, extent] : loops) {
    if (!strides.empty() && strides.back() == stride * extent) {
      strides.back() = stride;
      extents.back() *= extent;
    } else {
      strides.push_back(stride);
      extents.push_back(extent);
    }
  }
}

double Box::size() const noexcept {
  double count = empty ? 0 : 1;
  for (const std::int64_t extent : extents) count *= static_cast<double>(extent);
  return count;
}

void write_zeros(const Box& box, void* origin, std::size_t element_bytes, Executor& executor) {
  if (box.empty) return;
  // The innermost loop is one run; what remains is cut into tasks of about kPiece elements.
  constexpr std::int64_t kPiece = 1 << 16;
  const std::size_t rank = box.extents.size();
  const std::int64_t run = rank == 0 ? 1 : box.extents[rank - 1];
  const std::int64_t step = rank == 0 ? 1 : box.strides[rank - 1];
  std::int64_t rows = 1;
  for (std::size_t i = 0; i + 1 < rank; ++i) rows *= box.extents[i];
  const std::int64_t pieces = (run + kPiece - 1) / kPiece;
  const std::int64_t rows_per_task = std::max<std::int64_t>(1, kPiece / run);
  const std::int64_t row_tasks = (rows + rows_per_task - 1) / rows_per_task;
  executor.run(row_tasks * pieces, [&](std::int64_t task, int) {
    const std::int64_t first_row = task / pieces * rows_per_task;
    const std::int64_t last_row = std::min(rows, first_row + rows_per_task);
    const std::int64_t first = task % pieces * kPiece, last = std::min(run, first + kPiece);
    for (std::int64_t row = first_row; row < last_row; ++row) {
      std::int64_t offset = 0, rest = row;
      for (std::size_t i = rank; i-- > 1;) {
        offset += rest % box.extents[i - 1] * box.strides[i - 1];
        rest /= box.extents[i - 1];
      }
      auto* at = static_cast<std::byte*>(origin) +
                 (offset + first * step) * static_cast<std::int64_t>(element_bytes);
      if (step == 1) {
        std::memset(at, 0, static_cast<std::size_t>(last - first) * element_bytes);
      } else {
        const std::int64_t stride_bytes = step * static_cast<std::int64_t>(element_bytes);
        for (std::int64_t i = first; i < last; ++i, at += stride_bytes) std::memset(at, 0, element_bytes);
      }
    }
  });
}

}  // namespace einfold::cpu
