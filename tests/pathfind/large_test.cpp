// SPDX-License-Identifier: MIT
//
// What orders of hundreds and thousands of tensors are made of.
#include "pathfind/bisection.hpp"
#include "pathfind/constructions.hpp"
#include "pathfind/flat_support.hpp"
#include "pathfind/greedy.hpp"
#include "pathfind/greedy_path.hpp"
#include "pathfind/large_tree.hpp"
#include "pathfind/partition.hpp"
#include "pathfind/polish.hpp"
#include "pathfind/portfolio.hpp"
#include "pathfind/problems.hpp"
#include "pathfind/reconfigure.hpp"
#include "pathfind/search.hpp"
#include "pathfind/sweep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

namespace einfold::pathfind {
namespace {

SsaPath some_path(const FlatNetwork& network, unsigned seed) {
  Random random(seed);
  return greedy_path(network, {.m = random.between(0.5, 2), .temperature = random.between(0, 1)}, random);
}

FlatNetwork some_network(unsigned seed) {
  // also disconnected ones, and ones with scalars
  return flat_network_of(random_network(seed, 3 + static_cast<int>(seed) * 3, seed % 3 == 0 ? 0.7 : 1.6));
}

Hypergraph hypergraph_of(const FlatNetwork& network) {
  Hypergraph graph;
  graph.node_weight.assign(network.tensors.size(), 1);
  std::vector<std::vector<int>> nodes_of(network.log2_extents.size());
  for (int t = 0; t < network.size(); ++t)
    for (const int x : network.tensors[t]) nodes_of[x].push_back(t);
  graph.nodes_of = Lists(nodes_of);
  graph.net_weight = network.log2_extents;
  graph.nets_of = graph.nodes_of.transposed(graph.nodes());
  return graph;
}

TEST(Large, CostsOfPathsAreTheDefinition) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const FlatNetwork network = some_network(seed);
    const SsaPath path = some_path(network, seed);
    for (const Minimize minimize : {Minimize::kFlops, Minimize::kSize, Minimize::kWrite, Minimize::kCombo}) {
      const Objective objective = objective_of(minimize);
      EXPECT_NEAR(log2_cost_of(network, path, objective), total(network, path, objective), 1e-9);
      EXPECT_NEAR(LargeTree(network, path).log2_cost(objective), total(network, path, objective), 1e-9);
    }
  }
}

TEST(Large, AWindowCostsWhatItsStepsCost_AndCanBeReplaced) {
  for (unsigned seed = 1; seed < 40; ++seed) {
    const FlatNetwork network = some_network(seed);
    LargeTree tree(network, some_path(network, seed));
    for (const int most : {3, 7, 20, 10'000}) {
      const std::vector<double> dearest = tree.dearest_below({});
      const LargeTree::Window window = tree.window(tree.root(), most, dearest);
      ASSERT_EQ(window.network.size(), std::min(most, network.size()));
      FlatTree local(window.network, window.path);
      const double inside = local.log2_cost({}), whole = tree.log2_cost({}) - network.log2_batch;
      EXPECT_LE(inside, whole + 1e-9);
      if (most > network.size()) {
        EXPECT_NEAR(inside, whole, 1e-9);
      }
      reconfigure(local, {}, 6, 1000);
      tree.replace(window, local);
      EXPECT_NEAR(tree.log2_cost({}), total(network, tree.path(), {}), 1e-9) << seed;
      // what changed is the window alone
      const double outside = whole + std::log2(1 - std::exp2(inside - whole));
      if (inside < whole - 1e-3) {
        EXPECT_NEAR(tree.log2_cost({}) - network.log2_batch, log2_add(outside, local.log2_cost({})), 1e-6);
      }
    }
  }
}

TEST(Large, PolishedIsNeverDearer) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const FlatNetwork network = some_network(seed);
    const SsaPath path = some_path(network, seed);
    for (const Minimize minimize : {Minimize::kFlops, Minimize::kSize, Minimize::kCombo}) {
      const Objective objective = objective_of(minimize);
      double last = total(network, path, objective);
      for (const int window : {8, 30, 1000}) {
        Random random(seed);
        const SsaPath better = polished(network, path, objective, {.window = window, .passes = 3, .moves = 2000}, random);
        EXPECT_LE(total(network, better, objective), last + 1e-9);
      }
    }
  }
}

