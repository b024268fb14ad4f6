// SPDX-License-Identifier: MIT
#include "pathfind/small_part.hpp"

#include "pathfind/subsets.hpp"

#include <algorithm>

namespace einfold::pathfind {

std::vector<int> occurrences_in(std::span<const std::vector<int>> tensors, int indices) {
  std::vector<int> occurrences(static_cast<std::size_t>(indices), 0);
  for (const auto& tensor : tensors)
    for (const int x : tensor) ++occurrences[x];
  return occurrences;
}

int join_best(const FlatNetwork& network, std::span<const std::vector<int>* const> tensors, std::span<const int> numbers,
              std::span<const int> occurrences, SsaPath& path) {
  const int count = static_cast<int>(numbers.size());
  if (count == 1) return numbers.front();
  std::vector<std::pair<int, int>> legs;  // (index, tensor)
  for (int t = 0; t < count; ++t)
    for (const int x : *tensors[t]) legs.emplace_back(x, t);
  std::ranges::sort(legs);
  std::vector<IndexClass> classes;
  for (std::size_t first = 0, end = 0; first < legs.size(); first = end) {
    const int x = legs[first].first;
    IndexClass index;
    for (end = first; end < legs.size() && legs[end].first == x; ++end) index.tensors |= std::uint32_t{1} << legs[end].second;
    index.elsewhere = network.in_output[x] || static_cast<int>(end - first) < occurrences[x];
    index.log2_extent = network.log2_extents[x];
    classes.push_back(index);
  }
  SsaPath best;
  if (count > 2) best = best_tree(count, classes, {}).path;
  if (best.empty())  // two; or beyond the range of doubles: one after the other
    for (int t = 1; t < count; ++t) best.emplace_back(t == 1 ? 0 : count + t - 2, t);
  std::vector<int> number(numbers.begin(), numbers.end());
  for (const auto& [a, b] : best) {
    path.emplace_back(number[a], number[b]);
    number.push_back(network.size() + static_cast<int>(path.size()) - 1);
  }
  return number.back();
}

}  // namespace einfold::pathfind
