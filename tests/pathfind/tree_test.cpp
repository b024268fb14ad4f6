// SPDX-License-Identifier: MIT
//
// What a tree claims about its steps, against values.
#include "pathfind/evaluate.hpp"
#include "pathfind/problems.hpp"
#include "pathfind/search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace einfold::pathfind {
namespace {

struct Seen {
  int equal = 0, symmetric = 0, squared = 0, equations_inside = 0, sums = 0;
};

void expect_true(const Problem& problem, const Tree& tree, unsigned seed, Seen& seen) {
  const auto message = [&] { return "seed " + std::to_string(seed) + ": " + print(problem); };
  const int leaves = static_cast<int>(problem.leaves.size());
  const Operands operands = random_operands(problem, seed);
  const std::vector<Array> results = evaluate(problem, tree, operands);
  ASSERT_FALSE(tree.steps.empty());
  ASSERT_EQ(tree.steps.back().legs, problem.output);
  ASSERT_LT(tree.steps.back().same_as, 0);
  ASSERT_EQ(results.back().values, evaluate(problem, operands).values) << message();

  std::vector<int> uses(problem.leaves.size() + tree.steps.size(), 0), absorbed(problem.equations.size(), 0);
  for (int s = 0; s < static_cast<int>(tree.steps.size()); ++s) {
    const Step& step = tree.steps[s];
    for (const int tensor : {step.a, step.b}) {
      ASSERT_LT(tensor, leaves + s);
      if (tensor >= 0) ++uses[tensor];
    }
    for (const int e : step.equations) ++absorbed[e];
    ASSERT_TRUE(std::ranges::is_sorted(step.equations));
    if (s + 1 < static_cast<int>(tree.steps.size())) seen.equations_inside += !step.equations.empty();
    seen.sums += step.b < 0;
    if (step.same_as >= 0) {
      ++seen.equal;
      ASSERT_LT(step.same_as, s);
      ASSERT_EQ(results[s].values, results[step.same_as].values) << message();
    }
    if (!step.exchanged.empty()) {
      ++seen.symmetric;
      std::vector<int> legs = step.legs;
      for (const auto& [x, y] : step.exchanged) std::swap(*std::ranges::find(legs, x), *std::ranges::find(legs, y));
      const Array array{legs, results[s].values};
      ASSERT_EQ(contract(problem, {&array}, {}, step.legs).values, results[s].values) << message();
    }
    if (step.squared) {
      ++seen.squared;
      const auto read = [&](int tensor) { return tensor < leaves ? array_of(problem, tensor, operands) : results[tensor - leaves]; };
      ASSERT_EQ(read(step.a).values, read(step.b).values) << message();
      ASSERT_EQ(read(step.a).legs, read(step.b).legs) << message();
    }
  }
  ASSERT_TRUE(std::ranges::all_of(uses.begin(), uses.end() - 1, [](int count) { return count == 1; }));
  ASSERT_TRUE(std::ranges::all_of(absorbed, [](int count) { return count == 1; }));
}

TEST(Tree, KeepsItsPromises_OnRandomNetworks) {
  Seen seen;
  for (unsigned seed = 0; seed < 6000; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(
        random, {.most_leaves = 5, .most_equations = static_cast<int>(seed % 4), .most_indices = 6, .repeat_operands = true});
    for (const int exact_nodes : {16, 0}) {
      expect_true(problem, find_tree(problem, {.exact_nodes = exact_nodes}), seed, seen);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(seen.equal, 100);
  EXPECT_GT(seen.symmetric, 100);
  EXPECT_GT(seen.squared, 100);
  EXPECT_GT(seen.equations_inside, 100);
  EXPECT_GT(seen.sums, 100);
}

/// The same network twice, indices renamed apart except some: a Gram.
TEST(Tree, ComputesBothHalvesOfAGramOnce) {
  int shared = 0, halves = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    const Problem half = random_problem(
        random, {.most_leaves = 3, .most_equations = static_cast<int>(seed % 3), .most_indices = 5});
    const int count = static_cast<int>(half.extents.size());
    Problem gram = half;
    std::vector<int> other(count);
    for (int x = 0; x < count; ++x) {
      const bool kept = std::ranges::find(half.output, x) != half.output.end() && random() % 2 == 0;
      other[x] = kept ? x : static_cast<int>(gram.extents.size());
      if (!kept) gram.extents.push_back(half.extents[x]);
    }
    for (Leaf leaf : half.leaves) {
      for (auto& axis : leaf.axes)
        for (int& x : axis) x = other[x];
      gram.leaves.push_back(leaf);
    }
    for (Equation equation : half.equations) {
      for (auto& term : equation.terms) term.first = other[term.first];
      gram.equations.push_back(equation);
    }
    std::shuffle(gram.leaves.begin(), gram.leaves.end(), random);
    std::shuffle(gram.equations.begin(), gram.equations.end(), random);
    for (const int x : half.output)
      if (other[x] != x) gram.output.push_back(other[x]);
    const Tree tree = find_tree(gram);
    Seen seen;
    if (std::ranges::all_of(gram.extents, [](auto e) { return e < 5; })) expect_true(gram, tree, seed, seen);
    if (HasFatalFailure()) return;
    // wherever the last step joins the two halves, they are equal
    const Step& last = tree.steps.back();
    const int leaves = static_cast<int>(gram.leaves.size());
    if (last.a >= leaves && last.b >= leaves && tree.steps.size() % 2 == 1) {
      ++halves;
      const int same = tree.steps[last.b - leaves].same_as;
      shared += same >= 0 && (last.a - leaves == same || tree.steps[last.a - leaves].same_as == same);
    }
  }
  EXPECT_GT(halves, 100);
  EXPECT_GT(shared, halves * 95 / 100);
}

TEST(Tree, IsTheSameEveryTime) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(random, {.most_leaves = 6, .most_equations = 3, .repeat_operands = true});
    EXPECT_EQ(find_tree(problem), find_tree(problem)) << seed;
  }
}

}  // namespace
}  // namespace einfold::pathfind
