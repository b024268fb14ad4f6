// SPDX-License-Identifier: MIT
#include "network/einops.hpp"

#include "network/support.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace einfold {
namespace {

constexpr auto kRearrange = EinopsFunction::kRearrange;
constexpr auto kReduce = EinopsFunction::kReduce;
constexpr auto kRepeat = EinopsFunction::kRepeat;

using Values = std::vector<std::int64_t>;

Tensor counting(const Shape& shape) {
  Values values;
  for (std::int64_t i = 0; i < element_count(shape); ++i) values.push_back(i);
  return Tensor::from(shape, values);
}

Tensor evaluate(EinopsFunction function, std::string_view pattern, const Shape& shape, const Sizes& sizes = {}) {
  const std::vector<Tensor> operand = {counting(shape)};
  return evaluate_reference(einops_network(function, pattern, shape, sizes).network, operand);
}

std::string error(EinopsFunction function, std::string_view pattern, const Shape& shape, const Sizes& sizes = {}) {
  return test::error_of([&] { return einops_network(function, pattern, shape, sizes); });
}

TEST(Einops, Rearranges) {
  const Tensor transposed = evaluate(kRearrange, "h w -> w h", {2, 3});
  EXPECT_EQ(transposed.values<std::int64_t>(), (Values{0, 3, 1, 4, 2, 5}));
  const Tensor blocks = evaluate(kRearrange, "(a b) 1 ... -> (b ...) () a", {4, 1, 2}, {{"a", 2}});
  EXPECT_EQ(blocks.shape(), (Shape{4, 1, 2}));
  EXPECT_EQ(blocks.values<std::int64_t>(), (Values{0, 4, 1, 5, 2, 6, 3, 7}));
  EXPECT_EQ(evaluate(kRearrange, "b ... -> b (...)", {2, 3, 5}).shape(), (Shape{2, 15}));
  EXPECT_EQ(evaluate(kRearrange, "b ... -> b (...)", {2}).shape(), (Shape{2, 1}));
  EXPECT_EQ(evaluate(kRearrange, "time -> time", {5}).shape(), (Shape{5}));
}

TEST(Einops, Reduces) {
  EXPECT_EQ(evaluate(kReduce, "h w -> w", {2, 3}).values<std::int64_t>(), (Values{3, 5, 7}));
  EXPECT_EQ(evaluate(kReduce, "... c -> c", {2, 2, 3}).values<std::int64_t>(), (Values{18, 22, 26}));
  const Tensor pooled = evaluate(kReduce, "(h 2) (w 2) -> h w", {2, 4});
  EXPECT_EQ(pooled.shape(), (Shape{1, 2}));
  EXPECT_EQ(pooled.values<std::int64_t>(), (Values{0 + 1 + 4 + 5, 2 + 3 + 6 + 7}));
}

TEST(Einops, NamesTheReducedIndices) {
  const EinopsNetwork pool = einops_network(kReduce, "c (h 2) (w 3) -> h w c", {5, 4, 6});
  std::vector<std::int64_t> extents;
  for (const IndexId index : pool.reduced) extents.push_back(pool.network.extent(index));
  EXPECT_EQ(extents, (Values{2, 3}));
  EXPECT_EQ(pool.network.dense[0].axes[1].size(), 2U);
  EXPECT_TRUE(einops_network(kRearrange, "a b -> b a", {2, 3}).reduced.empty());
}

TEST(Einops, ScalesTheSumToTheMean) {
  const Network mean = einops_network(kReduce, "h w -> w", {2, 3}).mean();
  const std::vector<Tensor> operand = {counting({2, 3})};
  EXPECT_EQ(evaluate_reference(mean, operand).values<double>(), (std::vector<double>{1.5, 2.5, 3.5}));
  const Network empty = einops_network(kReduce, "h w -> w", {0, 2}).mean();
  const std::vector<Tensor> nothing = {Tensor(DType::kFloat64, {0, 2})};
  for (const double value : evaluate_reference(empty, nothing).values<double>()) EXPECT_TRUE(std::isnan(value));
}

TEST(Einops, Repeats) {
  EXPECT_EQ(evaluate(kRepeat, "h w -> h (w 2)", {1, 3}).values<std::int64_t>(), (Values{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(evaluate(kRepeat, "h -> c h", {2}, {{"c", 3}}).values<std::int64_t>(), (Values{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(evaluate(kRepeat, "h -> 2 h 2 3", {2}).shape(), (Shape{2, 2, 2, 3}));
  EXPECT_EQ(evaluate(kRepeat, "... -> ... r", {2, 3}, {{"r", 4}}).shape(), (Shape{2, 3, 4}));
}

TEST(Einops, KeepsItsRules) {
  EXPECT_EQ(error(kRearrange, "a b -> a", {2, 3}),
            "E0112: index 'b' is only on the left, which rearrange does not allow\n"
            "  a b -> a\n"
            "    ^");
  EXPECT_EQ(error(kReduce, "(a 2) -> a 3", {4}),
            "E0112: the integer 3 is only on the right, which reduce does not allow\n"
            "  (a 2) -> a 3\n"
            "             ^");
  EXPECT_EQ(error(kRepeat, "a ... -> a", {2, 3}),
            "E0112: '...' is only on the left, which repeat does not allow\n"
            "  a ... -> a\n"
            "    ^^^");
  EXPECT_EQ(error(kRearrange, "a a -> a", {2, 2}),
            "E0111: index 'a' occurs twice on one side\n"
            "  a a -> a\n"
            "  ^ ^\n"
            "  help: use einsum to read or write a diagonal");
  EXPECT_EQ(error(kReduce, "a+b -> a", {2}),
            "E0113: an affine axis in a function of einops\n"
            "  a+b -> a\n"
            "  ^^^\n"
            "  help: use einsum");
  const struct {
    EinopsFunction function;
    const char* pattern;
    Shape shape;
    const char* code;
  } cases[] = {
      {kRearrange, "a b -> a b c", {2, 3}, "E0112"}, {kRearrange, "a 2 -> a 2", {2, 2}, "E0112"},
      {kRearrange, "a ... -> a", {2, 3}, "E0112"},   {kRearrange, "a -> a ...", {2}, "E0107"},
      {kRearrange, "(...) -> ...", {2}, "E0107"},    {kRearrange, "... -> (...) ...", {2}, "E0107"},
      {kRearrange, "a, b -> a b", {2}, "E0112"},     {kRearrange, "a b", {2, 3}, "E0105"},
      {kReduce, "a -> a b", {2}, "E0112"},           {kReduce, "a 0 -> a", {2, 0}, "E0108"},
      {kReduce, "(a 3) -> a", {4}, "E0222"},         {kReduce, "a 3 -> a", {4, 2}, "E0103"},
      {kRepeat, "a b -> a c", {2, 3}, "E0112"},      {kRepeat, "a -> a c", {2}, "E0223"},
      {kRepeat, "a -> a (b b)", {2}, "E0111"},       {kRepeat, "a 2 -> a 2", {2, 2}, "E0112"},
      {kRearrange, "a -> a", {2, 3}, "E0221"},       {kRearrange, "(a b) -> a b", {6}, "E0223"},
      {kRearrange, "a -> i=a", {2}, "E0113"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(error(each.function, each.pattern, each.shape).substr(0, 5), each.code) << each.pattern;
  }
  EXPECT_EQ(error(kRearrange, "a -> a", {2}, {{"c", 2}}).substr(0, 5), "E0224");
}

}  // namespace
}  // namespace einfold
