// SPDX-License-Identifier: MIT
//
// Kronecker factors from the unfolded input, in both group modes, with and without the row of ones: integers, exact.
#include "property/random_convolution.hpp"

#include <cmath>

namespace einfold::test {
namespace {

constexpr std::uint64_t kCases = 60;

/// [B, G', R, P] in row-major order.
struct Unfolded {
  std::size_t batch, groups, rows, positions;
  Values values;

  [[nodiscard]] double at(std::size_t n, std::size_t g, std::size_t r, std::size_t p) const {
    return values[((n * groups + g) * rows + r) * positions + p];
  }
};

/// A row of ones below the rows of every group.
Unfolded with_ones(const Unfolded& u) {
  Unfolded result{u.batch, u.groups, u.rows + 1, u.positions, {}};
  for (std::size_t n = 0; n < u.batch; ++n)
    for (std::size_t g = 0; g < u.groups; ++g)
      for (std::size_t r = 0; r <= u.rows; ++r)
        for (std::size_t p = 0; p < u.positions; ++p) result.values.push_back(r < u.rows ? u.at(n, g, r, p) : 1.0);
  return result;
}

Unfolded summed_over_groups(const Unfolded& u) {
  Unfolded result{u.batch, 1, u.rows, u.positions, {}};
  for (std::size_t n = 0; n < u.batch; ++n)
    for (std::size_t r = 0; r < u.rows; ++r)
      for (std::size_t p = 0; p < u.positions; ++p) {
        double sum = 0;
        for (std::size_t g = 0; g < u.groups; ++g) sum += u.at(n, g, r, p);
        result.values.push_back(sum);
      }
  return result;
}

Unfolded summed_over_positions(const Unfolded& u) {
  Unfolded result{u.batch, u.groups, u.rows, 1, {}};
  for (std::size_t row = 0; row < u.batch * u.groups * u.rows; ++row) {
    double sum = 0;
    for (std::size_t p = 0; p < u.positions; ++p) sum += u.values[row * u.positions + p];
    result.values.push_back(sum);
  }
  return result;
}

/// sum over n, p of u u^T per group: [G', R, R].
Values pure_gram(const Unfolded& u) {
  Values result;
  for (std::size_t g = 0; g < u.groups; ++g)
    for (std::size_t a = 0; a < u.rows; ++a)
      for (std::size_t b = 0; b < u.rows; ++b) {
        double sum = 0;
        for (std::size_t n = 0; n < u.batch; ++n)
          for (std::size_t p = 0; p < u.positions; ++p) sum += u.at(n, g, a, p) * u.at(n, g, b, p);
        result.push_back(sum);
      }
  return result;
}

Unfolded unfolded_input(const RandomConvolution& c) {
  return {c.batch(), c.groups(), c.rows(), c.positions(), c.run("unfold", {"x"}).values<double>()};
}

/// transpose-unfold is [B, C_out K, I], the group slowest.
Unfolded unfolded_output(const RandomConvolution& c) {
  const Tensor u = c.run("transpose-unfold", {"v"});
  return {c.batch(), c.groups(), static_cast<std::size_t>(u.shape()[1]) / c.groups(),
          static_cast<std::size_t>(u.shape()[2]), u.values<double>()};
}

struct Factor {
  const char* name;
  bool transposed, reduced, per_position_mean;
};

constexpr Factor kFactors[] = {{"kfc", false, false, false},
                               {"kfac-expand", false, false, true},
                               {"kfac-reduce", false, true, true},
                               {"transpose-kfc", true, false, false},
                               {"transpose-kfac-reduce", true, true, true}};

void check_factor(const RandomConvolution& c, const Factor& factor, bool average, bool homogeneous) {
  SCOPED_TRACE(std::string(factor.name) + (average ? " average" : "") + (homogeneous ? " homogeneous" : ""));
  Unfolded u = factor.transposed ? unfolded_output(c) : unfolded_input(c);
  const auto positions = static_cast<double>(u.positions);
  if (homogeneous) u = with_ones(u);
  if (average) u = summed_over_groups(u);
  if (factor.reduced) u = summed_over_positions(u);
  const Values pure = pure_gram(u);

  ConvSpec spec = c.spec;
  spec.homogeneous = homogeneous;
  if (average) spec.group_mode = GroupMode::kAverage;
  const std::vector<std::string> roles{factor.transposed ? "v" : "x"};
  const Values with_means = c.run(factor.name, roles, spec).values<double>();
  spec.scale = 1.0;
  const Tensor summed = c.run(factor.name, roles, spec);
  const auto extent = [](std::size_t size) { return static_cast<std::int64_t>(size); };
  ASSERT_EQ(summed.shape(), (Shape{extent(u.groups), extent(u.rows), extent(u.rows)}));
  ASSERT_EQ(summed.values<double>(), pure);

  double means = 1.0 / static_cast<double>(c.batch());
  if (average) means /= static_cast<double>(c.groups() * c.groups());
  if (factor.per_position_mean && positions > 0) means /= positions * (factor.reduced ? positions : 1.0);
  ASSERT_EQ(with_means.size(), pure.size());
  for (std::size_t i = 0; i < pure.size(); ++i) {
    ASSERT_NEAR(with_means[i], means * pure[i], 1e-13 * (1 + std::abs(means * pure[i]))) << "element " << i;
  }
}

TEST(Kronecker, InputFactorsAreGramsOfTheUnfoldedInput) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    for (const Factor& factor : kFactors)
      for (const bool average : {false, true})
        for (const bool homogeneous : {false, true}) {
          check_factor(c, factor, average, homogeneous);
          if (testing::Test::HasFatalFailure()) return;
        }
  });
}

TEST(Kronecker, FactorProductsAreFactorsTimesT) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    for (const std::string name : {"kfc", "kfac-reduce"}) {
      ConvSpec spec = c.spec;
      spec.scale = 2.0;
      const Values factor = c.run(name, {"x"}, spec).values<double>(), t = c.values("t");
      Values expected;
      for (std::size_t row = 0; row < t.size(); ++row) {
        const std::size_t g = row / c.rows();
        expected.push_back(dot(row_of(factor, t.size(), row), row_of(t, c.groups(), g)));
      }
      ASSERT_EQ(c.run(name + "-product", {"x", "t"}, spec).values<double>(), expected) << name;
    }
  });
}

/// [V B, G', C', O]: keep splits the channels by group, average does not.
TEST(Kronecker, GradientFactorsAreGramsOfV) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const std::size_t channels = c.values("bias").size();
    for (const std::string role : {"v", "s"})
      for (const bool reduced : {false, true})
        for (const bool average : {false, true}) {
          const std::size_t examples = c.batch() * (role == "s" ? c.vectors() : 1), groups = average ? 1 : c.groups();
          Unfolded u{examples, groups, channels / groups, c.positions(), c.values(role)};
          if (reduced) u = summed_over_positions(u);
          ConvSpec spec = c.spec;
          if (average) spec.group_mode = GroupMode::kAverage;
          ASSERT_EQ(c.run(reduced ? "grad-factor-reduce" : "grad-factor-expand", {role}, spec).values<double>(), pure_gram(u));
        }
  });
}

}  // namespace
}  // namespace einfold::test