TEST(Large, EveryConstructionUsesEveryTensorOnce) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const FlatNetwork network = some_network(seed);
    for (const Construction kind : kAllConstructions) {
      for (const int sample : {0, 1, 2, 5}) {
        Random random(seed, static_cast<std::uint64_t>(sample));
        const SsaPath path = construct(kind, network, sample, random, {});
        ASSERT_EQ(path.size() + 1, network.tensors.size());
        EXPECT_TRUE(std::isfinite(total(network, path, {}))) << seed << ' ' << static_cast<int>(kind);
      }
    }
  }
}

TEST(Large, BisectionsKeepTheBalance_AndBothSidesAreThere) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const FlatNetwork network = some_network(seed);
    const Hypergraph graph = hypergraph_of(network);
    for (const double imbalance : {0.0, 0.1, 0.5}) {
      Random random(seed);
      const std::vector<char> side = bisect(graph, imbalance, random, {});
      ASSERT_EQ(side.size(), network.tensors.size());
      const double heavier = static_cast<double>(std::max(std::ranges::count(side, 0), std::ranges::count(side, 1)));
      EXPECT_LE(heavier, std::max((1 + imbalance) / 2 * network.size(), (network.size() + 1) / 2.0));
      EXPECT_LT(heavier, network.size());
    }
  }
}

TEST(Large, BisectionsFindTheNarrowPlace) {
  // two complete graphs of 20 tensors with one bond between them, numbered at random
  for (unsigned seed = 0; seed < 10; ++seed) {
    Random random(seed);
    std::vector<int> number(40);
    std::iota(number.begin(), number.end(), 0);
    random.shuffle(number);
    FlatNetwork network;
    network.tensors.resize(number.size());
    const auto bond = [&](int a, int b) {
      for (const int t : {a, b}) network.tensors[number[t]].push_back(network.indices());
      network.log2_extents.push_back(1);
    };
    for (int a = 0; a < 20; ++a)
      for (int b = 0; b < a; ++b) bond(a, b), bond(20 + a, 20 + b);
    bond(3, 27);
    const std::vector<char> side = bisect(hypergraph_of(network), 0.2, random, {});
    for (int t = 0; t < 40; ++t) EXPECT_EQ(side[number[t]] == side[number[0]], t < 20);
  }
}

TEST(Large, AnchorsStay) {
  // a path of 200 nodes whose ends are tied to the anchors, the wrong way round in number
  Hypergraph graph;
  graph.anchored = true;
  graph.node_weight.assign(202, 1);
  graph.node_weight[0] = graph.node_weight[1] = 0;
  std::vector<std::vector<int>> nets;
  for (int n = 2; n < 201; ++n) nets.push_back({n, n + 1});
  nets.push_back({0, 201});
  nets.push_back({1, 2});
  graph.nodes_of = Lists(nets);
  graph.net_weight.assign(nets.size(), 1);
  graph.nets_of = graph.nodes_of.transposed(graph.nodes());
  Random random(1);
  const std::vector<char> side = bisect(graph, 0.1, random, {});
  EXPECT_EQ(side[0], 0);
  EXPECT_EQ(side[1], 1);
  int cut = 0;
  for (const auto& net : nets) cut += side[net[0]] != side[net[1]];
  EXPECT_EQ(cut, 1);
}

TEST(Large, AFrontParallelToAShortCutStaysShort) {
  // 12 rows: at least 12 bonds are cut, and a straight front with one step in it has 13
  const FlatNetwork network = grid(12, 100);
  double best = std::numeric_limits<double>::infinity();
  for (unsigned seed = 0; seed < 4; ++seed) {
    Random random(seed);
    best = std::min(best, total(network, construct(Construction::kFront, network, 0, random, {}), objective_of(Minimize::kSize)));
  }
  EXPECT_LE(best, 13);
}

