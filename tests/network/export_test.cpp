// SPDX-License-Identifier: MIT
#include "network/export.hpp"

#include "network/print.hpp"
#include "network/support.hpp"
#include "notation/parser.hpp"
#include "support/random_network.hpp"

#include <gtest/gtest.h>

namespace einfold {
namespace {

OperandSpec of(Shape shape) { return OperandSpec(std::move(shape)); }

/// einsum from its definition: a loop over all values of all letters.
std::vector<double> dense_einsum(const std::string& equation, const std::vector<Tensor>& operands) {
  const std::size_t arrow = equation.find("->");
  std::vector<std::string> words(1);
  for (const char c : equation.substr(0, arrow)) {
    if (c == ',') words.emplace_back();
    else words.back() += c;
  }
  const std::string output = equation.substr(arrow + 2);
  std::map<char, std::int64_t> extents;
  EXPECT_EQ(words.size(), operands.size()) << equation;
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(words[i].size(), operands[i].shape().size()) << equation;
    for (std::size_t a = 0; a < words[i].size(); ++a) extents[words[i][a]] = operands[i].shape()[a];
  }
  std::int64_t size = 1, points = 1;
  for (const char c : output) size *= extents.at(c);
  for (const auto& [letter, extent] : extents) points *= extent;
  std::vector<std::vector<double>> values;
  for (const Tensor& operand : operands) values.push_back(operand.values<double>());
  std::vector<double> result(static_cast<std::size_t>(size), 0.0);
  for (std::int64_t p = 0; p < points; ++p) {
    std::map<char, std::int64_t> at;
    std::int64_t rest = p;
    for (const auto& [letter, extent] : extents) {
      at[letter] = rest % extent;
      rest /= extent;
    }
    const auto offset = [&](const std::string& word) {
      std::int64_t sum = 0;
      for (const char c : word) sum = sum * extents.at(c) + at.at(c);
      return static_cast<std::size_t>(sum);
    };
    double product = 1.0;
    for (std::size_t i = 0; i < words.size(); ++i) product *= values[i][offset(words[i])];
    result[offset(output)] += product;
  }
  return result;
}

int patterns(const Export& exported) {
  int count = 0;
  for (const ExportOperand& operand : exported.operands) count += operand.operand < 0 ? 1 : 0;
  return count;
}

void expect_value(const Network& network, const Export& exported, const std::vector<Tensor>& operands) {
  std::vector<Tensor> dense;
  for (const ExportOperand& term : exported.operands) dense.push_back(materialise(term, operands, DType::kInt64));
  std::vector<double> value = dense_einsum(exported.equation, dense);
  for (double& each : value) each *= exported.scale.value();
  EXPECT_EQ(exported.output_shape, network.shape());
  EXPECT_EQ(value, evaluate_reference(network, operands).values<double>())
      << exported.equation << "\n" << to_string(network);
}

Export exported(std::string_view text, const std::vector<OperandSpec>& specs, const BuildOptions& options = {}) {
  const Network network = test::built(text, specs, options);
  Export result = to_einsum(network);
  expect_value(network, result, test::integer_operands(network, 3));
  return result;
}

TEST(Export, WritesAConvolutionWithItsPattern) {
  const Export conv = exported("n (g c) 2*o+k-1, (g d) c k -> n (g d) o", {of({2, 6, 7}), of({4, 3, 3})});
  EXPECT_EQ(conv.equation, "ngci,gdck,iok->ngdo");
  EXPECT_EQ(conv.operands[0].shape, (Shape{2, 2, 3, 7}));
  EXPECT_EQ(conv.operands[2].coefficients, (std::vector<std::int64_t>{-1, 2, 1}));
  EXPECT_EQ(conv.operands[2].constant, 1);
  EXPECT_EQ(conv.output_shape, (Shape{2, 4, 4}));
}

TEST(Export, SeesDenseConvolutionsAsReshapes) {
  const Export dense = exported("n c 3*o+k, d c k -> n d o", {of({2, 5, 12}), of({4, 5, 3})});
  EXPECT_EQ(dense.equation, "ncok,dck->ndo");
  EXPECT_EQ(dense.operands[0].shape, (Shape{2, 5, 4, 3}));
  EXPECT_EQ(dense.operands[0].strides, (Strides{60, 12, 3, 1}));
  const Export adjoint =
      exported("n d o, d c k -> n c i=3*o+k", {of({2, 4, 5}), of({4, 3, 3})}, {.sizes = {{"i", 15}}});
  EXPECT_EQ(adjoint.equation, "ndo,dck->ncok");
  EXPECT_EQ(adjoint.output_shape, (Shape{2, 3, 15}));
}

TEST(Export, SeesDownSamplingAsASlice) {
  for (const std::int64_t input : {12, 13, 14, 15, 16, 17}) {
    const Export down = exported("c 5*o+2*k, d c k -> d o", {of({2, input}), of({3, 2, 2})});
    EXPECT_EQ(patterns(down), 0) << input;
    EXPECT_EQ(down.operands[0].strides, (Strides{input, 5, 2}));
  }
  EXPECT_EQ(patterns(exported("c 3*o, d c -> d o", {of({2, 8}), of({4, 2})})), 0);
  EXPECT_EQ(patterns(exported("(o1 h) (o2 w) -> o1 h o2 w", {of({6, 6})}, {.sizes = {{"h", 2}, {"w", 3}}})), 0);
  EXPECT_EQ(patterns(exported("8*a+4*b+c -> a b c", {of({21})}, {.sizes = {{"a", 2}, {"b", 2}, {"c", 3}}})), 0);
}

TEST(Export, SeesDeltasNarrowingStridesAndFlipsAsSlices) {
  EXPECT_EQ(patterns(exported("i=o -> o", {of({5})})), 0);
  EXPECT_EQ(patterns(exported("a+2, a -> a", {of({7}), of({4})})), 0);
  EXPECT_EQ(patterns(exported("-a+6, a -> a", {of({7}), of({7})})), 0);
  EXPECT_EQ(patterns(exported("3*a+1 b, b a -> a", {of({9, 2}), of({2, 3})})), 0);
  // partly outside: a slice of both, as long as no output index has to be padded
  EXPECT_EQ(patterns(exported("a-2 b, a c -> b c", {of({4, 2}), of({5, 3})})), 0);
  EXPECT_EQ(patterns(exported("a-2 b, a c -> a b c", {of({4, 2}), of({5, 3})})), 1);
  EXPECT_EQ(patterns(exported("x=2*a b, x=3*c -> b", {of({7, 2}), of({7})}, {.sizes = {{"a", 4}, {"c", 3}}})), 0);
  // of two equations: 2 a = 3 c + 1 as views of both
  EXPECT_EQ(patterns(exported("a b, c, 2*a-3*c-1 -> b", {of({7, 2}), of({5}), of({1})})), 0);
  EXPECT_EQ(patterns(exported("a b, 2*a-4 -> b", {of({7, 2}), of({1})})), 0);
}

TEST(Export, KeepsPatterns_WhereWindowsOverlapOrNeedPadding) {
  EXPECT_EQ(patterns(exported("o+k, k -> o", {of({7}), of({3})})), 1);
  EXPECT_EQ(patterns(exported("3*o+k-1, k -> o", {of({8}), of({3})})), 1);
  EXPECT_EQ(patterns(exported("o, k -> i=3*o+k", {of({2}), of({3})}, {.sizes = {{"i", 7}}})), 1);
}

TEST(Export, DissolvesPatternsOneAfterTheOther) {
  // o1 is free only after the first pattern has become a view
  const Network two = test::built("i1 c, k1 o1 i1, k2 o2 o1, k1 k2 -> o2 c",
                                  {of({12, 2}), IndexPattern{.input = 12, .kernel = 3, .stride = 3},
                                   IndexPattern{.input = 4, .kernel = 2, .stride = 2}, of({3, 2})});
  const Export views = to_einsum(two);
  EXPECT_EQ(patterns(views), 0);
  expect_value(two, views, test::integer_operands(two, 4));
}

TEST(Export, HandlesOutputsThatEinsumDoesNot) {
  EXPECT_EQ(exported("i->ii", {of({3})}).equation, "i,ia->ia");
  EXPECT_EQ(exported("i->ij", {of({3})}, {.sizes = {{"j", 2}}}).equation, "i,j->ij");
  EXPECT_EQ(exported("->jj", {of({})}, {.sizes = {{"j", 2}}}).equation, ",j,ja->ja");
  EXPECT_EQ(exported("ii->i", {of({3, 3})}).operands[0].strides, (Strides{4}));
  EXPECT_EQ(exported("i->", {of({1})}).equation, "->");
  EXPECT_EQ(exported("i 0*j -> ", {of({3, 1})}, {.sizes = {{"j", 5}}}).scale.numerator, 5);
}

TEST(Export, IsZeroWithoutReadingOperands_WhenNothingIsSummed) {
  const Export empty = exported("i j -> j", {of({0, 3})});
  EXPECT_EQ(empty.scale.value(), 0.0);
  EXPECT_EQ(empty.equation, "a->a");
  EXPECT_EQ(exported("2*a, a b -> b", {of({1}), of({0, 2})}).output_shape, (Shape{2}));
  EXPECT_EQ(patterns(exported("a b, 2*a-1 -> b", {of({7, 2}), of({1})})), 1);
  EXPECT_EQ(exported("a b, 2*a-1 -> b", {of({7, 2}), of({1})}).scale.value(), 0.0);
}

TEST(Export, FailsClearly_WhenLettersRunOut) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "x" + std::to_string(i) + " ";
  const Network network = test::built(text + "-> ", {of(Shape(30, 2))});
  EXPECT_EQ(test::error_of([&] { return to_einsum(network, Alphabet::kLowerCase); }),
            "E0230: the equation needs 30 letters, but the alphabet has 26 (52 with capitals)");
  EXPECT_EQ(to_einsum(network).equation, "abcdefghijklmnopqrstuvwxyzABCD->");
}

TEST(Export, KeepsTheValue_OfRandomNetworks) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    const Network network = test::random_network(seed, {.most_points = 2000});
    expect_value(network, to_einsum(network), test::random_operands(network, seed));
  }
}

TEST(Export, MakesNoOperandLarger) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Network network = test::random_network(seed);
    for (const ExportOperand& term : to_einsum(network).operands) {
      if (term.operand < 0) continue;
      EXPECT_LE(element_count(term.shape), element_count(network.operands[term.operand].shape)) << to_string(network);
    }
  }
}

}  // namespace
}  // namespace einfold
