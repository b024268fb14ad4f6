// SPDX-License-Identifier: MIT
#include "cpu/parts.hpp"

#include "cpu/tiling.hpp"

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

/// Pieces of `slices` values of the axis; nothing if some nest cannot be cut like this.
std::optional<CutAxis> cut(plan::Contraction& step, std::size_t axis, std::int64_t slices) {
  const std::int64_t extent = step.c_extents[axis], stride = step.c_strides[axis];
  CutAxis result{extent / slices, {}};
  for (plan::Nest& nest : step.nests) {
    const auto loop = loop_over(nest, extent, stride);
    if (!loop) return std::nullopt;
    const Offsets shift{step.has_a ? slices * nest.a.strides[*loop] : 0, step.has_b ? slices * nest.b.strides[*loop] : 0,
                        slices * stride};
    if (&nest != step.nests.data() && shift != result.shift) return std::nullopt;
    result.shift = shift;
    nest.extents[*loop] = slices;
  }
  step.c_extents[axis] = slices;
  return result;
}

/// The thread that calls.
class Caller final : public Executor {
 public:
  [[nodiscard]] int threads() const noexcept override { return 1; }
  void run(std::int64_t tasks, TaskRef fn) override {
    for (std::int64_t task = 0; task < tasks; ++task) fn(task, 0);
  }
};

/// The nests of one part after the other.
class PartByPart final : public Kernel {
 public:
  PartByPart(Parts parts, Sharing sharing, std::shared_ptr<const Kernel> part, DType dtype, int threads)
      : parts_(std::move(parts)), sharing_(sharing), part_(std::move(part)), element_(static_cast<std::int64_t>(size_bytes(dtype))) {
    constexpr auto kAlign = static_cast<std::int64_t>(kWorkspaceAlignment);
    const auto count = static_cast<double>(parts_.count());
    name_ = part_->name();
    workspace_bytes_ = per_worker_ = (part_->workspace_bytes() + kAlign - 1) / kAlign * kAlign;
    if (sharing == Sharing::kOneThread) workspace_bytes_ *= std::max(1, threads);
    flops_ = part_->flops() * count;
    loads_ = part_->loads();
    for (Load& load : loads_) {
      load.operations *= count;
      load.bytes *= count;
    }
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const std::int64_t count = parts_.count();
    if (sharing_ == Sharing::kAllThreads) {
      for (std::int64_t i = 0; i < count; ++i) part_->run(moved(buffers, i), workspace, executor);
      return;
    }
    executor.run(count, [&](std::int64_t i, int worker) {
      Caller caller;
      part_->run(moved(buffers, i), workspace.subspan(static_cast<std::size_t>(worker * per_worker_)), caller);
    });
  }

 private:
  [[nodiscard]] Buffers moved(const Buffers& from, std::int64_t part) const {
    const Offsets start = parts_.start(part);
    const auto at = [&](const void* x, Operand o) { return x == nullptr ? x : static_cast<const std::byte*>(x) + start[o] * element_; };
    return {at(from.a, kA), at(from.b, kB), static_cast<std::byte*>(from.c) + start[kC] * element_};
  }

  Parts parts_;
  Sharing sharing_;
  std::shared_ptr<const Kernel> part_;
  std::int64_t element_, per_worker_ = 0;
};

}  // namespace

std::optional<Parts> parts_of(const plan::Contraction& step, std::int64_t element_bytes, std::int64_t part_bytes) {
  constexpr double kMuchSmaller = 16;  // extents without a fitting divisor: so small parts are not worth their number
  if (!step.symmetry.exchanged.empty()) return std::nullopt;
  auto bytes = static_cast<double>(element_bytes);
  for (const std::int64_t extent : step.c_extents) bytes *= static_cast<double>(extent);
  const auto most = static_cast<double>(part_bytes);
  if (bytes < 4 * most) return std::nullopt;
  Parts parts{step, {}};
  while (bytes > most) {
    const auto axis = outermost_axis(parts.step);
    if (!axis) return std::nullopt;
    const std::int64_t extent = parts.step.c_extents[*axis];
    const double slice = bytes / static_cast<double>(extent);
    const std::int64_t fit = std::max<std::int64_t>(1, static_cast<std::int64_t>(most / slice));
    const std::int64_t slices = divisor_within(extent, 1, std::min(fit, std::max<std::int64_t>(1, extent - 1)));
    if (slice * static_cast<double>(slices) < most / kMuchSmaller) return std::nullopt;
    const auto one = cut(parts.step, *axis, slices);
    if (!one) return std::nullopt;
    parts.cuts.push_back(*one);
    bytes = slice * static_cast<double>(slices);
  }
  return parts;
}

std::int64_t Parts::count() const {
  std::int64_t n = 1;
  for (const CutAxis& axis : cuts) n *= axis.count;
  return n;
}

Offsets Parts::start(std::int64_t i) const {
  Offsets at{};
  for (std::size_t n = cuts.size(); n-- > 0; i /= cuts[n].count)
    for (std::size_t o = 0; o < at.size(); ++o) at[o] += i % cuts[n].count * cuts[n].shift[o];
  return at;
}

std::shared_ptr<Kernel> part_by_part(Parts parts, Sharing sharing, std::shared_ptr<const Kernel> part, DType dtype, int threads) {
  return std::make_shared<PartByPart>(std::move(parts), sharing, std::move(part), dtype, threads);
}

}  // namespace einfold::cpu
