// SPDX-License-Identifier: MIT
#include "network/build.hpp"

#include "network/support.hpp"

#include <gtest/gtest.h>

namespace einfold {
namespace {

using test::built;

Shape shape(std::string_view text, const std::vector<OperandSpec>& operands, const BuildOptions& options = {}) {
  return built(text, operands, options).shape();
}

OperandSpec of(Shape shape) { return OperandSpec(std::move(shape)); }

TEST(Build, MakesAMatrixProduct) {
  const Network network = built("row c, c col -> row col", {of({2, 3}), of({3, 5})});
  EXPECT_EQ(network.indices, (std::map<IndexId, Index>{{0, {"row", 2}}, {1, {"c", 3}}, {2, {"col", 5}}}));
  EXPECT_EQ(network.operands, (std::vector<Operand>{{"0", {2, 3}}, {"1", {3, 5}}}));
  EXPECT_EQ(network.dense, (std::vector<Dense>{{0, {{0}, {1}}}, {1, {{1}, {2}}}}));
  EXPECT_EQ(network.output, (std::vector<Group>{{0}, {2}}));
  EXPECT_TRUE(network.affine.empty());
}

TEST(Build, MakesAnAffineNodeOfAnAffineAxis) {
  const Network network = built("i=2*o+k-1, k -> o", {of({7}), OperandSpec(Shape{3}, "weight")});
  EXPECT_EQ(network.operands[1].name, "weight");
  // variables in the order of the equation: i (no index itself), o, k; then the fresh index
  EXPECT_EQ(network.indices, (std::map<IndexId, Index>{{0, {"o", 4}}, {1, {"k", 3}}, {2, {"i", 7}}}));
  EXPECT_EQ(network.affine, (std::vector<Affine>{{{{2, -1}, {0, 2}, {1, 1}}, 1}}));
  EXPECT_EQ(network.dense[0].axes, (std::vector<Group>{{2}}));
}

TEST(Build, KeepsGroupsOnesAndRepeatedIndices) {
  const Network network = built("(a b) 1 a () -> (b a) b b 1", {of({6, 1, 2, 1})});
  EXPECT_EQ(network.dense[0].axes, (std::vector<Group>{{0, 1}, {}, {0}, {}}));
  EXPECT_EQ(network.output, (std::vector<Group>{{1, 0}, {1}, {1}, {}}));
  EXPECT_EQ(network.shape(), (Shape{6, 3, 3, 1}));
}

TEST(Build, MakesTheSameNetworkOfBothSpellingsOfAConvolution) {
  const IndexPattern pattern{.input = 7, .kernel = 3, .stride = 2, .padding_left = 1, .padding_right = 1};
  ASSERT_EQ(pattern.output_extent(), 4);
  const Network affine = built("n c i=2*o+k-1, d c k -> n d o", {of({2, 3, 7}), of({5, 3, 3})});
  const Network node = built("n c i, k o i, d c k -> n d o", {of({2, 3, 7}), pattern, of({5, 3, 3})});
  ASSERT_EQ(node.affine.size(), 1U);
  EXPECT_EQ(node.affine[0].constant, affine.affine[0].constant);
  std::map<std::string, std::int64_t> coefficients[2];
  for (const Term& term : affine.affine[0].terms)
    coefficients[0][affine.indices.at(term.index).name] = term.coefficient;
  for (const Term& term : node.affine[0].terms) coefficients[1][node.indices.at(term.index).name] = term.coefficient;
  EXPECT_EQ(coefficients[0], coefficients[1]);
  EXPECT_EQ(node.operands, (std::vector<Operand>{{"0", {2, 3, 7}}, {"2", {5, 3, 3}}}));
  EXPECT_EQ(test::value(affine, 1), test::value(node, 1));
}

TEST(Build, TakesAnyAxesOnAPattern) {
  const IndexPattern pattern{.input = 6, .kernel = 2, .stride = 2, .padding_left = 1, .padding_right = 1};
  const Shape legs = {2, pattern.output_extent(), 6};
  ASSERT_EQ(legs[1], 4);
  std::vector<std::int64_t> dense;
  for (std::int64_t k = 0; k < 2; ++k) {
    for (std::int64_t o = 0; o < 4; ++o) {
      for (std::int64_t i = 0; i < 6; ++i) dense.push_back(i == 2 * o + k - 1 ? 1 : 0);
    }
  }
  const Sizes sizes = {{"a", 2}, {"c", 3}, {"x", 6}, {"y", 2}, {"z", 4}, {"w", 3}};
  for (const char* text :
       {"k (a b) (c d) -> k a b c d", "k (a a) (c k) -> k a c", "k o j=2*x-y -> k o x y", "k o k+z -> k o z",
        "k (a 1 b) i -> i k b a", "... -> ...", "k ... -> ... k", "k o (w y) -> o w", "y z x -> "}) {
    BuildOptions used;
    for (const auto& [name, extent] : sizes) {
      if (std::string_view(text).find(name) != std::string_view::npos) used.sizes[name] = extent;
    }
    const Network structured = built(text, {pattern}, used);
    const Network plain = built(text, {of(legs)}, used);
    const std::vector<Tensor> bound = {Tensor::from(legs, dense)};
    EXPECT_TRUE(structured.operands.empty());
    EXPECT_EQ(evaluate_reference(structured, {}).values<std::int64_t>(),
              evaluate_reference(plain, bound).values<std::int64_t>())
        << text;
  }
}

TEST(Build, IsZero_WhenAPatternCannotBeMet) {
  // I = 3, K = 1, P_r = 2, P_l = 0 has o = i on the diagonal; with P_l = 2 it has i = o - 2.
  const IndexPattern on{.input = 3, .kernel = 1, .stride = 1, .padding_left = 0};
  const IndexPattern off{.input = 3, .kernel = 2, .stride = 1, .padding_left = 1};
  ASSERT_EQ(on.output_extent(), 3);
  ASSERT_EQ(off.output_extent(), 3);
  EXPECT_TRUE(built("1 x x -> x", {on}).affine.empty());
  EXPECT_FALSE(built("1 x x -> x", {on}).zero);
  EXPECT_FALSE(built("k x x -> x", {off}).zero);
  const IndexPattern never{.input = 1, .kernel = 1, .stride = 3, .padding_left = 2};
  ASSERT_EQ(never.output_extent(), 1);
  EXPECT_TRUE(built("1 1 1 -> ", {never}).zero);
}

TEST(Build, FindsTheExtentsOfTheStemConvolution) {
  const std::vector<OperandSpec> operands = {of({2, 3, 224}), of({64, 3, 7})};
  EXPECT_EQ(shape("n (g c) 2*o+k-3, (g d) c k -> n (g d) o", operands), (Shape{2, 64, 112}));
  EXPECT_EQ(shape("(g d) c k, n (g c) 2*o+k-3 -> n (g d) o", {operands[1], operands[0]}), (Shape{2, 64, 112}));
}

TEST(Build, ProposesTheLargestExtentThatKeepsPositionsInside) {
  // valid, padded by the constant, strided with a rest, flipped, dilated
  EXPECT_EQ(shape("o+k, k -> o", {of({7}), of({3})}), (Shape{5}));
  EXPECT_EQ(shape("o+k-1, k -> o", {of({7}), of({3})}), (Shape{7}));
  EXPECT_EQ(shape("3*o+k-2, k -> o", {of({8}), of({2})}), (Shape{4}));
  EXPECT_EQ(shape("-o+k+4, k -> o", {of({7}), of({3})}), (Shape{5}));
  EXPECT_EQ(shape("o+2*k, k -> o", {of({7}), of({3})}), (Shape{3}));
  EXPECT_EQ(shape("-2*o+6 -> o", {of({7})}), (Shape{4}));
  // a constant > 0 is no padding: positions 1 .. 6
  EXPECT_EQ(shape("o+1 -> o", {of({7})}), (Shape{6}));
  // an index of extent 0 counts as 1
  EXPECT_EQ(shape("o+k, k -> o", {of({7}), of({0})}), (Shape{7}));
  EXPECT_EQ(shape("o-2 -> o", {of({0})}), (Shape{4}));
}

TEST(Build, LetsPadDecideHowFarPositionsMayGo) {
  const std::vector<OperandSpec> operands = {of({7}), of({3})};
  EXPECT_EQ(shape("i=o+k-2, k -> o", operands), (Shape{9}));
  EXPECT_EQ(shape("i=o+k-2, k -> o", operands, {.pad = {{"i", {2, 0}}}}), (Shape{7}));
  EXPECT_EQ(shape("i=o+k-2, k -> o", operands, {.pad = {{"i", {5, 1}}}}), (Shape{8}));
  EXPECT_EQ(shape("i=o+k-2, k -> o", operands, {.sizes = {{"o", 100}}, .pad = {{"i", {0, 0}}}}), (Shape{100}));
}

TEST(Build, AlternatesTheTwoSteps) {
  // o from the first axis, then the group gives h, then p from the second axis.
  EXPECT_EQ(shape("o+k-1, (o h), p+h, k -> o h p", {of({4}), of({12}), of({9}), of({3})}), (Shape{4, 3, 7}));
  EXPECT_EQ(shape("k, p+h, (o h), o+k-1 -> o h p", {of({3}), of({9}), of({12}), of({4})}), (Shape{4, 3, 7}));
  // an affine axis inside a group: its extent is the unknown factor
  EXPECT_EQ(shape("(c o+k), k, c -> o", {of({21}), of({3}), of({3})}), (Shape{5}));
}

TEST(Build, TakesPlainAxesBeforeProposals) {
  EXPECT_EQ(shape("o+k, k, o -> o", {of({7}), of({3}), of({40})}), (Shape{40}));
}

TEST(Build, SharesTheExtentOfAxesOfOneName) {
  EXPECT_EQ(shape("i=o+k-1, k -> i=o", {of({5}), of({3})}), (Shape{5}));
  EXPECT_EQ(shape("o k -> i=o+k-1", {of({5, 3})}, {.sizes = {{"i", 6}}}), (Shape{6}));
  EXPECT_EQ(shape("x=a, x=b+1 -> a b", {of({5}), of({5})}), (Shape{5, 4}));
}

TEST(Build, SolvesGroupsWithOneUnknownFactor) {
  EXPECT_EQ(shape("(a b) -> a b", {of({12})}, {.sizes = {{"b", 4}}}), (Shape{3, 4}));
  EXPECT_EQ(shape("(a b c), (c b), c -> a b c", {of({24}), of({6}), of({2})}), (Shape{4, 3, 2}));
  EXPECT_EQ(shape("(a a), a -> a", {of({9}), of({3})}), (Shape{3}));
  EXPECT_EQ(shape("(a b), a, b -> a b", {of({0}), of({0}), of({3})}), (Shape{0, 3}));
}

TEST(Build, BroadcastsBehindTheEllipsisFromTheRight) {
  const Network network = built("...i,...->...i", {of({4, 1, 3, 2}), of({5, 1})});
  EXPECT_EQ(network.shape(), (Shape{4, 5, 3, 2}));
  EXPECT_EQ(network.dense[0].axes[1], Group{});
  EXPECT_EQ(network.dense[1].axes[1], Group{});
  EXPECT_EQ(shape("...,...->...", {of({}), of({2, 1})}), (Shape{2, 1}));
  EXPECT_EQ(shape("i...", {of({2})}), (Shape{2}));
  EXPECT_EQ(shape("...,...", {of({0}), of({1})}), (Shape{0}));
  const std::vector<Tensor> operands = {Tensor::from<std::int64_t>({2, 1}, std::vector<std::int64_t>{2, 3}),
                                        Tensor::from<std::int64_t>({3}, std::vector<std::int64_t>{5, 7, 11})};
  EXPECT_EQ(evaluate_reference(built("...,...", {of({2, 1}), of({3})}), operands).values<std::int64_t>(),
            (std::vector<std::int64_t>{10, 14, 22, 15, 21, 33}));
}

TEST(Build, BroadcastsPlainIndices_WhenAsked) {
  const BuildOptions broadcast{.broadcast = true};
  EXPECT_EQ(shape("ij,j->ij", {of({2, 1}), of({3})}, broadcast), (Shape{2, 3}));
  EXPECT_EQ(shape("ij,j->ij", {of({2, 1}), of({1})}, broadcast), (Shape{2, 1}));
  EXPECT_EQ(shape("ij,j->ij", {of({2, 1}), of({1})}, {.sizes = {{"j", 4}}, .broadcast = true}), (Shape{2, 4}));
  EXPECT_EQ(shape("ii->i", {of({1, 3})}, broadcast), (Shape{3}));
  EXPECT_EQ(shape("(i j), i, j -> i j", {of({6}), of({1}), of({2})}, broadcast), (Shape{3, 2}));
  EXPECT_EQ(test::build_error("i (j), j -> i j", {of({2, 1}), of({3})}, broadcast).substr(0, 5), "E0103");
}

TEST(Build, CopiesAlongAnIndexThatOnlyTheOutputHas) {
  EXPECT_EQ(shape("i->ij", {of({2})}, {.sizes = {{"j", 3}}}), (Shape{2, 3}));
  EXPECT_EQ(test::value(built(" -> o=i", {of({})}, {.sizes = {{"o", 2}, {"i", 3}}}), 5).size(), 2U);
}

TEST(Build, SumsAnIndexWhoseTermsCancel) {
  const Network network = built("a-a+k -> k", {of({3})}, {.sizes = {{"a", 5}}});
  EXPECT_EQ(network.affine[0].terms.size(), 2U);
  const std::vector<Tensor> operand = {Tensor::from<std::int64_t>({3}, std::vector<std::int64_t>{1, 2, 3})};
  EXPECT_EQ(evaluate_reference(network, operand).values<std::int64_t>(), (std::vector<std::int64_t>{5, 10, 15}));
}

TEST(Build, RepeatsTheSum_ForAnIndexThatNothingHas) {
  Network network = built("ij->i", {of({2, 2})});
  network.add_index("r", 1'000'000'000);
  const std::vector<Tensor> operand = {Tensor::from<std::int64_t>({2, 2}, std::vector<std::int64_t>{1, 2, 3, 4})};
  EXPECT_EQ(reference_points(network), 4);
  EXPECT_EQ(evaluate_reference(network, operand).values<std::int64_t>(), (std::vector<std::int64_t>{3'000'000'000, 7'000'000'000}));
  network.add_index("none", 0);
  EXPECT_EQ(evaluate_reference(network, operand).values<std::int64_t>(), (std::vector<std::int64_t>{0, 0}));
}

TEST(Build, TellsIndicesApartThatDifferInCaseOrArePrefixes) {
  EXPECT_EQ(shape("k1 k10 K1, k1' -> k1' K1 k10 k1", {of({2, 3, 5}), of({7})}), (Shape{7, 5, 3, 2}));
}

TEST(Build, TakesScalars) {
  EXPECT_EQ(shape("", {of({})}), Shape{});
  EXPECT_EQ(shape("->", {of({})}), Shape{});
  EXPECT_EQ(shape(",i", {of({}), of({3})}), Shape{3});
}

TEST(Build, TakesTenThousandOperandsAndLargeGroups) {  // quadratic time would take minutes
  std::string chain;
  std::vector<OperandSpec> operands;
  for (int i = 0; i < 10000; ++i) {
    chain += "x" + std::to_string(i) + "+x" + std::to_string(i + 1) + ", ";
    operands.push_back(of({10 + i}));
  }
  operands.push_back(of({2}));
  const Network network = built(chain + "x0 -> x10000", operands);
  EXPECT_EQ(network.dense.size(), 10001U);
  EXPECT_EQ(network.indices.size(), 20001U);
  std::string group = "(";
  for (int i = 0; i < 20000; ++i) group += "i ";
  EXPECT_EQ(shape(group + "), i -> i", {of({1}), of({1})}), Shape{1});
}

}  // namespace
}  // namespace einfold
