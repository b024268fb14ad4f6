// SPDX-License-Identifier: MIT
//
// Orders by eliminating indices: the line graph's vertices, tensors being its cliques.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

#include <vector>

namespace einfold::pathfind {

enum class EliminationScore {
  kSize,  ///< of the tensor that is left (weighted minimum degree)
  kFill,  ///< pairs of its indices that met on none of the tensors joined, weighted by their logarithms (weighted approximate minimum fill)
};

struct EliminationOptions {
  EliminationScore score = EliminationScore::kFill;
  double noise = 0;                ///< scores are blurred by a factor 1 + noise * uniform
  const std::vector<int>* depths;  ///< per index: deeper ones go first (nested dissection); null: all alike
};

/// Sums the index of lowest score first: all tensors that have it are joined, small ones first. Strong where indices are on many
/// tensors. Empty when the deadline passes.
[[nodiscard]] SsaPath elimination_path(const FlatNetwork& network, const EliminationOptions& options, Random& random,
                                       const Deadline& deadline = {});

}  // namespace einfold::pathfind
