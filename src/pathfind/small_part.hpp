// SPDX-License-Identifier: MIT
//
// A few tensors of a large network, joined in the best way.
#pragma once

#include "pathfind/flat_network.hpp"

#include <span>

namespace einfold::pathfind {

/// How many tensors have each index.
[[nodiscard]] std::vector<int> occurrences_in(std::span<const std::vector<int>> tensors, int indices);

/// Appends the best steps that join `numbers` (at most 12), whose sorted indices are `tensors`; an index is needed elsewhere if it is in the
/// output or on more tensors, by `occurrences`, than on these. Returns the number of the result.
int join_best(const FlatNetwork& network, std::span<const std::vector<int>* const> tensors, std::span<const int> numbers,
              std::span<const int> occurrences, SsaPath& path);

}  // namespace einfold::pathfind
