// SPDX-License-Identifier: MIT
//
// Several expressions together: the values of each alone, and what they share computed once.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "einfold/expression_set.hpp"
#include "einfold/reference.hpp"
#include "einfold/transform.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace einfold::test {
namespace {

using Operands = std::map<std::string, Tensor>;

std::vector<Tensor> in_order(const Expression& expression, const Operands& operands) {
  std::vector<Tensor> tensors;
  for (const Operand& operand : expression.operands()) tensors.push_back(operands.at(operand.name));
  return tensors;
}

void expect_each(const ExpressionSet& set, const Operands& operands, const RunOptions& run = {}) {
  const std::vector<Tensor> values = set.evaluate(operands, run);
  ASSERT_EQ(values.size(), set.expressions().size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Expression& expression = set.expressions()[i];
    SCOPED_TRACE(expression.equation());
    const Tensor alone = expression.evaluate(in_order(expression, operands));
    ASSERT_EQ(values[i].dtype(), alone.dtype());
    ASSERT_EQ(values[i].shape(), alone.shape());
    if (is_complex(alone.dtype())) ASSERT_EQ(values[i].values<std::complex<double>>(), alone.values<std::complex<double>>());
    else ASSERT_EQ(values[i].values<double>(), alone.values<double>());
  }
}

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

struct Layer {
  ConvSpec spec{.kernel = {3, 3}, .stride = {2, 1}, .padding = 1};
  Shape x{4, 2, 6, 5}, v{4, 3, 3, 5}, s{3, 4, 3, 3, 5};

  [[nodiscard]] Expression of(const char* operation) const {
    const std::string name = operation;
    conv::Shapes shapes{{"x", x}};
    if (name.starts_with("ggn")) shapes.emplace("s", s);
    else if (name != "kfc" && name != "kfac-reduce" && name != "unfold") shapes.emplace("v", v);
    return conv::operation(name, spec, shapes);
  }
  [[nodiscard]] Operands operands(DType type = DType::kFloat64) const {
    return {{"x", integers(x, 1, type)}, {"v", integers(v, 2, type)}, {"s", integers(s, 3, type)}};
  }
};

TEST(ExpressionSet, ReadsAResultWhereAnotherContainsIt) {
  const Layer layer;
  const ExpressionSet set({layer.of("per-example-squared-norm"), layer.of("weight-vjp-per-example"), layer.of("gradient-second-moment")});
  expect_each(set, layer.operands());
  expect_each(set, layer.operands(DType::kFloat32), {.threads = 2});
  // The norms and second moments are squares of the gradients that are wanted anyway.
  const std::string text = set.explain();
  EXPECT_NE(text.find("of result 2"), std::string::npos) << text;
}

TEST(ExpressionSet, ComputesACommonIntermediateOnce) {
  const Layer layer;
  const ExpressionSet set({layer.of("ggn-gram"), layer.of("ggn-diagonal")});
  expect_each(set, layer.operands());
  // Both need (a b): alone, each finds that order, too.
  const Network product = compile("ij,jk->ik", {Shape{6, 90}, Shape{90, 50}}).network();
  const ExpressionSet products({Expression(close(product, {1}, "c")), Expression(close(product, {0}, "d"))});
  const std::string a = product.operands[0].name, b = product.operands[1].name;
  expect_each(products, {{a, integers({6, 90}, 1)}, {b, integers({90, 50}, 2)}, {"c", integers({50}, 3)}, {"d", integers({6}, 4)}});
}

TEST(ExpressionSet, GivesEqualExpressionsOneValue) {
  const Layer layer;
  const ExpressionSet set({layer.of("kfc"), layer.of("kfc")});
  expect_each(set, layer.operands());
  EXPECT_EQ(lines(set.explain()), 2u);
  EXPECT_NE(set.explain().find("of result 1"), std::string::npos) << set.explain();
}

TEST(ExpressionSet, SharesNothingWhereNothingIsCommon) {
  const Layer layer;
  const ExpressionSet set({layer.of("kfac-reduce"), layer.of("kfc")});
  expect_each(set, layer.operands());
  EXPECT_EQ(set.explain().find("shared"), std::string::npos) << set.explain();
}

TEST(ExpressionSet, TakesEveryType) {
  const Layer layer;
  const ExpressionSet set({layer.of("weight-vjp-per-example"), layer.of("weight-vjp")});
  for (const DType type : {DType::kFloat16, DType::kBFloat16, DType::kInt32, DType::kBool, DType::kComplex64}) {
    expect_each(set, layer.operands(type));
  }
  Operands mixed = layer.operands();
  mixed.at("v") = mixed.at("v").to(DType::kFloat32);
  expect_each(set, mixed);
}

TEST(ExpressionSet, KeepsTheMemoryLimit) {
  const Layer layer;
  const ExpressionSet set({layer.of("ggn-gram"), layer.of("ggn-diagonal"), layer.of("per-example-squared-norm")});
  for (std::int64_t limit = 1 << 20; limit > 0; limit /= 4) {
    try {
      expect_each(set, layer.operands(), {.threads = 1, .memory_limit_bytes = limit});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "E0603");
    }
  }
}

TEST(ExpressionSet, ContainsBiasesAndOtherSums) {
  const ConvSpec spec{.kernel = {3}, .padding = 1};
  const Shape x{2, 3, 7}, w{4, 3, 3}, b{4};
  const ExpressionSet set({conv::operation("forward", spec, {{"x", x}, {"weight", w}, {"bias", b}}), conv::forward(spec, x, w)});
  expect_each(set, {{"x", integers(x, 1)}, {"weight", integers(w, 2)}, {"bias", integers(b, 3)}});
}

TEST(ExpressionSet, RefusesWhatDoesNotFit) {
  const Layer layer;
  Operands operands = layer.operands();
  operands.erase("v");
  try {
    (void)evaluate_all({layer.of("weight-vjp")}, operands);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0205");
  }
  try {
    const ExpressionSet set({compile("ij->i", {Shape{2, 3}}), compile("ij->i", {Shape{3, 2}})});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0206");
  }
  EXPECT_TRUE(evaluate_all({}, {}).empty());
}

}  // namespace
}  // namespace einfold::test
