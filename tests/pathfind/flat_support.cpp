// SPDX-License-Identifier: MIT
#include "pathfind/flat_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace einfold::pathfind {

Problem random_network(unsigned seed, int tensors, double indices_per_tensor) {
  std::mt19937 random(seed);
  const auto below = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  Problem problem;
  std::vector<std::vector<int>> legs(static_cast<std::size_t>(tensors));
  for (int x = 0; x < static_cast<int>(tensors * indices_per_tensor); ++x) {
    problem.extents.push_back(1 + below(5));
    std::set<int> with;
    const int count = below(8) == 0 ? 3 + below(3) : 2;
    while (static_cast<int>(with.size()) < std::min(count, tensors)) with.insert(below(tensors));
    for (const int t : with) legs[t].push_back(x);
    if (below(12) == 0) problem.output.push_back(x);
  }
  for (int t = 0; t < tensors; ++t) {
    Leaf leaf{t, {}};
    for (const int x : legs[t]) leaf.axes.push_back({x});
    problem.leaves.push_back(std::move(leaf));
  }
  return problem;
}

FlatNetwork grid(int rows, int columns) {
  FlatNetwork network;
  network.tensors.resize(static_cast<std::size_t>(rows) * columns);
  const auto bond = [&](int a, int b) {
    for (const int t : {a, b}) network.tensors[t].push_back(network.indices());
    network.log2_extents.push_back(1);
    network.in_output.push_back(0);
  };
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      if (i + 1 < rows) bond(i * columns + j, (i + 1) * columns + j);
      if (j + 1 < columns) bond(i * columns + j, i * columns + j + 1);
    }
  }
  return network;
}

std::vector<std::pair<double, double>> costs_along(const FlatNetwork& network, const SsaPath& path) {
  std::vector<std::set<int>> tensors;
  for (const auto& tensor : network.tensors) tensors.emplace_back(tensor.begin(), tensor.end());
  std::vector<char> alive(tensors.size(), 1);
  const auto log2_of = [&](const std::set<int>& set) {
    double sum = 0;
    for (const int x : set) sum += network.log2_extents[x];
    return sum;
  };
  std::vector<std::pair<double, double>> costs;
  for (const auto& [a, b] : path) {
    EXPECT_TRUE(alive.at(a) && alive.at(b) && a != b);
    alive[a] = alive[b] = 0;
    std::set<int> all = tensors[a], open;
    all.insert(tensors[b].begin(), tensors[b].end());
    for (const int x : all) {
      bool elsewhere = network.in_output[x] != 0;
      for (std::size_t t = 0; t < tensors.size(); ++t) elsewhere = elsewhere || (alive[t] && tensors[t].contains(x));
      if (elsewhere) open.insert(x);
    }
    costs.emplace_back(log2_of(all), log2_of(open));
    tensors.push_back(open);
    alive.push_back(1);
  }
  EXPECT_EQ(std::ranges::count(alive, 1), 1);
  return costs;
}

double total(const FlatNetwork& network, const SsaPath& path, const Objective& objective) {
  double sum = kLog2Zero;
  for (const auto& [points, size] : costs_along(network, path)) sum = objective.log2_sum(sum, objective.log2_step(points, size));
  return sum + network.log2_batch;
}

}  // namespace einfold::pathfind
