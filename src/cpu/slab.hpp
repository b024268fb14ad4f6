// SPDX-License-Identifier: MIT
//
// The part of an operand that a block of a contraction reads, copied once with zeros around it.
//
// Loops that move along one axis of the tensor ( S o + D k - P ) share one axis of the slab, so nothing is
// copied once per kernel tap, and an address in the slab is  row(m) + column(k)  without any window left to
// test.
#pragma once

#include "cpu/loop_nest.hpp"
#include "cpu/micro.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace einfold::cpu {

class SlabShape {
 public:
  /// An operand's slab for a block in which loop l takes block_extents[l] values (1 where the loop is fixed).
  /// Nothing, and a reason, if some window is not an axis of the tensor.
  [[nodiscard]] static std::optional<SlabShape> make(const LoopNest& nest, const std::vector<Loop>& loops,
                                                     const std::vector<std::int64_t>& block_extents,
                                                     Operand operand, std::string& reason);

  [[nodiscard]] std::int64_t size() const noexcept { return size_; }
  /// Per loop: how far the slab address moves.
  [[nodiscard]] const std::vector<std::int64_t>& strides() const noexcept { return strides_; }
  /// Address in the slab of the block's first point.
  [[nodiscard]] std::int64_t origin() const noexcept { return origin_; }
  /// Whether zeros stand for elements outside windows.
  [[nodiscard]] bool has_padding() const noexcept { return has_padding_; }

  /// Fills the slab for the block that starts at these values of the loops and takes these extents (at most
  /// those of the shape). `first` is the address of the block's first point, at which there need not be an
  /// element.
  template <class T>
  void copy(const MicroKernels<T>& micro, const std::vector<std::int64_t>& start,
            const std::vector<std::int64_t>& extents, const T* source, std::int64_t first, T* slab) const;

 private:
  struct Axis {
    std::int64_t step = 0;   ///< elements of the tensor per position
    std::int64_t count = 1;  ///< positions
    std::int64_t slab_stride = 1;
    std::vector<std::pair<std::size_t, std::int64_t>> loops;  ///< (loop, positions per value)
    bool windowed = false;
    std::int64_t constant = 0, extent = 0,
                 gain = 1;  ///< of the window; its value grows by `gain` per position
    std::vector<std::int64_t> coefficients;
  };
  std::vector<Axis> axes_;  ///< longest step first
  std::vector<std::int64_t> strides_, full_;
  std::int64_t size_ = 1, origin_ = 0;
  bool has_padding_ = false;
};

}  // namespace einfold::cpu
