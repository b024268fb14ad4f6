// SPDX-License-Identifier: MIT
//
// A network as the order search sees it: indices numbered from 0, no names, no data.
#pragma once

#include "einfold/network.hpp"
#include "pathfind/problem.hpp"

#include <vector>

namespace einfold::plan {

struct NumberedNetwork {
  pathfind::Problem problem;
  std::vector<IndexId> ids;                      ///< of the problem's indices
  std::vector<std::vector<int>> output_groups;   ///< the network's output in the problem's numbers
};

[[nodiscard]] NumberedNetwork number_indices(const Network& network);

}  // namespace einfold::plan
