// SPDX-License-Identifier: MIT
//
// Sliced trees are run, instruction by instruction, and their memory is counted.
#include "pathfind/slices.hpp"

#include "pathfind/evaluate.hpp"
#include "pathfind/problems.hpp"
#include "pathfind/search.hpp"
#include "pathfind/sliced_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

namespace einfold::pathfind {
namespace {

/// Arrays stay whole; a sliced computation touches the block of every loop only, and adds.
class Machine {
 public:
  Machine(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices, const Operands& operands)
      : problem_(problem), tree_(tree), slices_(slices), operands_(operands), schedule_(schedule_of(problem, tree, slices)) {
    for (int leaf = 0; leaf < static_cast<int>(problem.leaves.size()); ++leaf)
      leaves_.push_back(array_of(problem, leaf, operands));
    for (const Lifetime& lifetime : lifetimes_of(problem, tree, slices, schedule_)) lifetime_[lifetime.step] = lifetime;
  }

  Array run() {
    run(0, static_cast<int>(schedule_.instructions.size()));
    return result_.at(static_cast<int>(tree_.steps.size()) - 1);
  }

 private:
  void run(int from, int to) {
    for (int i = from; i < to; ++i) {
      const auto [kind, number] = schedule_.instructions[i];
      if (kind == Instruction::kCompute) {
        compute(number);
        free_after(i);
        continue;
      }
      int end = i;
      while (schedule_.instructions[end] != Instruction{Instruction::kEnd, number}) ++end;
      const auto& [step, index, block] = slices_[number];
      if (std::ranges::find(schedule_.inner[step], number) - schedule_.inner[step].begin() ==
          static_cast<std::ptrdiff_t>(schedule_.outer[step].size()))
        result_.erase(step);
      for (std::int64_t at = 0; at < problem_.extents[index]; at += block) {
        range_[index] = {at, std::min(at + block, problem_.extents[index])};
        run(i + 1, end);
      }
      range_.erase(index);
      i = end;
      free_after(end);
    }
  }

  /// What is read later all the same is missed there.
  void free_after(int instruction) {
    std::erase_if(result_, [&](const auto& item) {
      return lifetime_.contains(item.first) && lifetime_.at(item.first).last == instruction;
    });
  }

  void compute(int s) {
    const Step& step = tree_.steps[s];
    std::vector<const Array*> arrays;
    for (const int tensor : {step.a, step.b}) {
      if (tensor < 0) continue;
      const int child = tensor - static_cast<int>(problem_.leaves.size());
      if (child < 0) {
        arrays.push_back(&leaves_[tensor]);
        continue;
      }
      // an equal tensor, legs renamed
      renamed_.push_back({tree_.steps[child].legs, result_.at(schedule_.value[child]).values});
      arrays.push_back(&renamed_.back());
    }
    // the loops' indices must be those this step is inside of
    for (const auto& [index, range] : range_) {
      EXPECT_TRUE(std::ranges::any_of(schedule_.inner[s], [&](int loop) { return slices_[loop].index == index; }));
    }
    const bool fresh = schedule_.inner[s].size() == schedule_.outer[s].size() || !result_.contains(s);
    Array sum = contract_block(arrays, step);
    if (!fresh)
      for (std::size_t e = 0; e < sum.values.size(); ++e) sum.values[e] += result_[s].values[e];
    result_[s] = std::move(sum);
    renamed_.clear();
  }

  Array contract_block(const std::vector<const Array*>& arrays, const Step& step) {
    // a 0/1 mask per sliced index restricts the sum
    std::vector<Array> masks;
    for (const auto& [index, range] : range_) {
      Array mask{{index}, std::vector<double>(static_cast<std::size_t>(problem_.extents[index]), 0)};
      bool used = std::ranges::find(step.legs, index) != step.legs.end();
      for (const Array* array : arrays) used = used || std::ranges::find(array->legs, index) != array->legs.end();
      for (const int e : step.equations)
        for (const auto& term : problem_.equations[e].terms) used = used || term.first == index;
      if (!used) continue;
      for (std::int64_t at = range.first; at < range.second; ++at) mask.values[static_cast<std::size_t>(at)] = 1;
      masks.push_back(std::move(mask));
    }
    auto all = arrays;
    for (const Array& mask : masks) all.push_back(&mask);
    return contract(problem_, all, step.equations, step.legs);
  }

