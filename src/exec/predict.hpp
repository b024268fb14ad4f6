// SPDX-License-Identifier: MIT
//
// How long a kernel is likely to take.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/load.hpp"
#include "einfold/dtype.hpp"

#include <span>

namespace einfold {

/// The cost of starting a kernel and, part by part, the arithmetic and what it waits for: kernels pack and
/// store between products,
///
///     sum of  (operations / (of_peak * peak) + bytes / bandwidth) / threads.
///
/// Peak and bandwidth are those of a server core at 3 GHz with vectors of the instruction set in use; the
/// machine at hand may be twice as fast or slow, so the seconds are for comparing steps and orders.
[[nodiscard]] double predicted_seconds(std::span<const cpu::Load> loads, DType dtype, int threads,
                                       cpu::Isa isa);

}  // namespace einfold
