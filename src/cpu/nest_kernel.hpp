// SPDX-License-Identifier: MIT
//
// What a candidate makes of one nest of a step.
#pragma once

#include "cpu/loop_nest.hpp"
#include "cpu/run.hpp"

#include <memory>
#include <string>

namespace einfold::cpu {

/// One nest of a step, as candidates see it.
struct NestProblem {
  LoopNest nest;
  plan::Factor factor;         ///< of the step, times the extents of loops nobody depends on
  bool may_overwrite = false;  ///< C holds nothing to add to, and no other nest of the step writes here
  double c_box_size = 0;       ///< elements of C's box, or of this nest's share of it
  bool has_a = true, has_b = true;
  DType dtype = DType::kFloat32;
  bool one_tensor = false;     ///< A and B are the same tensor in memory, read at different places
};

class NestKernel {
 public:
  virtual ~NestKernel() = default;
  std::string name;
  std::int64_t workspace_bytes = 0;
  bool overwrites = false;  ///< writes every element of C's box once, instead of adding
  double flops = -1;        ///< of one run, where it is not that of all loop points (see Kernel::flops)
  double of_peak = 1;       ///< see Load

  virtual void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const = 0;
};

/// A kernel, or the reason for declining.
struct Candidate {
  std::unique_ptr<const NestKernel> kernel;
  std::string reason;
};

/// make(float{}) or make(double{}), for candidates that know these two only.
template <class Make>
Candidate of_real_type(DType dtype, const Make& make) {
  if (dtype == DType::kFloat32) return make(float{});
  if (dtype == DType::kFloat64) return make(double{});
  return {nullptr, "not of real numbers"};
}

}  // namespace einfold::cpu
