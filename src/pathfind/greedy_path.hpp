// SPDX-License-Identifier: MIT
//
// Greedy orders of flat networks, plain and sampled.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

namespace einfold::pathfind {

/// A pair's score is  size(result) / m - m (size(A) + size(B)),  as sign * log2(magnitude), minus a Gumbel sample times the
/// temperature (Gray and Kourtis 2021). m > 1 lets one tensor swallow its neighbours, m < 1 keeps tensors alike.
struct GreedyOptions {
  double m = 1;
  double temperature = 0;
};

/// Joins the neighbours of lowest score; what shares no index at last, smallest first. Empty when the deadline passes.
[[nodiscard]] SsaPath greedy_path(const FlatNetwork& network, const GreedyOptions& options, Random& random,
                                  const Deadline& deadline = {});

}  // namespace einfold::pathfind
