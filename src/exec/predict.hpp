// SPDX-License-Identifier: MIT
//
// How long a step is likely to take: a roofline with one speed per kind of kernel.
#pragma once

#include "cpu/isa.hpp"
#include "einfold/dtype.hpp"

#include <string_view>

namespace einfold {

struct StepLoad {
  std::string_view kernel;
  double points = 0;  ///< multiplications, or additions of a sum
  double bytes = 0;   ///< read and written
  double calls = 1;   ///< kernels started: blocks of a sliced step
  DType dtype = DType::kFloat32;
};

/// max(points / speed of the kernel, bytes / bandwidth) / threads + calls * the cost of starting a kernel, in seconds.
///
/// Speeds are those of a server core at 3 GHz with vectors of the instruction set in use; the machine at hand may be twice
/// as fast or slow, so the numbers are for comparing steps and orders.
[[nodiscard]] double predicted_seconds(const StepLoad& load, int threads, cpu::Isa isa);

}  // namespace einfold
