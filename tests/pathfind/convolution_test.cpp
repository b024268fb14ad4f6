// SPDX-License-Identifier: MIT
#include "pathfind/search.hpp"
#include "pathfind/problems.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace einfold::pathfind {
namespace {

double millions(double log2_value) { return std::exp2(log2_value) / 1e6; }

TEST(Convolution, VisitsNoPadding_InTheForwardPass) {
  const Tree tree = find_tree(forward(kLayer1));
  EXPECT_NEAR(millions(tree.log2_flops), 32.0 * 64 * 64 * 166 * 166 / 1e6, 1e-3);
  EXPECT_EQ(tree.steps.size(), 1u);
}

TEST(Convolution, IsSymmetric_ForTheKroneckerFactor) {
  const Tree tree = find_tree(kfc(kLayer1));
  ASSERT_EQ(tree.steps.size(), 1u);
  EXPECT_EQ(tree.steps[0].exchanged.size(), 3u);
  // of the 494 products of one dimension 274 differ: a displacement k' - k of positions has as many as the image leaves it
  EXPECT_NEAR(millions(tree.log2_flops), 32.0 * 64 * 64 * 274 * 274 / 2 / 1e6, 1e-3);
}

TEST(Convolution, SumsAllWindowsInOnePass_ForTheReducedKroneckerFactor) {
  const Tree tree = find_tree(kfac_reduce(kLayer3));
  EXPECT_NEAR(millions(tree.log2_flops), 16.777216 + 32 * 128 * 49 * 49 / 2 / 1e6, 1e-6);
  ASSERT_EQ(tree.steps.size(), 3u);
  EXPECT_EQ(tree.steps[1].same_as, 0);
  EXPECT_EQ(tree.steps[2].exchanged.size(), 2u);
}

TEST(Convolution, ComputesPerExampleGradientsOnce_ForTheGgnDiagonal) {
  const Tree tree = find_tree(ggn_diagonal(kLayer1));
  ASSERT_EQ(tree.steps.size(), 3u);
  EXPECT_EQ(tree.steps[1].same_as, 0);
  EXPECT_TRUE(tree.steps[2].squared);
  const double gradients = 32.0 * 10 * 64 * 64 * 166 * 166, square = 32.0 * 10 * 64 * 64 * 9;
  EXPECT_NEAR(millions(tree.log2_flops), (gradients + square) / 1e6, 1e-3);
}

TEST(Convolution, AvoidsTheGradients_ForGramMatricesOfSmallImages) {
  EXPECT_NEAR(millions(find_tree(gradient_gram(kLayer4)).log2_flops), 79, 0.5);
  EXPECT_NEAR(millions(find_tree(ggn_gram(kLayer4)).log2_flops), 990, 10);
  EXPECT_NEAR(millions(find_tree(ggn_gram(kLayer1)).log2_flops), 36100 + 1900, 100);
}

TEST(Convolution, ChoosesTheOrderOfTwoInARow_ByTheirChannels) {
  const Tree wide = find_tree(chain({32, 64, 128, 128, 56, 2, 1}));
  EXPECT_NEAR(millions(wide.log2_flops), 1810 + 3530, 10);
  const Tree narrow = find_tree(chain({32, 3, 256, 3, 56, 1, 1}));
  EXPECT_NEAR(millions(narrow.log2_flops), 70.5, 0.5);
  EXPECT_NEAR(std::exp2(narrow.log2_largest), 729, 1e-6);
}

}  // namespace
}  // namespace einfold::pathfind
