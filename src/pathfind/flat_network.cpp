// SPDX-License-Identifier: MIT
#include "pathfind/flat_network.hpp"

#include <cmath>
#include <map>

namespace einfold::pathfind {

FlatNetwork flat_network_of(const Problem& problem) {
  FlatNetwork network;
  network.tensors.resize(problem.leaves.size());
  std::vector<std::vector<int>> tensors_with(problem.extents.size());
  for (int t = 0; t < static_cast<int>(problem.leaves.size()); ++t)
    for (const int index : distinct_indices(problem.leaves[t])) tensors_with[index].push_back(t);
  std::vector<char> in_output(problem.extents.size(), 0);
  for (const int index : problem.output) in_output[index] = 1;

  std::map<std::pair<std::vector<int>, char>, int> number_of;  // by who has it
  for (std::size_t x = 0; x < problem.extents.size(); ++x) {
    const auto& with = tensors_with[x];
    if (problem.extents[x] <= 1 || with.empty() || (with.size() == 1 && !in_output[x])) continue;
    const double log2_extent = std::log2(static_cast<double>(problem.extents[x]));
    if (with.size() == problem.leaves.size() && in_output[x]) {
      network.log2_batch += log2_extent;
      continue;
    }
    const auto [number, is_new] = number_of.try_emplace({with, in_output[x]}, network.indices());
    if (!is_new) {
      network.log2_extents[number->second] += log2_extent;
      continue;
    }
    network.log2_extents.push_back(log2_extent);
    network.in_output.push_back(in_output[x]);
    for (const int t : with) network.tensors[t].push_back(number->second);
  }
  return network;
}

}  // namespace einfold::pathfind
