// SPDX-License-Identifier: MIT
//
// Rounding: float32 against float64, in units of u times the same contraction on absolute values, the only bound that
// holds whatever cancels. Source: Higham, Accuracy and Stability of Numerical Algorithms, section 3.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace einfold::test {
namespace {

constexpr double kUnit = 0x1p-24;  // of float32

/// The largest error of float32 in units of u times the contraction on absolute values.
double worst_error(const Expression& expression, double low) {
  std::vector<Tensor> single, exact, absolute;
  for (const Operand& operand : expression.operands()) {
    single.push_back(reals(operand.shape, single.size() + 1, DType::kFloat32, low, 1.0));
    exact.push_back(single.back().to(DType::kFloat64));
    std::vector<double> values = exact.back().values<double>();
    for (double& value : values) value = std::abs(value);
    absolute.push_back(Tensor::from(operand.shape, values));
  }
  const Tensor result = expression.evaluate(single);
  EXPECT_EQ(result.dtype(), DType::kFloat32);
  const std::vector<double> got = result.values<double>(), want = expression.evaluate(exact).values<double>(),
                            bound = expression.evaluate(absolute).values<double>();
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (bound[i] > 0) worst = std::max(worst, std::abs(got[i] - want[i]) / (kUnit * bound[i]));
  }
  return worst;
}

/// `steps` contractions, one after the other; both signs, and all positive, where errors do not cancel.
void expect_accurate(const Expression& expression, int steps) {
  for (const double low : {-1.0, 0.0}) {
    const double worst = worst_error(expression, low);
    EXPECT_LE(worst, 16.0 * steps) << expression.equation() << " from " << low;
    EXPECT_GT(worst, 0.0) << "nothing was rounded: " << expression.equation();
  }
}

TEST(Accuracy, OfMatrixProducts) {
  for (const auto& [m, n, k] : {std::tuple{64, 64, 64}, {30, 7, 333}, {16, 16, 20'000}, {5, 3, 100'000}, {128, 96, 1024}}) {
    expect_accurate(compile("ij,jk->ik", {Shape{m, k}, Shape{k, n}}), 1);
    expect_accurate(compile("ji,kj->ik", {Shape{k, m}, Shape{n, k}}), 1);
  }
}

TEST(Accuracy, OfChains) {
  expect_accurate(compile("ab,bc,cd->ad", {Shape{20, 900}, Shape{900, 800}, Shape{800, 30}}), 2);
  expect_accurate(compile("ab,bc,cd,de->ae", {Shape{10, 300}, Shape{300, 400}, Shape{400, 500}, Shape{500, 8}}), 3);
}

TEST(Accuracy, OfConvolutions) {
  const ConvSpec spec{.kernel = {3, 3}, .padding = 1};
  expect_accurate(conv::forward(spec, {2, 64, 14, 14}, {32, 64, 3, 3}), 1);
  expect_accurate(conv::weight_vjp(spec, {4, 8, 30, 30}, {4, 8, 30, 30}), 1);
  expect_accurate(conv::kfc(spec, {4, 8, 30, 30}), 1);
  expect_accurate(conv::kfac_reduce(spec, {16, 8, 30, 30}), 2);
}

/// A sequential sum stops growing near 2^24; this one is blocked and pairwise.
TEST(Accuracy, OfASumOfTenMillionPositiveTerms) {
  const std::int64_t count = 10'000'000;
  const Tensor terms = reals({count}, 1, DType::kFloat32, 0.0, 1.0);
  double exact = 0, squares = 0;  // partial sums of 24-bit fractions are exact in float64
  for (const float* term = terms.data_as<float>(); term != terms.data_as<float>() + count; ++term) {
    exact += static_cast<double>(*term);
    squares += static_cast<double>(*term) * static_cast<double>(*term);
  }
  for (const int threads : {1, 2}) {
    const double sum = einsum("i->", {terms}, {.run = {.threads = threads}}).values<double>().front();
    EXPECT_LE(std::abs(sum - exact), 10 * kUnit * exact);
    const double dot = einsum("i,i->", {terms, terms}, {.run = {.threads = threads}}).values<double>().front();
    EXPECT_LE(std::abs(dot - squares), 10 * kUnit * squares);
    const double columns = einsum("ij->j", {terms.reshape({count / 4, 4})}, {.run = {.threads = threads}}).values<double>()[2];
    double column = 0;
    for (std::int64_t i = 2; i < count; i += 4) column += static_cast<double>(terms.data_as<float>()[i]);
    EXPECT_LE(std::abs(columns - column), 10 * kUnit * column);
  }
}

}  // namespace
}  // namespace einfold::test
