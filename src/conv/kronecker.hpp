// SPDX-License-Identifier: MIT
//
// Kronecker factors: Grams of an unfolded tensor, with their options.
#pragma once

#include "conv/geometry.hpp"
#include "einfold/network.hpp"

#include <vector>

namespace einfold::conv {

/// What a factor sums over positions (columns of the unfolded tensor) before its Gram, and its default scale.
enum class FactorKind {
  kPerPosition,         ///< kfc: 1/B
  kMeanOverPositions,   ///< kfac-expand: 1/(B O)
  kReduced,             ///< kfac-reduce: mean over o first: 1/(B O^2)
};

/// The input factor of `unfolded` (n g (row..) (column..)):  g rows rows'.
[[nodiscard]] std::vector<Network> input_factor(const Network& unfolded, FactorKind kind, const ConvSpec& spec);

/// The gradient factor of output space, from operand "v" or (with vectors in front) "s":  g d d'.
[[nodiscard]] std::vector<Network> gradient_factor(const Geometry& geometry, bool several, bool reduced,
                                                   const ConvSpec& spec);

}  // namespace einfold::conv
