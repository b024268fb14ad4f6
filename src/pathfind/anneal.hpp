// SPDX-License-Identifier: MIT
//
// Simulated annealing on contraction trees (Kalachev, Panteleev, Yung 2021).
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_tree.hpp"
#include "pathfind/random.hpp"

namespace einfold::pathfind {

struct Annealing {
  double hottest = 2, coldest = 0.05;
  int temperatures = 30;  ///< in equal ratios
  int sweeps = 30;        ///< at each: as many moves as there are steps
};

/// Moves ((A, B), C) -> ((A, C), B), accepted with probability 2^(-d / temperature) where d is the change of log2 of the cost of the two
/// steps. Leaves the best tree seen at the end of a temperature, or when the deadline passes.
void anneal(FlatTree& tree, const Objective& objective, const Annealing& schedule, Random& random,
            const Deadline& deadline = {});

}  // namespace einfold::pathfind
