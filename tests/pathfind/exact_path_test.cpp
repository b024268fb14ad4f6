// SPDX-License-Identifier: MIT
//
// Exact searches over networks without equations against every single tree.
#include "pathfind/exact_path.hpp"

#include "pathfind/branch.hpp"
#include "pathfind/flat_tree.hpp"
#include "pathfind/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>

namespace einfold::pathfind {
namespace {

/// The problem's network, in which tensor t has the indices legs[t].
template <class Legs>
FlatNetwork with_legs(Problem problem, const std::vector<Legs>& legs) {
  for (std::size_t t = 0; t < legs.size(); ++t) {
    Leaf leaf{static_cast<int>(t), {}};
    for (const int x : legs[t]) leaf.axes.push_back({x});
    problem.leaves.push_back(std::move(leaf));
  }
  return flat_network_of(problem);
}

/// Hyper-indices, scalars, equal sets of indices, parts that share nothing.
FlatNetwork random_network(Random& random, int tensors, int indices) {
  Problem problem;
  std::vector<std::set<int>> legs(static_cast<std::size_t>(tensors));
  for (int x = 0; x < indices; ++x) {
    problem.extents.push_back(1 + random.below(6));
    const int holders = random.below(4) == 0 ? 1 + random.below(5) : 2;
    for (int h = 0; h < holders; ++h) legs[random.below(tensors)].insert(x);
    if (random.below(5) == 0) problem.output.push_back(x);
  }
  return with_legs(std::move(problem), legs);
}

/// Costs of trees from the definition, with a bit per index.
class AllTrees {
 public:
  AllTrees(const FlatNetwork& network, const Objective& objective) : objective_(objective), tensors_(network.size()) {
    extents_of_.assign(std::size_t{1} << network.indices(), 0);
    for (unsigned set = 0; set < extents_of_.size(); ++set)
      for (int x = 0; x < network.indices(); ++x)
        if (set >> x & 1) extents_of_[set] += network.log2_extents[x];
    for (unsigned set = 0; set < 1u << tensors_; ++set) {
      unsigned inside = 0, outside = 0;
      for (int x = 0; x < network.indices(); ++x)
        if (network.in_output[x]) outside |= 1u << x;
      for (int t = 0; t < tensors_; ++t)
        for (const int x : network.tensors[t]) (set >> t & 1 ? inside : outside) |= 1u << x;
      open_.push_back(inside & outside);
    }
  }

  enum class Joining { kAny, kWithSharedIndex };

  /// Every tree over t tensors comes from one over t - 1, with tensor t beside one of its nodes.
  double least(Joining joining) {
    joining_ = joining;
    Node leaf{1, -1, -1};
    nodes_ = {leaf};
    least_ = std::numeric_limits<double>::infinity();
    insert(1, 0);
    return least_;
  }
  int trees() const { return trees_; }

 private:
  struct Node {
    unsigned set;
    int a, b;
  };

  void insert(int tensor, int root) {
    if (tensor == tensors_) {
      ++trees_;
      least_ = std::min(least_, cost(root));
      return;
    }
    const std::vector<Node> before = nodes_;
    for (int beside = 0; beside < static_cast<int>(before.size()); ++beside) {
      const int added = static_cast<int>(nodes_.size()), moved = added + 1;
      for (Node& node : nodes_)  // above: the new tensor comes in
        if ((node.set & before[beside].set) == before[beside].set) node.set |= 1u << tensor;
      nodes_.push_back({1u << tensor, -1, -1});
      nodes_.push_back(before[beside]);
      nodes_[beside].a = moved;
      nodes_[beside].b = added;
      insert(tensor + 1, root);
      nodes_ = before;
    }
  }

  double cost(int root) const {
    const Node& node = nodes_[root];
    if (node.a < 0) return kLog2Zero;
    const unsigned a = open_[nodes_[node.a].set], b = open_[nodes_[node.b].set];
    if (joining_ == Joining::kWithSharedIndex && (a & b) == 0) return std::numeric_limits<double>::infinity();
    const double step = objective_.log2_step(extents_of_[a | b], extents_of_[open_[node.set]]);
    return objective_.log2_sum(step, objective_.log2_sum(cost(node.a), cost(node.b)));
  }

