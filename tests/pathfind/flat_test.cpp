// SPDX-License-Identifier: MIT
//
// Searches over networks without equations.
#include "pathfind/anneal.hpp"
#include "pathfind/greedy_path.hpp"
#include "pathfind/portfolio.hpp"
#include "pathfind/flat_support.hpp"
#include "pathfind/reconfigure.hpp"
#include "pathfind/search.hpp"
#include "pathfind/subsets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace einfold::pathfind {
namespace {

/// The least cost over all pair sequences.
double least(const FlatNetwork& network, const Objective& objective, SsaPath& path, const std::vector<int>& living) {
  if (living.size() == 1) return total(network, path, objective);
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < living.size(); ++i) {
    for (std::size_t j = i + 1; j < living.size(); ++j) {
      path.emplace_back(living[i], living[j]);
      std::vector<int> rest = living;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
      rest[i] = network.size() + static_cast<int>(path.size()) - 1;
      best = std::min(best, least(network, objective, path, rest));
      path.pop_back();
    }
  }
  return best;
}

TEST(Flat, SubsetsFindTheBestTree_ForEveryObjective) {
  for (unsigned seed = 0; seed < 120; ++seed) {
    const FlatNetwork network = flat_network_of(random_network(seed, 3 + static_cast<int>(seed % 3)));
    for (const Minimize minimize : {Minimize::kFlops, Minimize::kSize, Minimize::kWrite, Minimize::kCombo}) {
      const Objective objective = objective_of(minimize);
      std::vector<int> living;
      for (int t = 0; t < network.size(); ++t) living.push_back(t);
      SsaPath path;
      const double expected = least(network, objective, path, living);
      const BestTree found = best_tree(network, objective);
      ASSERT_NEAR(found.log2_cost, expected, 1e-9) << seed;
      ASSERT_NEAR(total(network, found.path, objective), expected, 1e-9) << seed;
    }
  }
}

TEST(Flat, SubsetsFindTheSame_WithinABound) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const FlatNetwork network = flat_network_of(random_network(seed, 9 + static_cast<int>(seed % 4), 1.1 + 0.3 * (seed % 3)));
    for (const Minimize minimize : {Minimize::kFlops, Minimize::kSize, Minimize::kCombo}) {
      const Objective objective = objective_of(minimize);
      const BestTree best = best_tree(network, objective);
      EXPECT_NEAR(total(network, best.path, objective), best.log2_cost, 1e-9);
      for (const double slack : {0.0, 0.5, 3.0}) {
        const BestTree bounded = best_tree(network, objective, best.log2_cost + slack);
        EXPECT_NEAR(bounded.log2_cost, best.log2_cost, 1e-9);
        EXPECT_NEAR(total(network, bounded.path, objective), best.log2_cost, 1e-9);
      }
    }
  }
}

TEST(Flat, TreesKnowTheirCosts_AfterEveryKindOfImprovement) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const FlatNetwork network = flat_network_of(random_network(seed, 5 + static_cast<int>(seed) * 2));
    for (const Minimize minimize : {Minimize::kFlops, Minimize::kCombo, Minimize::kSize}) {
      const Objective objective = objective_of(minimize);
      Random random(seed);
      const SsaPath start = greedy_path(network, {.m = random.between(0.5, 2), .temperature = random.between(0, 1)}, random);
      FlatTree tree(network, start);
      const double before = tree.log2_cost(objective);
      EXPECT_NEAR(before, total(network, start, objective), 1e-9);
      anneal(tree, objective, {.temperatures = 6, .sweeps = 5}, random);
      const double annealed = tree.log2_cost(objective);
      EXPECT_LE(annealed, before + 1e-9);
      EXPECT_NEAR(annealed, total(network, tree.path(), objective), 1e-9);
      reconfigure(tree, objective, 7, 1000);
      EXPECT_LE(tree.log2_cost(objective), annealed + 1e-9);
      EXPECT_NEAR(tree.log2_cost(objective), total(network, tree.path(), objective), 1e-9);
    }
  }
}

TEST(Flat, TheGeneralSearchAgrees) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Problem problem = random_network(seed, 2 + static_cast<int>(seed % 7));
    const FlatNetwork network = flat_network_of(problem);
    const Tree tree = find_tree(problem, {.minimize = Minimize::kFlops});
    ASSERT_NEAR(tree.log2_flops, best_tree(network, {}).log2_cost, 1e-9) << seed;
  }
}

TEST(Flat, FindsTheBestOf15Tensors_Mostly) {
  int best = 0;
  for (unsigned seed = 0; seed < 10; ++seed) {
    const FlatNetwork network = flat_network_of(random_network(seed, 15));
    const double exact = best_tree(network, {}).log2_cost;
    const double found = total(network, find_path(network, {}), {});
    EXPECT_LT(found, exact + 0.5);
    best += found < exact + 1e-9;
  }
  EXPECT_GE(best, 8);
}

TEST(Flat, IsTheSame_OnAnyNumberOfThreads) {
  for (const Method method : {Method::kGreedy, Method::kRandomGreedy, Method::kElimination, Method::kDissection, Method::kPartition,
                              Method::kCommunities, Method::kSweep, Method::kAuto, Method::kAutoHq}) {
    const FlatNetwork network = flat_network_of(random_network(5, method == Method::kAutoHq ? 16 : 60));
    const SsaPath path = find_path(network, {.method = method, .seed = 3});
    EXPECT_EQ(find_path(network, {.method = method, .seed = 3}), path);
    EXPECT_EQ(find_path(network, {.method = method, .seed = 3, .threads = 4}), path);
  }
}

TEST(Flat, MoreWorkIsNeverWorse) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const FlatNetwork network = flat_network_of(random_network(seed, 80));
    double last = std::numeric_limits<double>::infinity();
    for (const Method method : {Method::kGreedy, Method::kRandomGreedy, Method::kRandomGreedy128, Method::kAuto, Method::kAutoHq}) {
      if (method == Method::kAutoHq && seed > 1) continue;
      const double cost = total(network, find_path(network, {.method = method}), {});
      EXPECT_LE(cost, last + 1e-9);
      last = cost;
    }
  }
}

TEST(Flat, OverflowsNothing) {
  // a complete graph of 60 tensors with bonds of 10^9: 10^16000 flops
  Problem problem;
  for (int a = 0; a < 60; ++a) {
    problem.leaves.push_back({a, {}});
    for (int b = 0; b < a; ++b) {
      problem.leaves[a].axes.push_back({static_cast<int>(problem.extents.size())});
      problem.leaves[b].axes.push_back({static_cast<int>(problem.extents.size())});
      problem.extents.push_back(1'000'000'000);
    }
  }
  const Tree tree = find_tree(problem);
  EXPECT_TRUE(std::isfinite(tree.log2_flops));
  EXPECT_GT(tree.log2_flops, 10'000);
}

TEST(Flat, PlansTenThousandTensors) {
  const Problem problem = random_network(1, 10'000, 1.1);
  const Tree tree = find_tree(problem, {.method = Method::kGreedy});
  EXPECT_TRUE(std::isfinite(tree.log2_flops));
  EXPECT_GE(tree.steps.size(), 9'999u);
}

}  // namespace
}  // namespace einfold::pathfind
