// SPDX-License-Identifier: MIT
//
// Operands bound ahead: the same values, less work per run.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "einfold/reference.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace einfold::test {
namespace {

std::string code_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "no error";
}

TEST(Constants, NeverChangeTheValueOfRandomNetworks) {
  int bound = 0;
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    const Network network = random_network(seed, {.most_points = 5'000, .most_dense = 4});
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + to_text(network));
    const Expression expression(network);
    Random random(seed);
    std::map<std::string, Tensor> constants;
    std::vector<Tensor> others, all = random_operands(network, seed, DType::kFloat64);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (random.chance(60)) constants.emplace(network.operands[i].name, all[i]);
      else others.push_back(all[i]);
    }
    const Expression rest = expression.with_constants(constants);
    ASSERT_EQ(rest.operands().size(), others.size());
    const std::vector<double> expected = evaluate_reference(network, all).values<double>();
    ASSERT_EQ(rest.evaluate(others).values<double>(), expected);
    ASSERT_EQ(rest.evaluate(others, {.threads = 2}).values<double>(), expected);
    if (!constants.empty()) ++bound;
  }
  EXPECT_GT(bound, 500);
}

TEST(Constants, AreMultipliedAheadWhereThatSavesWork) {
  // x (A (B C)): with A, B and C constant, one product of 8 x 8 remains.
  const Tensor a = integers({8, 200}, 1), b = integers({200, 300}, 2), c = integers({300, 8}, 3), x = integers({50, 8}, 4);
  const Expression rest = compile("ni,ij,jk,kl->nl", {Shape{50, 8}, a, b, c});
  ASSERT_EQ(rest.operands().size(), 1u);
  EXPECT_EQ(rest(x).values<double>(), einsum("ni,ij,jk,kl->nl", {x, a, b, c}).values<double>());
  EXPECT_EQ(rest.network().dense.size(), 2u);
  EXPECT_LT(rest.workspace_bytes(DType::kFloat64), 50 * 200 * 8);
}

TEST(Constants, StayAsTheyAreWhereTheirProductIsLarger) {
  const Tensor a = integers({500, 2}, 1), b = integers({2, 600}, 2), x = integers({3, 500}, 4);
  const Expression rest = compile("ni,ij,jk->nk", {Shape{3, 500}, a, b});
  EXPECT_EQ(rest.network().dense.size(), 3u);
  EXPECT_EQ(rest(x).values<double>(), einsum("ni,ij,jk->nk", {x, a, b}).values<double>());
}

TEST(Constants, AreFoldedInTheTypeOfTheRun) {
  // In float32 the product of the constants would lose the small one; x of float64 must not see that.
  const Tensor a = Tensor::from<float>({1, 2}, std::vector<float>{16777216.0f, 1.0f}), b = Tensor::from<float>({2, 1}, std::vector<float>{1.0f, 1.0f});
  const Expression rest = compile("ni,ij,jk->nk", {Shape{1, 1}, a, b});
  EXPECT_EQ(rest(Tensor::from<double>({1, 1}, std::vector<double>{1.0})).at<double>({0, 0}), 16777217.0);
  EXPECT_EQ(rest(Tensor::from<float>({1, 1}, std::vector<float>{1.0f})).dtype(), DType::kFloat32);
  // Integers that meet a float are exact in its type.
  const Tensor counts = Tensor::from<std::int64_t>({2}, std::vector<std::int64_t>{3, 4}), more = counts.clone();
  const Expression mixed = compile("i,i,->", {counts, more, Shape{}});
  EXPECT_EQ(mixed(Tensor::scalar(0.5)).at<double>({}), 12.5);
  EXPECT_EQ(mixed(Tensor::scalar(std::int64_t{2})).at<std::int64_t>({}), 50);
}

TEST(Constants, CanBeBoundOneAfterTheOther) {
  const Tensor a = integers({4, 5}, 1), b = integers({5, 6}, 2), x = integers({3, 4}, 3);
  const Expression all = compile("ij,jk,kl->il", {Shape{3, 4}, Shape{4, 5}, Shape{5, 6}});
  const std::string second = all.operands()[1].name, third = all.operands()[2].name;
  const Expression rest = all.with_constants({{second, a}}).with_constants({{third, b}});
  EXPECT_EQ(rest(x).values<double>(), all(x, a, b).values<double>());
  EXPECT_EQ(all.with_constants({}).operands().size(), 3u);
}

TEST(Constants, OfConvolutionsAreTheWeights) {
  const ConvSpec spec{.padding = 1};
  const Tensor w = integers({4, 3, 3, 3}, 1), x = integers({2, 3, 6, 7}, 2);
  const Expression forward = conv::forward(spec, x.shape(), w.shape());
  EXPECT_EQ(forward.with_constants({{"weight", w}})(x).values<double>(), forward(x, w).values<double>());
}

TEST(Constants, ThatDoNotFitAreErrors) {
  const Expression product = compile("ij,jk->ik", {Shape{3, 4}, Shape{4, 5}});
  EXPECT_EQ(code_of([&] { (void)product.with_constants({{"nobody", integers({4, 5}, 1)}}); }), "E0207");
  EXPECT_EQ(code_of([&] { (void)product.with_constants({{product.operands()[1].name, integers({5, 4}, 1)}}); }), "E0206");
  const Expression kfc = conv::kfc({.kernel = {3, 3}}, {2, 3, 6, 6});
  EXPECT_EQ(code_of([&] { (void)kfc.with_constants({{"x", integers({2, 3, 6, 6}, 1, DType::kComplex64)}}); }), "E0407");
  const Expression rest = product.with_constants({{product.operands()[1].name, integers({4, 5}, 1)}});
  EXPECT_EQ(code_of([&] { (void)rest(integers({3, 4}, 1), integers({4, 5}, 1)); }), "E0205");
}

}  // namespace
}  // namespace einfold::test
