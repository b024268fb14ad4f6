// SPDX-License-Identifier: MIT
//
// Gram matrices of unfolded tensors, without unfolding and without repeating a product for every pair of
// kernel taps.
#pragma once

#include "cpu/run.hpp"

#include <memory>
#include <string>

namespace einfold::cpu {

/// For each dimension with a tap k in A, a tap k' in B and a summed position o,
///
///     sum_o X[o + D k + c] X'[o + D k' + c] = sum_j X[j] X'[j + D (k' - k)],   j in window(k) = [D k + c, D
///     k + c + O)
///
/// depends on k and k' only through the displacement k' - k and the window. So positions are cut into regions
/// on which the set of windows that contain them does not change, one matrix product is done per region for
/// all displacements at once, and C adds up the regions of each window. Displacements come in pairs of
/// opposite sign that give the same numbers; only one of each is computed. Work per dimension: K instead of
/// K^2.
///
/// Null, and a reason, if the step has no such dimension.
[[nodiscard]] std::shared_ptr<Kernel> make_shift_gram(const plan::Contraction& step, DType dtype,
                                                      const Options& options, std::string& reason);

}  // namespace einfold::cpu
