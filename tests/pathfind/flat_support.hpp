// SPDX-License-Identifier: MIT
//
// Random networks without equations, and costs from their definition.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/objective.hpp"

#include <utility>
#include <vector>

namespace einfold::pathfind {

/// Random tensors over random hyper-indices; every index on at least two tensors or in the output.
[[nodiscard]] Problem random_network(unsigned seed, int tensors, double indices_per_tensor = 1.5);

/// A grid of tensors, bonds of extent 2.
[[nodiscard]] FlatNetwork grid(int rows, int columns);

/// From the definition: sets, nothing incremental. Returns (points, size) per step, as log2. Expects that every tensor is used once.
[[nodiscard]] std::vector<std::pair<double, double>> costs_along(const FlatNetwork& network, const SsaPath& path);

/// The sum of those.
[[nodiscard]] double total(const FlatNetwork& network, const SsaPath& path, const Objective& objective);

}  // namespace einfold::pathfind