  const Problem& problem_;
  const Tree& tree_;
  const std::vector<Slice>& slices_;
  const Operands& operands_;
  Schedule schedule_;
  std::vector<Array> leaves_;
  std::deque<Array> renamed_;
  std::map<int, Array> result_;
  std::map<int, std::pair<std::int64_t, std::int64_t>> range_;
  std::map<int, Lifetime> lifetime_;
};

TEST(Slices, ChangeNoValue) {
  int loops = 0, blocks = 0, nested = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(random, {.most_leaves = 5,
                                                    .most_equations = static_cast<int>(seed % 3),
                                                    .most_indices = 6,
                                                    .repeat_operands = seed % 2 == 0});
    const Tree tree = find_tree(problem);
    const double peak = peak_elements(problem, tree, {});
    for (const double limit : {0.0, peak / 2, peak - 1}) {
      const auto slices = choose_slices(problem, tree, limit);
      loops += static_cast<int>(slices.size());
      for (const Slice& slice : slices) blocks += slice.block > 1;
      nested += slices.size() > 1;
      const Operands operands = random_operands(problem, seed);
      ASSERT_EQ(Machine(problem, tree, slices, operands).run().values, evaluate(problem, operands).values)
          << "seed " << seed << ", limit " << limit << ": " << print(problem);
      ASSERT_LE(peak_elements(problem, tree, slices), peak);
    }
  }
  EXPECT_GT(loops, 200);
  EXPECT_GT(blocks, 50);
  EXPECT_GT(nested, 50);
}

/// Any loops at all, of any steps, also ones that nobody would choose.
TEST(Slices, ChangeNoValue_WhereverTheyAre) {
  int tried = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(random, {.most_leaves = 5,
                                                    .most_equations = static_cast<int>(seed % 3),
                                                    .most_indices = 6,
                                                    .repeat_operands = seed % 2 == 0});
    const Tree tree = find_tree(problem);
    std::vector<int> sliceable;  // indices that occur somewhere
    for (int x = 0; x < static_cast<int>(problem.extents.size()); ++x) {
      const auto in_output = std::ranges::find(problem.output, x) != problem.output.end();
      bool used = in_output;
      for (const Leaf& leaf : problem.leaves)
        for (const auto& axis : leaf.axes) used = used || std::ranges::find(axis, x) != axis.end();
      if (used) sliceable.push_back(x);
    }
    std::shuffle(sliceable.begin(), sliceable.end(), random);
    std::vector<Slice> slices;
    for (std::size_t n = 0; n < std::min<std::size_t>(3, sliceable.size()); ++n) {
      const int steps = static_cast<int>(tree.steps.size());
      const int step = random() % 2 == 0 ? steps - 1 : static_cast<int>(random() % static_cast<unsigned>(steps));
      slices.push_back({step, sliceable[random() % sliceable.size()], 1 + static_cast<std::int64_t>(random() % 3)});
      ++tried;
    }
    const Operands operands = random_operands(problem, seed);
    ASSERT_EQ(Machine(problem, tree, slices, operands).run().values, evaluate(problem, operands).values)
        << "seed " << seed << ": " << print(problem);
    EXPECT_GE(log2_sliced_flops(problem, tree, slices), tree.log2_flops - 1e-9);
  }
  EXPECT_GT(tried, 1000);
}

/// What no loop touches is computed once, wherever the loops are.
TEST(Slices, ComputeSubtreesThatNoLoopTouches_Once) {
  int kept = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(random, {.most_leaves = 6, .most_equations = static_cast<int>(seed % 2), .most_indices = 8});
    const Tree tree = find_tree(problem);
    const int root = static_cast<int>(tree.steps.size()) - 1, leaves = static_cast<int>(problem.leaves.size());
    const std::vector<Slice> slices{{root, static_cast<int>(random() % problem.extents.size()), 1}};
    const int index = slices[0].index;
    std::vector<char> touched;
    for (const Step& step : tree.steps) {
      bool found = std::ranges::find(step.legs, index) != step.legs.end();
      for (const int e : step.equations)
        for (const auto& term : problem.equations[e].terms) found = found || term.first == index;
      for (const int tensor : {step.a, step.b}) {
        if (tensor >= leaves) found = found || touched[tensor - leaves];
        if (tensor < 0 || tensor >= leaves) continue;
        for (const auto& axis : problem.leaves[tensor].axes) found = found || std::ranges::find(axis, index) != axis.end();
      }
      touched.push_back(found);
    }
    const Schedule schedule = schedule_of(problem, tree, slices);
    double computations = 0;
    for (int s = 0; s <= root; ++s) {
      if (schedule.value[s] != s) continue;
      EXPECT_TRUE(touched[s] || schedule.inner[s].empty()) << "seed " << seed << ", step " << s;
      const bool loops = !schedule.inner[s].empty();
      kept += !touched[s] && !schedule.inner[root].empty();
      computations += loops ? static_cast<double>(std::max<std::int64_t>(problem.extents[index], 1)) : 1;
    }
    EXPECT_EQ(sliced_cost(problem, tree, slices).computations, computations);
  }
  EXPECT_GT(kept, 100);
}

TEST(Slices, AreFewEnough) {
  Problem problem;
  problem.extents = {700, 300, 800, 600};
  problem.leaves = {{0, {{0}, {1}}}, {1, {{1}, {2}}}, {2, {{2}, {3}}}};
  problem.output = {0, 3};
  const Tree tree = find_tree(problem);
  for (const double most : {10.0, 1e3, 1e5}) {
    const auto slices = choose_slices(problem, tree, 0, {.most_computations = most});
    EXPECT_LE(sliced_cost(problem, tree, slices).computations, most);
    EXPECT_LT(peak_elements(problem, tree, slices), 4 * peak_elements(problem, tree, {}) / most);
  }
}

