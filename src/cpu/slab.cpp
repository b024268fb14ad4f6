// SPDX-License-Identifier: MIT
#include "cpu/slab.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace einfold::cpu {
namespace {

constexpr std::size_t kMaxAxes = 32;

std::int64_t magnitude(std::int64_t x) { return x < 0 ? -x : x; }

/// Whether loops, shortest step first, reach every position between their ends: none steps over what the ones
/// before reach.
bool reach_all(const std::vector<std::pair<std::size_t, std::int64_t>>& loops,
               const std::vector<std::int64_t>& extents) {
  std::int64_t reached = 1;
  for (const auto& [l, per_value] : loops) {
    if (extents[l] > 1 && magnitude(per_value) > reached) return false;
    reached += magnitude(per_value) * (extents[l] - 1);
  }
  return true;
}

/// Moves the ends of [from, to) to positions that some values of the loops reach: beyond them a tensor that
/// is itself part of another may have no elements. Then every address that is read lies between two that the
/// step reads.
void shrink_to_reached(const std::vector<std::pair<std::size_t, std::int64_t>>& loops,
                       const std::vector<std::int64_t>& extents, std::int64_t zero, std::int64_t& from,
                       std::int64_t& to) {
  if (reach_all(loops, extents)) return;
  std::int64_t first = to, last = from - 1;
  std::int64_t combinations = 1;
  for (const auto& [l, per_value] : loops) combinations *= extents[l];
  for (std::int64_t at = 0; at < combinations; ++at) {
    std::int64_t position = zero, rest = at;
    for (const auto& [l, per_value] : loops) {
      position += rest % extents[l] * per_value;
      rest /= extents[l];
    }
    if (position < from || position >= to) continue;
    first = std::min(first, position);
    last = std::max(last, position);
  }
  from = std::min(first, to);
  to = std::max(last + 1, from);
}

}  // namespace

std::optional<SlabShape> SlabShape::make(const LoopNest& nest, const std::vector<Loop>& loops,
                                         const std::vector<std::int64_t>& block_extents, Operand operand,
                                         std::string& reason) {
  SlabShape shape;
  shape.full_ = block_extents;
  shape.strides_.assign(loops.size(), 0);
  std::vector<bool> placed(loops.size(), false);

  // One axis per window: its loops must move the address in proportion to the window's value.
  for (std::size_t w = 0; w < nest.windows.size(); ++w) {
    if (nest.windows[w].owner != operand) continue;
    Axis axis;
    axis.windowed = true;
    axis.constant = nest.windows[w].constant;
    axis.extent = nest.windows[w].extent;
    std::int64_t step = 0, gain = 0;
    bool first = true;
    for (std::size_t l = 0; l < loops.size(); ++l) {
      const std::int64_t a = loops[l].coefficients[w];
      axis.coefficients.push_back(a);
      if (a == 0 || block_extents[l] == 1) continue;
      if (placed[l]) {
        reason = "a loop takes part in two windows";
        return std::nullopt;
      }
      placed[l] = true;
      const std::int64_t stride = loops[l].stride[operand];
      if (stride % a != 0 || (!first && stride / a != step)) {
        reason = "a window that is not an axis of the tensor";
        return std::nullopt;
      }
      step = stride / a;
      gain = std::gcd(gain, magnitude(a));
      first = false;
      axis.loops.emplace_back(l, a);
    }
    axis.gain = gain == 0 ? 1 : gain;
    axis.step = step * axis.gain;
    for (auto& [l, per_value] : axis.loops) per_value /= axis.gain;
    std::stable_sort(axis.loops.begin(), axis.loops.end(),
                     [](const auto& x, const auto& y) { return magnitude(x.second) < magnitude(y.second); });
    shape.has_padding_ = true;
    shape.axes_.push_back(std::move(axis));
  }

  // The other loops: those whose steps do not step over all finer ones of the same axis share that axis.
  std::vector<std::size_t> rest;
  for (std::size_t l = 0; l < loops.size(); ++l) {
    if (!placed[l] && block_extents[l] > 1 && loops[l].stride[operand] != 0) rest.push_back(l);
  }
  std::sort(rest.begin(), rest.end(), [&](std::size_t x, std::size_t y) {
    return magnitude(loops[x].stride[operand]) < magnitude(loops[y].stride[operand]);
  });
  for (std::size_t i = 0; i < rest.size();) {
    Axis axis;
    std::int64_t span = 0, gain = 0;
    do {
      const std::int64_t stride = loops[rest[i]].stride[operand];
      span += magnitude(stride) * (block_extents[rest[i]] - 1);
      gain = std::gcd(gain, magnitude(stride));
      axis.loops.emplace_back(rest[i], stride);
      ++i;
    } while (i < rest.size() && magnitude(loops[rest[i]].stride[operand]) <= span);
    axis.step = gain;
    for (auto& [l, per_value] : axis.loops) per_value /= gain;
    shape.axes_.push_back(std::move(axis));
  }

  if (shape.axes_.size() > kMaxAxes) {
    reason = "too many axes";
    return std::nullopt;
  }
  std::stable_sort(shape.axes_.begin(), shape.axes_.end(),
                   [](const Axis& x, const Axis& y) { return magnitude(x.step) > magnitude(y.step); });
  for (std::size_t i = shape.axes_.size(); i-- > 0;) {
    Axis& axis = shape.axes_[i];
    for (const auto& [l, per_value] : axis.loops) axis.count += magnitude(per_value) * (block_extents[l] - 1);
    axis.slab_stride = shape.size_;
    const auto size = checked::multiply(shape.size_, axis.count);
    if (!size || *size > (std::int64_t{1} << 40)) {
      reason = "a block whose elements lie too far apart";
      return std::nullopt;
    }
    shape.size_ = *size;
    for (const auto& [l, per_value] : axis.loops) {
      shape.strides_[l] = per_value * axis.slab_stride;
      if (per_value < 0) shape.origin_ -= per_value * (block_extents[l] - 1) * axis.slab_stride;
    }
  }
  return shape;
}