TEST(Large, LongNetworksAreSwept_NotHalved) {
  // a front of 13 bonds and 2 new ones per tensor: far from the 2^18 points of steps of an order that halves the grid again and again
  const FlatNetwork network = grid(12, 60);
  EXPECT_LE(total(network, find_path(network, {}), {}), 15 + std::log2(12 * 60));
}

TEST(Large, PositionsEvenedOutAreAPermutation) {
  const FlatNetwork network = some_network(20);
  Random random(1);
  std::vector<int> line = line_of(network, {}, random);
  std::vector<double> positions = smoothed_positions(network, line, 5);
  std::ranges::sort(line);
  std::ranges::sort(positions);
  for (int t = 0; t < network.size(); ++t) {
    EXPECT_EQ(line[t], t);
    EXPECT_EQ(positions[t], t);
  }
}

TEST(Large, WithoutTimeAnyMethodStillFindsAnOrder) {
  const FlatNetwork network = flat_network_of(random_network(3, 300));
  for (const Method method : {Method::kAuto, Method::kAutoHq, Method::kExact, Method::kGreedy, Method::kRandomGreedy128, Method::kElimination,
                              Method::kDissection, Method::kPartition, Method::kCommunities, Method::kSweep, Method::kBranchAll, Method::kBranch2,
                              Method::kBranch1}) {
    for (const double seconds : {0.0, 1e-3, 1e-2})
      EXPECT_TRUE(std::isfinite(total(network, find_path(network, {.method = method, .max_seconds = seconds}), {})));
  }
}

TEST(Large, BranchesEndInTime) {
  for (const int tensors : {40, 3000}) {  // the first descent ends in time, and does not
    const FlatNetwork network = flat_network_of(random_network(5, tensors));
    for (const Method method : {Method::kBranchAll, Method::kBranch2}) {
      const auto start = std::chrono::steady_clock::now();
      EXPECT_EQ(find_path(network, {.method = method, .max_seconds = 0.1}).size(), static_cast<std::size_t>(tensors) - 1);
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << tensors;  // unlimited, minutes
    }
  }
}

/// A convolution whose kernel is a random network of 60 tensors with three open indices.
Problem factorised_convolution(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  Builder builder;
  const int n = builder.index(8), c = builder.index(16), d = builder.index(16);
  const int i = builder.index(32), o = builder.index(32), k = builder.index(3);
  std::vector<std::vector<int>> legs(60);
  for (const int open : {c, d, k}) legs[below(60)].push_back(open);
  for (int bond = 0; bond < 90; ++bond) {
    const int x = builder.index(2 + below(4)), a = bond < 59 ? bond + 1 : below(60);
    legs[a].push_back(x);
    legs[bond < 59 ? below(a) : (a + 1 + below(59)) % 60].push_back(x);
  }
  builder.leaf(0, {n, c, i});
  for (int t = 0; t < 60; ++t) builder.leaf(t + 1, legs[t]);
  builder.pattern(i, o, k, 1, 1);
  return builder.build({n, d, o});
}

TEST(Large, NetworksWithAFewEquationsAreSearchedLikeThoseWithout) {
  int better = 0;
  for (unsigned seed = 0; seed < 6; ++seed) {
    const Problem problem = factorised_convolution(seed);
    Moves moves(problem, objective_of(Minimize::kFlops));
    const double by_growth =
        std::min(greedy(moves, GreedyScore::kGrowth)->log2_cost, greedy(moves, GreedyScore::kRatio)->log2_cost);
    const double found = find_tree(problem, {.minimize = Minimize::kFlops}).log2_flops;
    EXPECT_LE(found, by_growth + 1e-9);
    better += found < by_growth - 0.5;
  }
  EXPECT_GE(better, 5);
}

}  // namespace
}  // namespace einfold::pathfind
