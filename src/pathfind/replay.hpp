// SPDX-License-Identifier: MIT
//
// A tree again from its bare steps: for plans that were stored.
#pragma once

#include "pathfind/objective.hpp"
#include "pathfind/problem.hpp"
#include "pathfind/tree.hpp"

#include <optional>
#include <vector>

namespace einfold::pathfind {

/// What decides a step: all else follows.
struct BareStep {
  int a = -1, b = -1;  ///< as in Step
  std::vector<int> equations;

  friend bool operator==(const BareStep&, const BareStep&) = default;
};

[[nodiscard]] std::vector<BareStep> bare_steps(const Tree& tree);

/// The tree of these steps, with a and b as they are given; of a search's steps, that search's tree. Nothing unless they are the steps
/// of a tree: every leaf, equation and result but the last is used once, and every move is allowed.
[[nodiscard]] std::optional<Tree> replay(const Problem& problem, const std::vector<BareStep>& steps, const Objective& objective);

}  // namespace einfold::pathfind
