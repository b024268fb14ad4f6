// SPDX-License-Identifier: MIT
//
// Quantities of second order from their definitions by per-example gradients, on random convolutions of integers: exact.
#include "property/random_convolution.hpp"

namespace einfold::test {
namespace {

constexpr std::uint64_t kCases = 60;

/// rows x rows: the dot products of the rows.
Values gram_of_rows(const Values& matrix, std::size_t rows) {
  Values result;
  for (std::size_t a = 0; a < rows; ++a)
    for (std::size_t b = 0; b < rows; ++b) result.push_back(dot(row_of(matrix, rows, a), row_of(matrix, rows, b)));
  return result;
}

Values transposed(const Values& matrix, std::size_t rows) {
  const std::size_t columns = matrix.size() / rows;
  Values result;
  for (std::size_t c = 0; c < columns; ++c)
    for (std::size_t r = 0; r < rows; ++r) result.push_back(matrix[r * columns + c]);
  return result;
}

Values diagonal(const Values& matrix, std::size_t rows) {
  Values result;
  for (std::size_t r = 0; r < rows; ++r) result.push_back(matrix[r * rows + r]);
  return result;
}

TEST(SecondOrder, GgnIsTheGramOfTheBatchedPerExampleGradients) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values gradients = c.run("weight-vjp-batched-per-example", {"x", "s"}).values<double>();  // (v n) p
    const std::size_t rows = c.vectors() * c.batch(), weights = c.weights();
    const Values block = gram_of_rows(transposed(gradients, rows), weights);
    ASSERT_EQ(c.run("ggn-block", {"x", "s"}).values<double>(), block);
    ASSERT_EQ(c.run("ggn-gram", {"x", "s"}).values<double>(), gram_of_rows(gradients, rows));
    ASSERT_EQ(c.run("ggn-diagonal", {"x", "s"}).values<double>(), diagonal(block, weights));

    const Values per_example = c.run("ggn-diagonal-per-example", {"x", "s"}).values<double>();
    Values summed(weights);
    for (std::size_t n = 0; n < c.batch(); ++n) {
      Values expected(weights);
      for (std::size_t v = 0; v < c.vectors(); ++v) {
        const Values row = row_of(gradients, rows, v * c.batch() + n);
        for (std::size_t p = 0; p < weights; ++p) expected[p] += row[p] * row[p];
      }
      ASSERT_EQ(row_of(per_example, c.batch(), n), expected);
      summed = add(summed, expected);
    }
    ASSERT_EQ(summed, diagonal(block, weights));

    const std::size_t channels = c.values("bias").size(), size = weights / channels;
    Values mini_blocks;
    for (std::size_t e = 0; e < channels; ++e)
      for (std::size_t a = 0; a < size; ++a)
        for (std::size_t b = 0; b < size; ++b) mini_blocks.push_back(block[(e * size + a) * weights + e * size + b]);
    ASSERT_EQ(c.run("ggn-mini-block-channel", {"x", "s"}).values<double>(), mini_blocks);
  });
}

TEST(SecondOrder, GradientStatisticsComeFromThePerExampleGradients) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values gradients = c.run("weight-vjp-per-example", {"x", "v"}).values<double>();
    const Values grams = gram_of_rows(gradients, c.batch());
    ASSERT_EQ(c.run("gradient-gram", {"x", "v"}).values<double>(), grams);
    ASSERT_EQ(c.run("per-example-squared-norm", {"x", "v"}).values<double>(), diagonal(grams, c.batch()));
    Values moment(c.weights());
    for (std::size_t i = 0; i < gradients.size(); ++i) moment[i % c.weights()] += gradients[i] * gradients[i];
    ASSERT_EQ(c.run("gradient-second-moment", {"x", "v"}).values<double>(), moment);
  });
}

/// diag(J^T diag(h) J).
TEST(SecondOrder, HessianDiagonalsComeFromTheJacobians) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values h = c.values("h"), jacobian = c.run("weight-jacobian", {"x"}).values<double>();
    Values weight(c.weights());
    for (std::size_t i = 0; i < jacobian.size(); ++i) {
      weight[i % weight.size()] += h[i / weight.size()] * jacobian[i] * jacobian[i];
    }
    ASSERT_EQ(c.run("hessian-diagonal-weight", {"x", "h"}).values<double>(), weight);

    const Values toeplitz = c.run("unfolded-kernel", {"weight"}).values<double>();
    const std::size_t outputs = h.size() / c.batch(), inputs = toeplitz.size() / outputs;
    Values input(c.batch() * inputs);
    for (std::size_t n = 0; n < c.batch(); ++n)
      for (std::size_t o = 0; o < outputs; ++o)
        for (std::size_t i = 0; i < inputs; ++i) {
          const double t = toeplitz[o * inputs + i];
          input[n * inputs + i] += h[n * outputs + o] * t * t;
        }
    ASSERT_EQ(c.run("hessian-diagonal-input", {"weight", "h"}).values<double>(), input);
  });
}

/// T^T H T, T the Toeplitz matrix.
TEST(SecondOrder, KfraIsTheOutputHessianBetweenToeplitzMatrices) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values toeplitz = c.run("unfolded-kernel", {"weight"}).values<double>(), hessian = c.values("hessian");
    const std::size_t outputs = c.values("bias").size() * c.positions(), inputs = toeplitz.size() / outputs;
    Values half(outputs * inputs), expected(inputs * inputs);
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t p = 0; p < outputs; ++p)
        for (std::size_t i = 0; i < inputs; ++i) half[o * inputs + i] += hessian[o * outputs + p] * toeplitz[p * inputs + i];
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t i = 0; i < inputs; ++i)
        for (std::size_t j = 0; j < inputs; ++j) {
          expected[i * inputs + j] += toeplitz[o * inputs + i] * half[o * inputs + j];
        }
    ASSERT_EQ(c.run("kfra", {"weight", "hessian"}).values<double>(), expected);
  });
}

/// sum over v, n of (qb^T M qa)^2 per group.
TEST(SecondOrder, EkfacCorrectionIsTheSquareInTheBases) {
  for_each_convolution(kCases / 2, [](const RandomConvolution& c) {
    const std::size_t rows = c.rows(), channels = c.values("bias").size() / c.groups();
    const Values gradients = c.run("weight-vjp-batched-per-example", {"x", "s"}).values<double>();
    const Values qa = c.values("qa"), qb = c.values("qb");
    Values expected(c.weights());
    for (std::size_t vn = 0; vn < c.vectors() * c.batch(); ++vn)
      for (std::size_t g = 0; g < c.groups(); ++g) {
        Values half(channels * rows);  // M qa
        for (std::size_t d = 0; d < channels; ++d)
          for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t b = 0; b < rows; ++b) {
              half[d * rows + b] += gradients[((vn * c.groups() + g) * channels + d) * rows + r] * qa[(g * rows + r) * rows + b];
            }
        for (std::size_t a = 0; a < channels; ++a)
          for (std::size_t b = 0; b < rows; ++b) {
            double sum = 0;
            for (std::size_t d = 0; d < channels; ++d) sum += qb[(g * channels + d) * channels + a] * half[d * rows + b];
            expected[(g * channels + a) * rows + b] += sum * sum;
          }
      }
    ASSERT_EQ(c.run("ekfac-correction", {"x", "s", "qb", "qa"}).values<double>(), expected);
  });
}

}  // namespace
}  // namespace einfold::test
