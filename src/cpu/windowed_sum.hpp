// SPDX-License-Identifier: MIT
//
// Windowed sums: one pass over A, each element of the summed axis added once, however many windows it is in.
#pragma once

#include "cpu/run.hpp"

#include <memory>

namespace einfold::cpu {

[[nodiscard]] std::shared_ptr<Kernel> make_windowed_sum(const plan::WindowedSum& step, DType dtype,
                                                        const Options& options);

}  // namespace einfold::cpu
