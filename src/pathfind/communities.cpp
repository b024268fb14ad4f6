// SPDX-License-Identifier: MIT
#include "pathfind/communities.hpp"

#include "pathfind/small_part.hpp"

#include <algorithm>
#include <numeric>

namespace einfold::pathfind {
namespace {

constexpr std::size_t kLargeIndex = 64;  ///< an index on more tensors does not tell which belong together

/// The tensors by label.
std::vector<std::vector<int>> groups_of(const FlatNetwork& network, const std::vector<std::vector<int>>& tensors, int most, Random& random) {
  const std::size_t count = tensors.size();
  std::vector<std::vector<int>> with(static_cast<std::size_t>(network.indices()));
  for (std::size_t t = 0; t < count; ++t)
    for (const int x : tensors[t]) with[x].push_back(static_cast<int>(t));
  std::vector<int> label(count), population(count, 1), order(count), near;
  std::iota(label.begin(), label.end(), 0);
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> share(count, 0);
  bool changed = true;
  for (int round = 0; round < 6 && changed; ++round) {
    changed = false;
    random.shuffle(order);
    for (const int t : order) {
      near.clear();
      for (const int x : tensors[t]) {
        if (with[x].size() > kLargeIndex || with[x].size() < 2) continue;
        const double weight = network.log2_extents[x] / static_cast<double>(with[x].size() - 1);
        for (const int other : with[x]) {
          if (other == t) continue;
          if (share[label[other]] == 0) near.push_back(label[other]);
          share[label[other]] += weight;
        }
      }
      int best = label[t];
      double most_shared = population[label[t]] > 1 ? share[label[t]] : 0;
      for (const int candidate : near) {
        if (candidate != label[t] && population[candidate] < most && share[candidate] > most_shared) {
          best = candidate;
          most_shared = share[candidate];
        }
      }
      for (const int candidate : near) share[candidate] = 0;
      if (best == label[t]) continue;
      --population[label[t]];
      ++population[best];
      label[t] = best;
      changed = true;
    }
  }
  std::vector<std::vector<int>> groups(count);
  for (std::size_t t = 0; t < count; ++t) groups[label[t]].push_back(static_cast<int>(t));
  std::erase_if(groups, [](const auto& group) { return group.empty(); });
  return groups;
}

}  // namespace

SsaPath community_path(const FlatNetwork& network, int most, Random& random, const Deadline& deadline) {
  most = std::clamp(most, 2, 12);
  SsaPath path;
  std::vector<std::vector<int>> tensors = network.tensors;
  std::vector<int> numbers(tensors.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  while (tensors.size() > 1) {
    if (deadline.passed()) return {};
    std::vector<std::vector<int>> groups = groups_of(network, tensors, most, random);
    if (tensors.size() <= static_cast<std::size_t>(most)) {
      groups.assign(1, std::vector<int>(tensors.size()));
      std::iota(groups[0].begin(), groups[0].end(), 0);
    } else if (groups.size() == tensors.size()) {  // nothing shares anything: the smallest first
      std::vector<int> order(tensors.size());
      std::iota(order.begin(), order.end(), 0);
      std::ranges::stable_sort(order, {}, [&](int t) { return tensors[t].size(); });
      groups.clear();
      for (std::size_t t = 0; t < order.size(); t += 2) groups.emplace_back(order.begin() + t, order.begin() + std::min(t + 2, order.size()));
    }
    const std::vector<int> occurrences = occurrences_in(tensors, network.indices());
    std::vector<std::vector<int>> next;
    std::vector<int> next_numbers;
    for (const auto& group : groups) {
      std::vector<const std::vector<int>*> members;
      std::vector<int> member_numbers, all;
      for (const int t : group) {
        members.push_back(&tensors[t]);
        member_numbers.push_back(numbers[t]);
        all.insert(all.end(), tensors[t].begin(), tensors[t].end());
      }
      next_numbers.push_back(join_best(network, members, member_numbers, occurrences, path));
      std::ranges::sort(all);
      auto& open = next.emplace_back();
      for (std::size_t first = 0, end = 0; first < all.size(); first = end) {
        const int x = all[first];
        while (end < all.size() && all[end] == x) ++end;
        if (network.in_output[x] || static_cast<int>(end - first) < occurrences[x]) open.push_back(x);
      }
    }
    tensors = std::move(next);
    numbers = std::move(next_numbers);
  }
  return path;
}

}  // namespace einfold::pathfind
