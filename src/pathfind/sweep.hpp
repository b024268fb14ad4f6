// SPDX-License-Identifier: MIT
//
// Orders in which one tensor swallows all others.
#pragma once

#include "pathfind/deadline.hpp"
#include "pathfind/flat_network.hpp"
#include "pathfind/random.hpp"

#include <array>
#include <vector>

namespace einfold::pathfind {

/// Tensors by their distance, in steps, from one that is far from a random one.
[[nodiscard]] std::vector<double> distances_from_afar(const FlatNetwork& network, Random& random);

/// By their distance from the other half, negative in the first: where a short cut is straight, so are the fronts parallel to it.
[[nodiscard]] std::vector<double> distances_from_cut(const FlatNetwork& network, const std::array<std::vector<int>, 2>& halves);

/// Positions along a line, evened out: every tensor moves to the mean of its neighbours and back to equal spacing, `rounds` times
/// (towards the second eigenvector of the Laplacian, whose level sets are short). In units of tensors.
[[nodiscard]] std::vector<double> smoothed_positions(const FlatNetwork& network, const std::vector<int>& line, int rounds);

/// Always takes in the neighbour that leaves the smallest result, as fronts are kept narrow in sparse elimination (Sloan 1986), plus
/// `straightness` times its position: the front stays level. Begins with the tensor of lowest position. The best orders of long and regular
/// networks are of this kind. Empty when the deadline passes.
[[nodiscard]] SsaPath sweep_path(const FlatNetwork& network, const std::vector<double>& positions, double straightness,
                                 const Deadline& deadline = {});

}  // namespace einfold::pathfind
