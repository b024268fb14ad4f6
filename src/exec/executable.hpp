// SPDX-License-Identifier: MIT
//
// A plan with its kernels chosen: immutable, run as often as wanted, from several threads at once.
#pragma once

#include "base/thread_pool.hpp"
#include "cpu/run.hpp"
#include "plan/plan.hpp"

#include <memory>
#include <span>
#include <vector>

namespace einfold {

class Executable {
 public:
  /// Bytes of the largest workspace that is not allocated: none under sanitizers, which then see its ends.
#if defined(EINFOLD_SANITIZED)
  static constexpr std::int64_t kOnTheStack = 0;
#else
  static constexpr std::int64_t kOnTheStack = 16 << 10;
#endif

  /// Chooses a kernel for every step. `dtype` is that of operands, intermediates and result.
  Executable(plan::Plan plan, DType dtype, const cpu::Options& options);

  /// Operands of the plan's shapes and strides and of type dtype; `result` likewise.
  /// Throws E0601 if the workspace cannot be allocated; the result is then untouched.
  void run(std::span<const Tensor> operands, const Tensor& result, Executor& executor) const;
  /// The same with the addresses of the elements at position (0, .., 0).
  void run(std::span<const void* const> operands, void* result, Executor& executor) const;

  /// The same, with the seconds that each step of the plan takes.
  [[nodiscard]] std::vector<double> run_timed(std::span<const void* const> operands, void* result, Executor& executor) const;

  [[nodiscard]] const plan::Plan& plan() const noexcept { return plan_; }
  /// The kernel of step i of the plan.
  [[nodiscard]] const cpu::Kernel& kernel(std::size_t step) const { return *kernels_[step]; }
  [[nodiscard]] std::int64_t intermediates_bytes() const noexcept { return intermediates_bytes_; }
  /// Intermediates and what the kernels need beside them: all that `run` allocates.
  [[nodiscard]] std::int64_t workspace_bytes() const noexcept { return intermediates_bytes_ + scratch_bytes_; }
  [[nodiscard]] DType dtype() const noexcept { return dtype_; }

 private:
  template <class AfterStep>
  void run_steps(std::span<const void* const> operands, void* result, Executor& executor, const AfterStep& after_step) const;

  plan::Plan plan_;
  DType dtype_;
  std::vector<std::shared_ptr<const cpu::Kernel>> kernels_;  // one per step, shared where the work is
  std::int64_t intermediates_bytes_ = 0;
  std::int64_t scratch_bytes_ = 0;
};

}  // namespace einfold
