// SPDX-License-Identifier: MIT
//
// Paths and names of searches as other programs write them.
#pragma once

#include "einfold/order.hpp"
#include "pathfind/portfolio.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::pathfind {

/// Positions in the list of tensors: those of a step are taken out, the result is appended (numpy, opt_einsum).
using LinearPath = std::vector<std::vector<int>>;

/// In pairs: steps of more than two tensors are taken from left to right, a step of one only moves it (to the end of the list; to a
/// new number). Fails (E0833) unless every tensor of `tensors` is used once and one is left.
[[nodiscard]] SsaPath pairs_of(const ContractionPath& path, int tensors);
[[nodiscard]] SsaPath ssa_of(const LinearPath& path, int tensors);
[[nodiscard]] LinearPath linear_of(const SsaPath& path, int tensors);

/// "[(0, 1), (0, 1)]". Read as well: lists and tuples of lists and tuples, steps without brackets around all of them, and numpy's
/// ['einsum_path', (0, 1)]. Fails with E0832.
[[nodiscard]] std::string print(const LinearPath& path);
[[nodiscard]] LinearPath parse_path(std::string_view text);

/// auto, auto-hq, exact, greedy, random-greedy, random-greedy-128, elimination, dissection, partition, labels, sweep; and the names that
/// opt_einsum and cotengra have for searches: the same search or the nearest.
[[nodiscard]] std::optional<Method> method_named(std::string_view name);
[[nodiscard]] std::vector<std::string_view> method_names();
[[nodiscard]] std::optional<Minimize> minimize_named(std::string_view name);

}  // namespace einfold::pathfind