TEST(SlicedTree, ChangesNoValue_AndIsNeverWorseThanSlicesAlone) {
  int better = 0;
  for (unsigned seed = 0; seed < 800; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(random, {.most_leaves = 6,
                                                    .most_equations = static_cast<int>(seed % 3),
                                                    .most_indices = 7,
                                                    .repeat_operands = seed % 2 == 0});
    const Tree tree = find_tree(problem);
    const double peak = peak_elements(problem, tree, {});
    for (const double limit : {0.0, peak / 3}) {
      const SlicedTree sliced = sliced_tree(problem, tree, limit, {});
      const SlicedCost alone = sliced_cost(problem, tree, choose_slices(problem, tree, limit));
      if (alone.peak_elements <= limit) {
        EXPECT_LE(sliced.cost.peak_elements, limit);
        EXPECT_LE(sliced.cost.log2_flops, alone.log2_flops + 1e-9);
        better += sliced.cost.log2_flops < alone.log2_flops - 1e-9;
      } else {
        EXPECT_LE(sliced.cost.peak_elements, alone.peak_elements);
        better += sliced.cost.peak_elements < alone.peak_elements;
      }
      const Operands operands = random_operands(problem, seed);
      ASSERT_EQ(Machine(problem, sliced.tree, sliced.slices, operands).run().values, evaluate(problem, operands).values)
          << "seed " << seed << ", limit " << limit << ": " << print(problem);
    }
  }
  EXPECT_GT(better, 20);
}

double flops_ratio(const Problem& problem, const Tree& tree, const std::vector<Slice>& slices) {
  return std::exp2(log2_sliced_flops(problem, tree, slices) - tree.log2_flops);
}

TEST(Slices, NeverHoldAllGradients_ForTheGgnDiagonal) {
  const Problem problem = ggn_diagonal(kLayer1);
  const Tree tree = find_tree(problem);
  EXPECT_EQ(peak_elements(problem, tree, {}), 32.0 * 10 * 64 * 64 * 9);
  const double weight = 64 * 64 * 9;
  const auto slices = choose_slices(problem, tree, weight);
  EXPECT_EQ(peak_elements(problem, tree, slices), weight);
  EXPECT_NEAR(flops_ratio(problem, tree, slices), 1, 1e-9);
  EXPECT_EQ(slices.size(), 2u);  // n and v, one by one
  const auto fewer = choose_slices(problem, tree, 3 * weight);
  EXPECT_LE(peak_elements(problem, tree, fewer), 3 * weight);
  EXPECT_GT(peak_elements(problem, tree, fewer), 1.9 * weight);
}

TEST(Slices, CutChannels_ForGramMatrices) {
  const Problem problem = ggn_gram(kLayer1);
  const Tree tree = find_tree(problem);
  const auto slices = choose_slices(problem, tree, 184'320);
  EXPECT_EQ(peak_elements(problem, tree, slices), 184'320);
  EXPECT_NEAR(flops_ratio(problem, tree, slices), 1, 1e-9);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(problem.extents[slices[0].index], 64);
}

TEST(Slices, CutGroups_ForReducedKroneckerFactors) {
  const Problem problem = kfac_reduce(kLayer3);
  const Tree tree = find_tree(problem);
  const auto slices = choose_slices(problem, tree, 20'000);
  EXPECT_LE(peak_elements(problem, tree, slices), 20'000);
  EXPECT_NEAR(flops_ratio(problem, tree, slices), 1, 1e-9);
  for (const Slice& slice : slices) EXPECT_TRUE(problem.extents[slice.index] == 128 || problem.extents[slice.index] == 32);
}

TEST(Slices, PayWithSymmetry_WhereNothingElseHelps) {
  const Problem problem = gradient_gram(kLayer4);
  const Tree tree = find_tree(problem);
  const double before = peak_elements(problem, tree, {});
  EXPECT_EQ(before, 3 * 153'664);
  const auto tight = choose_slices(problem, tree, 60'000);
  EXPECT_LE(peak_elements(problem, tree, tight), 60'000);
  EXPECT_NEAR(flops_ratio(problem, tree, tight), 2, 0.01);
}

TEST(Slices, CutTheKeptChannel_ForGramsOfSmallImages) {
  const Problem problem = ggn_gram(kLayer4);
  const Tree tree = find_tree(problem);
  const double largest = std::exp2(tree.log2_largest);
  const auto slices = choose_slices(problem, tree, largest / 30);
  EXPECT_LE(peak_elements(problem, tree, slices), largest / 30);
  EXPECT_NEAR(flops_ratio(problem, tree, slices), 1, 1e-9);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(problem.extents[slices[0].index], 512);
  EXPECT_GT(slices[0].block, 1);
}

}  // namespace
}  // namespace einfold::pathfind
