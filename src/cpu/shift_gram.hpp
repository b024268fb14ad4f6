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
///     sum_o A[S o + D k + c] B[S o + D k' + c']
///
/// depends on k and k' only through the displacement k' - k, the residue of D k + c modulo S, and the window
/// of positions that k sees. So positions are cut into pieces on which the set of windows that hold them does
/// not change, each piece is summed once per displacement, and C adds up the pieces of each window
/// (`shift_cells.hpp`). Where A and B are one tensor, displacements of opposite sign give the same numbers;
/// only one of each is computed. Work per dimension: about K instead of K^2.
///
/// Operands are copied block by block into slabs of panels (`shift_plan.hpp`). With many channels, a piece is
/// a product of matrices of channels; with few, the panels hold groups or images and one multiplication
/// serves as many of them as a vector has lanes (`shift_micro.hpp`).
///
/// Null, and a reason, if the step has no such dimension.
[[nodiscard]] std::shared_ptr<Kernel> make_shift_gram(const plan::Contraction& step, DType dtype,
                                                      const Options& options, std::string& reason);

}  // namespace einfold::cpu
