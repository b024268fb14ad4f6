// SPDX-License-Identifier: MIT
//
// The kernel for everything: any nest, any windows, any strides, any type.
#pragma once

#include "cpu/loop_nest.hpp"
#include "cpu/run.hpp"

#include <memory>

namespace einfold::cpu {

[[nodiscard]] std::shared_ptr<Kernel> make_generic(const plan::Contraction& step, DType dtype,
                                                   const Options& options);

}  // namespace einfold::cpu
