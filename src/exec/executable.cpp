// SPDX-License-Identifier: MIT
#include "exec/executable.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <new>

namespace einfold {
namespace {

constexpr std::int64_t kAlignment = static_cast<std::int64_t>(cpu::kWorkspaceAlignment);

std::int64_t aligned(std::int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// Memory for one run, aligned for the kernels: on the stack where it is little, for an allocation takes as
/// long as a small product.
class Workspace {
 public:
  explicit Workspace(std::int64_t bytes) {
    if (bytes <= Executable::kOnTheStack) return;
    memory_ = static_cast<std::byte*>(::operator new (
        static_cast<std::size_t>(bytes), std::align_val_t{cpu::kWorkspaceAlignment}, std::nothrow));
    if (!memory_) fail(ErrorKind::kMemory, "E0601", "cannot allocate a workspace of ", bytes, " bytes");
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() {
    if (memory_ != few_) ::operator delete (memory_, std::align_val_t{cpu::kWorkspaceAlignment});
  }

  [[nodiscard]] std::byte* data() const noexcept { return memory_; }

 private:
  alignas(cpu::kWorkspaceAlignment) std::byte few_[std::max<std::int64_t>(Executable::kOnTheStack, 1)];
  std::byte* memory_ = few_;
};

}  // namespace

Executable::Executable(plan::Plan plan, DType dtype, const cpu::Options& options)
    : plan_(std::move(plan)), dtype_(dtype) {
  const auto element = static_cast<std::int64_t>(size_bytes(dtype));
  const auto bytes = checked::multiply(plan_.workspace_elements, element);
  if (!bytes || *bytes > std::numeric_limits<std::int64_t>::max() / 2) {
    fail(ErrorKind::kMemory, "E0602", "intermediates of ", plan_.workspace_elements, " elements");
  }
  intermediates_bytes_ = aligned(*bytes);
  std::map<const plan::Work*, std::shared_ptr<const cpu::Kernel>> prepared;
  for (const plan::PlanStep& step : plan_.steps) {
    std::shared_ptr<const cpu::Kernel>& kernel = prepared[step.work.get()];
    if (!kernel) kernel = std::visit([&](const auto& work) { return cpu::prepare(work, dtype, options); }, *step.work);
    scratch_bytes_ = std::max(scratch_bytes_, aligned(kernel->workspace_bytes()));
    kernels_.push_back(kernel);
  }
}

void Executable::run(std::span<const Tensor> operands, const Tensor& result, Executor& executor) const {
  std::vector<const void*> addresses;
  for (const Tensor& operand : operands) addresses.push_back(operand.data());
  run(addresses, result.mutable_data(), executor);
}

template <class AfterStep>
void Executable::run_steps(std::span<const void* const> operands, void* result, Executor& executor,
                           const AfterStep& after_step) const {
  const Workspace workspace(workspace_bytes());
  const auto element = static_cast<std::int64_t>(size_bytes(dtype_));
  std::byte* const target = static_cast<std::byte*>(result);
  const auto address = [&](const plan::Place& place) -> const std::byte* {
    switch (place.kind) {
      case plan::Place::Kind::kNone: return nullptr;
      case plan::Place::Kind::kOperand:
        return static_cast<const std::byte*>(operands[static_cast<std::size_t>(place.number)]) + place.offset * element;
      case plan::Place::Kind::kBuffer:
        return workspace.data() + (plan_.buffers[static_cast<std::size_t>(place.number)].offset + place.offset) * element;
      case plan::Place::Kind::kResult: return target + place.offset * element;
    }
    return nullptr;
  };
  const std::span<std::byte> scratch(workspace.data() + intermediates_bytes_, static_cast<std::size_t>(scratch_bytes_));
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    const plan::PlanStep& step = plan_.steps[i];
    const cpu::Buffers buffers{address(step.a), address(step.b), const_cast<std::byte*>(address(step.c))};
    kernels_[i]->run(buffers, scratch, executor);
    after_step();
  }
}

void Executable::run(std::span<const void* const> operands, void* result, Executor& executor) const {
  run_steps(operands, result, executor, [] {});
}

std::vector<double> Executable::run_timed(std::span<const void* const> operands, void* result, Executor& executor) const {
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds;
  seconds.reserve(plan_.steps.size());
  auto last = Clock::now();  // the workspace counts in the first step
  run_steps(operands, result, executor, [&] {
    const auto now = Clock::now();
    seconds.push_back(std::chrono::duration<double>(now - last).count());
    last = now;
  });
  return seconds;
}

}  // namespace einfold
