// SPDX-License-Identifier: MIT
#include "tensor/shape.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstdlib>

namespace einfold {

std::int64_t element_count(std::span<const std::int64_t> shape) {
  if (static_cast<std::int64_t>(shape.size()) > kMaxRank) {
    fail(ErrorKind::kShape, "E0401", "a tensor of rank ", shape.size(), "; the rank is at most ", kMaxRank);
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < 0) {
      fail(ErrorKind::kShape, "E0401", "axis ", axis, " of shape ", to_text(shape), " has a negative extent");
    }
  }
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  constexpr std::int64_t widest = 16;
  std::optional<std::int64_t> bytes = widest;
  for (const std::int64_t extent : shape) {
    bytes = checked::multiply(*bytes, extent);
    if (!bytes) {
      fail(ErrorKind::kShape, "E0401", "shape ", to_text(shape),
           " has more elements than a 64-bit address can tell apart");
    }
  }
  return *bytes / widest;
}

Strides row_major_strides(std::span<const std::int64_t> shape) {
  static_cast<void>(element_count(shape));  // throws
  Strides strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    // The product can overflow only beside an extent of 0; no stride is used then.
    stride = checked::multiply(stride, shape[axis]).value_or(0);
  }
  return strides;
}

std::optional<Reach> reach_of(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return Reach{};
  constexpr std::int64_t widest = 16;
  Reach bytes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    // One position more than there is, so that a loop may step past the end.
    const auto whole = checked::multiply(strides[axis], shape[axis]);
    const auto span = whole ? checked::multiply(*whole, widest) : std::nullopt;
    if (!span) return std::nullopt;
    std::int64_t& bound = *span < 0 ? bytes.lowest : bytes.highest;
    const auto moved = checked::add(bound, *span - strides[axis] * widest);
    if (!moved) return std::nullopt;
    bound = *moved;
  }
  return Reach{bytes.lowest / widest, bytes.highest / widest};
}

bool is_row_major(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) noexcept {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return true;
  std::int64_t expected = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (shape[axis] == 1) continue;
    if (strides[axis] != expected) return false;
    expected *= shape[axis];
  }
  return true;
}

bool is_injective(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) {
  struct Axis {
    std::int64_t stride, extent;
  };
  std::vector<Axis> axes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0) return true;
    if (shape[axis] > 1) axes.push_back({std::abs(strides[axis]), shape[axis]});
  }
  std::sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.stride < b.stride; });
  std::int64_t spanned = 0;
  for (const Axis& axis : axes) {
    if (axis.stride <= spanned) return false;
    spanned += axis.stride * (axis.extent - 1);
  }
  return true;
}

std::optional<Strides> reshaped_strides(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides,
                                        std::span<const std::int64_t> new_shape) {
  if (is_row_major(shape, strides)) return row_major_strides(new_shape);
  Strides result(new_shape.size(), 1);
  std::size_t old_axis = shape.size();
  std::size_t new_axis = new_shape.size();
  // From the innermost axis outwards: a run of old axes that lie like one axis is split into as many new ones.
  while (old_axis > 0) {
    if (shape[--old_axis] == 1) continue;
    const std::int64_t unit = strides[old_axis];
    std::int64_t run = shape[old_axis];
    std::int64_t covered = 1;
    while (covered < run) {
      if (new_axis == 0) return std::nullopt;
      const std::int64_t extent = new_shape[--new_axis];
      result[new_axis] = unit * covered;
      covered *= extent;
      while (covered > run) {
        if (old_axis == 0) return std::nullopt;
        --old_axis;
        if (shape[old_axis] == 1) continue;
        if (strides[old_axis] != unit * run) return std::nullopt;
        run *= shape[old_axis];
      }
    }
    // Axes of extent 1 between two runs.
    while (new_axis > 0 && new_shape[new_axis - 1] == 1) result[--new_axis] = unit * covered;
  }
  return result;
}

}  // namespace einfold
