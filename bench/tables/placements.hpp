// SPDX-License-Identifier: MIT
//
// Trees over given pairs that differ in which step absorbs which equation, and in what is summed before.
#pragma once

#include "pathfind/flat_network.hpp"
#include "pathfind/objective.hpp"
#include "pathfind/tree.hpp"

#include <cstdint>
#include <vector>

namespace einfold::bench {

/// At most `samples` different ones, drawn at random; the same for a seed.
[[nodiscard]] std::vector<pathfind::Tree> random_placements(const pathfind::Problem& problem, const pathfind::SsaPath& path,
                                                            const pathfind::Objective& objective, int samples,
                                                            std::uint64_t seed);

}  // namespace einfold::bench