  Objective objective_;
  int tensors_;
  std::vector<double> extents_of_;  ///< log2, by set of indices
  std::vector<unsigned> open_;      ///< by set of tensors
  Joining joining_ = Joining::kAny;
  std::vector<Node> nodes_;
  double least_ = 0;
  int trees_ = 0;
};

constexpr Minimize kObjectives[] = {Minimize::kFlops, Minimize::kSize, Minimize::kWrite, Minimize::kCombo};

double cost_of(const FlatNetwork& network, const SsaPath& path, const Objective& objective) {
  return FlatTree(network, path).log2_cost(objective) - network.log2_batch;
}

TEST(ExactPath, IsTheBestOfAllTrees_OfUpToSevenTensors) {
  int trees = 0, outer_pays = 0;
  for (int seed = 0; seed < 2000; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    const int tensors = seed % 20 == 0 ? 7 : 3 + seed % 4;
    const FlatNetwork network = random_network(random, tensors, 2 + random.below(10));
    const Objective objective = objective_of(kObjectives[seed % 4]);
    AllTrees all(network, objective);
    const double best = all.least(AllTrees::Joining::kAny);
    const ExactPath exact = exact_path(network, objective);
    ASSERT_NEAR(cost_of(network, exact.path, objective), best, 1e-9) << seed;
    ASSERT_TRUE(exact.proven);
    // the searches for sparse networks, with the bound just reached
    const std::vector<IndexClass> indices = index_classes(network);
    constexpr std::int64_t kEnough = 1'000'000;
    const SparseTree any = best_sparse_tree(tensors, indices, objective, OuterProducts::kAll, best, kEnough);
    ASSERT_TRUE(any.complete);
    ASSERT_FALSE(any.tree.path.empty()) << seed;
    ASSERT_NEAR(cost_of(network, any.tree.path, objective), best, 1e-9) << seed;
    const double shared = all.least(AllTrees::Joining::kWithSharedIndex);
    if (std::isfinite(shared)) {
      const SparseTree connected = best_sparse_tree(tensors, indices, objective, OuterProducts::kNone, shared, kEnough);
      ASSERT_NEAR(cost_of(network, connected.tree.path, objective), shared, 1e-9) << seed;
      outer_pays += shared > best + 1e-9;
      if (best < shared - 1e-3) {
        EXPECT_TRUE(best_sparse_tree(tensors, indices, objective, OuterProducts::kNone, best, kEnough).tree.path.empty());
      }
    }
    trees += all.trees();
  }
  EXPECT_GT(trees, 1'000'000);
  EXPECT_GT(outer_pays, 50);
}

TEST(ExactPath, SearchesOfDifferentKindsAgree_UpToTwelveTensors) {
  for (int seed = 0; seed < 150; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    const int tensors = 8 + seed % 5;
    const FlatNetwork network = random_network(random, tensors, tensors + random.below(tensors / 2));
    const Objective objective = objective_of(kObjectives[seed % 4]);
    const BestTree best = best_tree(network, objective);
    ASSERT_NEAR(cost_of(network, exact_path(network, objective).path, objective), best.log2_cost - network.log2_batch, 1e-9);
    const double bound = best.log2_cost - network.log2_batch + (seed % 3 == 0 ? 0.5 : 0);
    const SparseTree sparse =
        best_sparse_tree(tensors, index_classes(network), objective, OuterProducts::kAll, bound, 100'000'000);
    ASSERT_NEAR(cost_of(network, sparse.tree.path, objective), best.log2_cost - network.log2_batch, 1e-9) << seed;
  }
}

/// Every index on two tensors (kind 0), some on up to four (1), some in the output (2), or extents of 2 and 3 only (3).
FlatNetwork network_of_kind(Random& random, int kind, int tensors) {
  Problem problem;
  std::vector<std::set<int>> legs(static_cast<std::size_t>(tensors));
  const int indices = tensors - 1 + random.below(tensors);
  for (int x = 0; x < indices; ++x) {
    problem.extents.push_back(2 + random.below(kind == 3 ? 2 : 6));
    const int holders = kind == 1 && random.below(3) == 0 ? 2 + random.below(3) : 2;
    for (int h = 0; h < holders; ++h) legs[random.below(tensors)].insert(x);
    if (kind == 2 && random.below(4) == 0) problem.output.push_back(x);
  }
  return with_legs(std::move(problem), legs);
}

TEST(ExactPath, MissesNoOuterProductThatPays) {
  int outer_pays = 0;
  for (int seed = 0; seed < 8000; ++seed) {
    Random random(777, static_cast<std::uint64_t>(seed));
    const int tensors = 4 + random.below(6);
    const FlatNetwork network = network_of_kind(random, seed % 4, tensors);
    const std::vector<IndexClass> indices = index_classes(network);
    const Objective objective{1, std::vector<double>{0, 1, 16, 64}[static_cast<std::size_t>(seed / 4 % 4)]};
    const double best = best_tree(network, objective).log2_cost - network.log2_batch;
    const SparseTree any = best_sparse_tree(tensors, indices, objective, OuterProducts::kAll, best + seed % 3, 1'000'000'000);
    ASSERT_FALSE(any.tree.path.empty()) << seed;
    ASSERT_NEAR(cost_of(network, any.tree.path, objective), best, 1e-9) << seed;
    const SparseTree connected = best_sparse_tree(tensors, indices, objective, OuterProducts::kNone, best + 20, 1'000'000'000);
    outer_pays += !connected.tree.path.empty() && cost_of(network, connected.tree.path, objective) > best + 1e-9;
  }
  EXPECT_GT(outer_pays, 500);
}

/// One tree or several over `tensors`, each with a hub now and then, a few more bonds, and open indices on one tensor each: every index is on two
/// tensors, the output counted as one.
FlatNetwork paired_network(Random& random, int tensors) {
  Problem problem;
  std::vector<std::vector<int>> legs(static_cast<std::size_t>(tensors));
  const auto index = [&](int t) {
    legs[t].push_back(static_cast<int>(problem.extents.size()));
    return legs[t].back();
  };
  const auto bond = [&](int a, int b) {
    legs[b].push_back(index(a));
    problem.extents.push_back(2 + random.below(5));
  };
  const int hubs = 1 + random.below(3), parts = random.below(4) == 0 ? 2 : 1;
  for (int t = parts; t < tensors; ++t) bond(t, t % parts + parts * random.below(std::max(1, std::min(t / parts, hubs))));
  for (int more = random.below(3); more > 0; --more) {
    const int a = random.below(tensors), b = (a + parts * (1 + random.below(tensors / parts - 1))) % (tensors / parts * parts);
    if (a != b) bond(a, b);
  }
  for (int open = random.below(3); open > 0; --open) {
    problem.output.push_back(index(random.below(tensors)));
    problem.extents.push_back(2 + random.below(4));
  }
  return with_legs(std::move(problem), legs);
}

TEST(ExactPath, MissesNoProductThatATensorEncloses) {
  int enclosed = 0, outer_pays = 0;
  for (int seed = 0; seed < 1500; ++seed) {
    Random random(888, static_cast<std::uint64_t>(seed));
    const int tensors = 4 + random.below(9);
    const FlatNetwork network = paired_network(random, tensors);
    const std::vector<IndexClass> indices = index_classes(network);
    enclosed += outer_products_are_enclosed(tensors, indices, {});
    const double best = best_tree(network, {}).log2_cost;
    const SparseTree any = best_sparse_tree(tensors, indices, {}, OuterProducts::kAll, best + seed % 3, 1'000'000'000);
    ASSERT_FALSE(any.tree.path.empty()) << seed;
    ASSERT_NEAR(any.tree.log2_cost, best, 1e-9) << seed;
    ASSERT_NEAR(cost_of(network, any.tree.path, {}), best, 1e-9) << seed;
    const SparseTree connected = best_sparse_tree(tensors, indices, {}, OuterProducts::kNone, best + 20, 1'000'000'000);
    outer_pays += connected.tree.log2_cost > best + 1e-9;
  }
  EXPECT_GT(enclosed, 1000);
  EXPECT_GT(outer_pays, 300);
}

/// A ladder of 2 x 15: sparse.
FlatNetwork ladder(int rungs) {
  Problem problem;
  std::vector<std::vector<int>> legs(static_cast<std::size_t>(2 * rungs));
  const auto bond = [&](int a, int b, std::int64_t extent) {
    for (const int t : {a, b}) legs[t].push_back(static_cast<int>(problem.extents.size()));
    problem.extents.push_back(extent);
  };
  for (int r = 0; r < rungs; ++r) {
    bond(2 * r, 2 * r + 1, 2 + r % 3);
    for (int side = 0; side < 2 && r + 1 < rungs; ++side) bond(2 * r + side, 2 * r + 2 + side, 2 + (r + side) % 4);
  }
  return with_legs(std::move(problem), legs);
}

TEST(ExactPath, IsProvenForThirtyTensors_WhereTheNetworkIsSparse) {
  const FlatNetwork network = ladder(15);
  const ExactPath connected = exact_path(network, {}, {.outer = OuterProducts::kNone});
  EXPECT_TRUE(connected.proven);
  FlatTree tree(network, connected.path);
  const ExactPath any = exact_path(network, {}, {.most_pairs = 2'000'000});
  EXPECT_LE(cost_of(network, any.path, {}), cost_of(network, connected.path, {}) + 1e-9);
}

/// A tensor of `chains` legs of extent 2, each a chain of two more tensors.
FlatNetwork hub(int chains, Random& random) {
  Problem problem;
  problem.leaves.push_back({0, {}});
  for (int c = 0; c < chains; ++c) {
    const int to_hub = 2 * c, outer = to_hub + 1;
    problem.extents.insert(problem.extents.end(), {2, 2 + random.below(40)});
    problem.leaves.front().axes.push_back({to_hub});
    problem.leaves.push_back({outer, {{to_hub}, {outer}}});
    problem.leaves.push_back({outer + 1, {{outer}}});
  }
  return flat_network_of(problem);
}

TEST(ExactPath, IsNoWorseThanTheBestWithoutOuterProducts_WhereAHubHasTooManyOfThem) {
  int given_up = 0;
  for (int seed = 0; seed < 10; ++seed) {
    Random random(999, static_cast<std::uint64_t>(seed));
    const FlatNetwork network = hub(12, random);
    EXPECT_TRUE(outer_products_are_enclosed(network.size(), index_classes(network), {}));
    constexpr std::int64_t kFew = 100'000;
    const ExactPath connected = exact_path(network, {}, {.outer = OuterProducts::kNone, .most_pairs = kFew});
    EXPECT_TRUE(connected.proven) << seed;
    const ExactPath any = exact_path(network, {}, {.most_pairs = kFew});
    given_up += !any.proven;
    EXPECT_LE(cost_of(network, any.path, {}), cost_of(network, connected.path, {}) + 1e-9) << seed;
  }
  EXPECT_GT(given_up, 0);
}

TEST(ExactPath, IsAGoodOrder_WhereTheBudgetDoesNotSuffice) {
  const FlatNetwork network = ladder(15);
  const ExactPath path = exact_path(network, {}, {.most_pairs = 100});
  EXPECT_FALSE(path.proven);
  EXPECT_EQ(path.path.size(), 29u);
}

TEST(Branch, TriesAllOrders_WhereItMay) {
  int alike = 0;
  for (int seed = 0; seed < 300; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    const int tensors = 3 + seed % 4;
    const FlatNetwork network = random_network(random, tensors, 2 + random.below(8));
    const Objective objective = objective_of(kObjectives[seed % 4]);
    AllTrees all(network, objective);
    const double best = all.least(AllTrees::Joining::kAny), shared = all.least(AllTrees::Joining::kWithSharedIndex);
    double last = std::numeric_limits<double>::infinity();
    for (const int branches : {1, 2, 0}) {
      const SsaPath path = branch_path(network, objective, {.most_branches = branches});
      ASSERT_EQ(path.size(), static_cast<std::size_t>(tensors) - 1);
      const double cost = cost_of(network, path, objective);
      EXPECT_GE(cost, best - 1e-9);
      EXPECT_LE(cost, last + 1e-9) << seed;  // branch-1's order is among branch-2's, and so on
      last = cost;
    }
    EXPECT_LE(last, shared + 1e-9);
    alike += last < best + 1e-9;
    // a budget of nothing still gives a greedy order
    EXPECT_EQ(branch_path(network, objective, {.most_steps = 0}).size(), static_cast<std::size_t>(tensors) - 1);
  }
  EXPECT_GT(alike, 200);
}

}  // namespace
}  // namespace einfold::pathfind
