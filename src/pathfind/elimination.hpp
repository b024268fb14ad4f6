// SPDX-License-Identifier: MIT
//
// Orders by eliminating indices: the line graph's vertices, tensors being its cliques.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

namespace einfold::pathfind {

enum class EliminationScore {
  kSize,  ///< of the tensor that is left (weighted minimum degree)
  kFill,  ///< pairs of its indices that met nowhere before, weighted by their logarithms (weighted minimum fill)
};

/// Sums the index of lowest score first: all tensors that have it are joined, small ones first. Strong where indices are on many
/// tensors. Scores are blurred by a factor 1 + noise * uniform.
[[nodiscard]] SsaPath elimination_path(const FlatNetwork& network, EliminationScore score, double noise, Random& random);

}  // namespace einfold::pathfind