template <class T>
void SlabShape::copy(const MicroKernels<T>& micro, const std::vector<std::int64_t>& start,
                     const std::vector<std::int64_t>& extents, const T* source, std::int64_t first,
                     T* slab) const {
  // Positions [low, high) that this block needs, and within them [from, to) that exist.
  struct Range {
    std::int64_t low, high, from, to, zero;
  };
  const std::size_t rank = axes_.size();
  if (rank == 0) {
    *slab = source[first];
    return;
  }
  Range ranges[kMaxAxes];
  std::int64_t position[kMaxAxes];
  for (std::size_t i = 0; i < rank; ++i) {
    const Axis& axis = axes_[i];
    // The block's first point is at position `zero`: loops that run backwards end at position 0.
    std::int64_t below = 0, above = 0, zero = 0;
    for (const auto& [l, per_value] : axis.loops) {
      const std::int64_t reach = per_value * (extents[l] - 1);
      (reach < 0 ? below : above) += reach;
    }
    for (const auto& [l, per_value] : axis.loops) {
      if (per_value < 0) zero -= per_value * (full_[l] - 1);
    }
    Range& r = ranges[i];
    r = {zero + below, zero + above + 1, zero + below, zero + above + 1, zero};
    if (axis.windowed) {
      std::int64_t value = axis.constant;
      for (std::size_t l = 0; l < start.size(); ++l) value += axis.coefficients[l] * start[l];
      // 0 <= value + gain (p - zero) < extent, where the axis of the tensor runs with the sign of gain > 0
      r.from = std::max(r.from, zero + checked::ceil_divide(-value, axis.gain));
      r.to = std::min(r.to, zero + checked::floor_divide(axis.extent - 1 - value, axis.gain) + 1);
      r.from = std::min(r.from, r.high);
      r.to = std::max(r.to, r.from);
      shrink_to_reached(axis.loops, extents, zero, r.from, r.to);
    }
    position[i] = r.low;
  }
  // The two innermost axes are rows of elements, `outer` axes choose among such planes.
  const std::size_t inner = rank - 1, outer = rank < 2 ? 0 : rank - 2;
  const Axis one_row;
  const Axis &across = axes_[inner], &down = rank < 2 ? one_row : axes_[outer];
  const Range row = ranges[inner], rows = rank < 2 ? Range{0, 1, 0, 1, 0} : ranges[outer];
  const std::int64_t next_plane = outer > 0 ? axes_[outer - 1].step : 0;
  const auto clear = [&](T* plane, std::int64_t from, std::int64_t to) {
    for (std::int64_t p = from; p < to; ++p)
      std::fill(plane + p * down.slab_stride + row.low, plane + p * down.slab_stride + row.high, T(0));
  };
  for (;;) {
    bool exists = row.from < row.to && rows.from < rows.to;
    std::int64_t from = first + (row.from - row.zero) * across.step + (rows.from - rows.zero) * down.step;
    T* plane = slab;
    for (std::size_t i = 0; i < outer; ++i) {
      exists = exists && position[i] >= ranges[i].from && position[i] < ranges[i].to;
      from += (position[i] - ranges[i].zero) * axes_[i].step;
      plane += position[i] * axes_[i].slab_stride;
    }
    if (!exists) {
      clear(plane, rows.low, rows.high);
    } else {
      clear(plane, rows.low, rows.from);
      micro.copy_padded({.rows = rows.to - rows.from,
                         .before = row.from - row.low,
                         .n = row.to - row.from,
                         .after = row.high - row.to,
                         .src = source + from,
                         .src_row = down.step,
                         .src_step = across.step,
                         .src_next = next_plane,
                         .dst = plane + rows.from * down.slab_stride + row.low,
                         .dst_row = down.slab_stride});
      clear(plane, rows.to, rows.high);
    }
    std::size_t i = outer;
    while (i > 0 && ++position[i - 1] == ranges[i - 1].high) {
      --i;
      position[i] = ranges[i].low;
    }
    if (i == 0) return;
  }
}

template void SlabShape::copy<float>(const MicroKernels<float>&, const std::vector<std::int64_t>&,
                                     const std::vector<std::int64_t>&, const float*, std::int64_t,
                                     float*) const;
template void SlabShape::copy<double>(const MicroKernels<double>&, const std::vector<std::int64_t>&,
                                      const std::vector<std::int64_t>&, const double*, std::int64_t,
                                      double*) const;

}  // namespace einfold::cpu
