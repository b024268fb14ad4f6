// SPDX-License-Identifier: MIT
//
// The kernel for everything: any nest, any windows, any strides, any type.
#pragma once

#include "cpu/nest_kernel.hpp"

#include <memory>

namespace einfold::cpu {

[[nodiscard]] std::unique_ptr<const NestKernel> make_generic(const NestProblem& problem);

/// Runs a nest at once, on this thread.
void run_generic(const NestProblem& problem, const Buffers& buffers);

}  // namespace einfold::cpu
