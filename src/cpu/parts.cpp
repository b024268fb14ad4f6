// SPDX-License-Identifier: MIT
#include "cpu/parts.hpp"

#include "cpu/loop_nest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace einfold::cpu {
namespace {

std::optional<std::size_t> outermost_axis(const plan::Contraction& step) {
  std::optional<std::size_t> outermost;
  for (std::size_t i = 0; i < step.c_extents.size(); ++i) {
    if (step.c_extents[i] == 1) continue;
    if (!outermost || std::abs(step.c_strides[i]) > std::abs(step.c_strides[*outermost])) outermost = i;
  }
  return outermost;
}

bool in_windows(const plan::Access& access, std::size_t loop) {
  return std::any_of(access.windows.begin(), access.windows.end(),
                     [&](const plan::Window& window) { return window.coefficients[loop] != 0; });
}

/// The only loop that moves C along the axis, if it meets all of it and no window.
std::optional<std::size_t> loop_over(const plan::Nest& nest, std::int64_t extent, std::int64_t stride) {
  std::optional<std::size_t> found;
  for (std::size_t l = 0; l < nest.extents.size(); ++l) {
    if (nest.extents[l] == 1 || std::abs(nest.c.strides[l]) < std::abs(stride)) continue;
    if (found || nest.c.strides[l] != stride || nest.extents[l] != extent) return std::nullopt;
    if (in_windows(nest.a, l) || in_windows(nest.b, l) || in_windows(nest.c, l)) return std::nullopt;
    found = l;
  }
  return found;
}

class PartByPart final : public Kernel {
 public:
  PartByPart(const Parts& parts, std::shared_ptr<const Kernel> part, DType dtype)
      : part_(std::move(part)), count_(parts.count) {
    for (std::size_t o = 0; o < 3; ++o)
      shift_bytes_[o] = parts.shift[o] * static_cast<std::int64_t>(size_bytes(dtype));
    name_ = part_->name();
    workspace_bytes_ = part_->workspace_bytes();
    flops_ = part_->flops() * static_cast<double>(count_);
    loads_ = part_->loads();
    for (Load& load : loads_) {
      load.operations *= static_cast<double>(count_);
      load.bytes *= static_cast<double>(count_);
    }
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    for (std::int64_t i = 0; i < count_; ++i) {
      const auto operand = [&](const void* from, Operand o) -> const void* {
        return from == nullptr ? nullptr : static_cast<const std::byte*>(from) + i * shift_bytes_[o];
      };
      std::byte* const c = static_cast<std::byte*>(buffers.c) + i * shift_bytes_[kC];
      part_->run({operand(buffers.a, kA), operand(buffers.b, kB), c}, workspace, executor);
    }
  }

 private:
  std::shared_ptr<const Kernel> part_;
  std::int64_t count_;
  std::array<std::int64_t, 3> shift_bytes_{};
};

}  // namespace

std::shared_ptr<Kernel> part_by_part(const Parts& parts, std::shared_ptr<const Kernel> kernel, DType dtype) {
  return std::make_shared<PartByPart>(parts, std::move(kernel), dtype);
}

std::optional<Parts> parts_of(const plan::Contraction& step, std::int64_t element_bytes,
                              std::int64_t part_bytes) {
  const auto axis = outermost_axis(step);
  if (!axis || !step.symmetry.exchanged.empty()) return std::nullopt;
  const std::int64_t extent = step.c_extents[*axis], stride = step.c_strides[*axis];
  double slice_bytes = static_cast<double>(element_bytes);
  for (std::size_t i = 0; i < step.c_extents.size(); ++i) {
    if (i != *axis) slice_bytes *= static_cast<double>(step.c_extents[i]);
  }
  std::int64_t slices = 1;
  for (std::int64_t n = 2; n < extent; ++n) {
    if (extent % n == 0 && static_cast<double>(n) * slice_bytes <= static_cast<double>(part_bytes)) slices = n;
  }
  if (static_cast<double>(extent) * slice_bytes < 4 * static_cast<double>(part_bytes)) return std::nullopt;

  Parts parts{step, extent / slices, {}};
  parts.step.c_extents[*axis] = slices;
  for (plan::Nest& nest : parts.step.nests) {
    const auto loop = loop_over(nest, extent, stride);
    if (!loop) return std::nullopt;
    const std::array<std::int64_t, 3> shift{step.has_a ? slices * nest.a.strides[*loop] : 0,
                                            step.has_b ? slices * nest.b.strides[*loop] : 0, slices * stride};
    if (&nest != parts.step.nests.data() && shift != parts.shift) return std::nullopt;
    parts.shift = shift;
    nest.extents[*loop] = slices;
  }
  return parts;
}

}  // namespace einfold::cpu
