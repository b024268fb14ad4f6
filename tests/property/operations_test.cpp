// SPDX-License-Identifier: MIT
//
// What forward, unfold and the derivatives of first order owe each other, on random convolutions of integers: exact.
#include "property/random_convolution.hpp"

namespace einfold::test {
namespace {

constexpr std::uint64_t kCases = 120;

/// Counts positions up to `extents`, row-major.
bool next(std::vector<std::int64_t>& position, const std::vector<std::int64_t>& extents) {
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    if (++position[axis] < extents[axis]) return true;
    position[axis] = 0;
  }
  return false;
}

/// [[X]][n, (c k..), o..] = x[n, c, S o + D k - P ..], 0 outside.
Values unfold_by_loops(const RandomConvolution& c) {
  const Tensor& x = c.operand("x");
  const std::size_t dims = c.geometry.dimensions.size();
  std::vector<std::int64_t> extents{c.geometry.batch, c.geometry.in_channels};
  for (const conv::Dimension& d : c.geometry.dimensions) extents.push_back(d.kernel);
  for (const conv::Dimension& d : c.geometry.dimensions) extents.push_back(d.output);
  std::vector<std::int64_t> at(extents.size());
  Values result;
  do {
    std::vector<std::int64_t> position{at[0], at[1]};
    bool inside = true;
    for (std::size_t j = 0; j < dims; ++j) {
      const conv::Dimension& d = c.geometry.dimensions[j];
      position.push_back(d.stride * at[2 + dims + j] + d.dilation * at[2 + j] - d.left);
      inside = inside && position.back() >= 0 && position.back() < d.input;
    }
    result.push_back(inside ? x.at<double>(position) : 0.0);
  } while (next(at, extents));
  return result;
}

TEST(Operations, UnfoldIsItsDefinition) {
  int visible = 0;
  for_each_convolution(kCases, [&](const RandomConvolution& c) {
    const Values unfolded = c.run("unfold", {"x"}).values<double>();
    ASSERT_EQ(unfolded, unfold_by_loops(c));
    visible += std::count(unfolded.begin(), unfolded.end(), 0.0) < static_cast<std::ptrdiff_t>(unfolded.size());
  });
  EXPECT_GT(visible, static_cast<int>(kCases * 3 / 4)) << "too many cases see nothing but padding";
}

/// Y[n, (g d), o] = sum over (c k) of W[(g d), (c k)] [[X]][n, (g c k), o].
TEST(Operations, ForwardIsTheWeightTimesTheUnfoldedInput) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values unfolded = unfold_by_loops(c), weight = c.values("weight"), bias = c.values("bias");
    const std::size_t channels = bias.size(), per_group = channels / c.groups();
    Values expected, with_bias;
    for (std::size_t n = 0; n < c.batch(); ++n)
      for (std::size_t e = 0; e < channels; ++e)
        for (std::size_t o = 0; o < c.positions(); ++o) {
          double sum = 0;
          for (std::size_t r = 0; r < c.rows(); ++r) {
            const std::size_t row = (n * c.groups() + e / per_group) * c.rows() + r;
            sum += weight[e * c.rows() + r] * unfolded[row * c.positions() + o];
          }
          expected.push_back(sum);
          with_bias.push_back(sum + bias[e]);
        }
    ASSERT_EQ(c.run("forward", {"x", "weight"}).values<double>(), expected);
    ASSERT_EQ(c.run("forward", {"x", "weight", "bias"}).values<double>(), with_bias);
    ASSERT_EQ(c.run("weight-jvp", {"x", "u"}, {{"u", c.operand("weight")}}).values<double>(), expected);
    ASSERT_EQ(c.run("input-jvp", {"weight", "z"}, {{"z", c.operand("x")}}).values<double>(), expected);
  });
}

TEST(Operations, WeightDerivativesAreAdjoint) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const double left = dot(c.run("weight-jvp", {"x", "u"}).values<double>(), c.values("v"));
    const double right = dot(c.values("u"), c.run("weight-vjp", {"x", "v"}).values<double>());
    ASSERT_EQ(left, right);
  });
}

TEST(Operations, InputDerivativesAreAdjoint) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const double left = dot(c.run("input-jvp", {"weight", "z"}).values<double>(), c.values("v"));
    const double right = dot(c.values("z"), c.run("input-vjp", {"weight", "v"}).values<double>());
    ASSERT_EQ(left, right);
  });
}

TEST(Operations, BiasVjpIsAdjointToTheBias) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    Values difference = c.run("forward", {"x", "weight", "bias"}).values<double>();
    const Values without = c.run("forward", {"x", "weight"}).values<double>();
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= without[i];
    ASSERT_EQ(dot(difference, c.values("v")), dot(c.values("bias"), c.run("bias-vjp", {"v"}).values<double>()));
  });
}

TEST(Operations, UnfoldAndFoldAreAdjoint) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const double left = dot(c.run("unfold", {"x"}).values<double>(), c.values("cols"));
    const Tensor folded = c.run("fold", {"cols"});
    ASSERT_EQ(folded.shape(), c.operand("x").shape());
    ASSERT_EQ(left, dot(c.values("x"), folded.values<double>()));
  });
}

TEST(Operations, JacobiansTimesVectorsAreJvps) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values weight_jacobian = c.run("weight-jacobian", {"x"}).values<double>(), u = c.values("u");
    const Values expected = c.run("weight-jvp", {"x", "u"}).values<double>();
    for (std::size_t row = 0; row < expected.size(); ++row) {
      ASSERT_EQ(dot(row_of(weight_jacobian, expected.size(), row), u), expected[row]);
    }
    const Values toeplitz = c.run("unfolded-kernel", {"weight"}).values<double>();
    ASSERT_EQ(c.run("input-jacobian", {"weight"}).values<double>(), toeplitz);
    const Values output = c.run("input-jvp", {"weight", "z"}).values<double>(), z = c.values("z");
    const std::size_t rows = output.size() / c.batch();
    for (std::size_t n = 0; n < c.batch(); ++n)
      for (std::size_t row = 0; row < rows; ++row) {
        ASSERT_EQ(dot(row_of(toeplitz, rows, row), row_of(z, c.batch(), n)), output[n * rows + row]);
      }
  });
}

TEST(Operations, PerExampleGradientsSumToTheGradient) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values each = c.run("weight-vjp-per-example", {"x", "v"}).values<double>();
    Values sum(c.weights());
    for (std::size_t n = 0; n < c.batch(); ++n) sum = add(sum, row_of(each, c.batch(), n));
    ASSERT_EQ(sum, c.run("weight-vjp", {"x", "v"}).values<double>());
  });
}

TEST(Operations, EntryOfABatchedOperationIsTheSingleOne) {
  for_each_convolution(kCases, [](const RandomConvolution& c) {
    const Values weight_vjps = c.run("weight-vjp-batched", {"x", "s"}).values<double>();
    const Values per_example = c.run("weight-vjp-batched-per-example", {"x", "s"}).values<double>();
    const Values input_vjps = c.run("input-vjp-batched", {"weight", "s"}).values<double>();
    const Values weight_jvps = c.run("weight-jvp-batched", {"x", "u"}, {{"u", c.operand("us")}}).values<double>();
    const Values input_jvps = c.run("input-jvp-batched", {"weight", "z"}, {{"z", c.operand("zs")}}).values<double>();
    const auto entry = [&](const Values& batched, std::size_t i) { return row_of(batched, c.vectors(), i); };
    for (std::size_t i = 0; i < c.vectors(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const Tensor v = c.operand("s").select(0, at), u = c.operand("us").select(0, at), z = c.operand("zs").select(0, at);
      ASSERT_EQ(entry(weight_vjps, i), c.run("weight-vjp", {"x", "v"}, {{"v", v}}).values<double>());
      ASSERT_EQ(entry(per_example, i), c.run("weight-vjp-per-example", {"x", "v"}, {{"v", v}}).values<double>());
      ASSERT_EQ(entry(input_vjps, i), c.run("input-vjp", {"weight", "v"}, {{"v", v}}).values<double>());
      ASSERT_EQ(entry(weight_jvps, i), c.run("weight-jvp", {"x", "u"}, {{"u", u}}).values<double>());
      ASSERT_EQ(entry(input_jvps, i), c.run("input-jvp", {"weight", "z"}, {{"z", z}}).values<double>());
    }
  });
}

/// I = S (O - 1) + D (K - 1) + 1 - P_l - P_r + output_padding: what a stride left over at the end comes back as.
TEST(Operations, TransposeForwardIsTheInputVjp_WithTheInputGivenOrByOutputPadding) {
  int by_padding = 0;
  for_each_convolution(kCases, [&](const RandomConvolution& c) {
    const Tensor vjp = c.run("input-vjp", {"weight", "v"});
    const std::map<std::string, Tensor> v_as_x{{"x", c.operand("v")}};
    ASSERT_EQ(c.run("transpose-forward", {"x", "weight"}, v_as_x).values<double>(), vjp.values<double>());
    ConvSpec spec = c.spec;
    std::vector<std::int64_t> padding;
    bool allowed = true;
    for (const conv::Dimension& d : c.geometry.dimensions) {
      padding.push_back(d.input - d.stride * (d.output - 1) - d.dilation * (d.kernel - 1) - 1 + d.left + d.right);
      allowed = allowed && d.input > 0;
    }
    if (!allowed) return;
    spec.input = {};
    spec.output_padding = padding;
    const Tensor transposed = c.run("transpose-forward", {"x", "weight"}, spec, v_as_x);
    ASSERT_EQ(transposed.shape(), c.operand("x").shape());
    ASSERT_EQ(transposed.values<double>(), vjp.values<double>());
    by_padding += std::count(padding.begin(), padding.end(), 0) < static_cast<std::ptrdiff_t>(padding.size());
  });
  EXPECT_GT(by_padding, 10);
}

TEST(Operations, SubsamplingEqualsTakingExamplesFirst) {
  for_each_convolution(kCases / 2, [](const RandomConvolution& c) {
    Random random(static_cast<std::uint64_t>(c.weights()));
    std::vector<std::int64_t> examples(static_cast<std::size_t>(random.between(1, 4)));
    for (std::int64_t& n : examples) n = random.between(0, static_cast<int>(c.batch()) - 1);
    ConvSpec spec = c.spec;
    spec.subsampling = examples;
    const auto with_examples = [&](const std::string& role, std::size_t axis) {
      Shape shape = c.operand(role).shape();
      shape[axis] = static_cast<std::int64_t>(examples.size());
      return integers(shape, 5 + axis);
    };
    const Tensor v = with_examples("v", 0), s = with_examples("s", 1), taken = c.operand("x").take(0, examples);
    for (const char* name : {"weight-vjp", "weight-vjp-per-example", "per-example-squared-norm", "gradient-gram"}) {
      ASSERT_EQ(c.run(name, {"x", "v"}, spec, {{"v", v}}).values<double>(),
                c.run(name, {"x", "v"}, {{"x", taken}, {"v", v}}).values<double>()) << name;
    }
    for (const char* name : {"ggn-diagonal", "ggn-diagonal-per-example", "ggn-gram"}) {
      ASSERT_EQ(c.run(name, {"x", "s"}, spec, {{"s", s}}).values<double>(),
                c.run(name, {"x", "s"}, {{"x", taken}, {"s", s}}).values<double>()) << name;
    }
  });
}

}  // namespace
}  // namespace einfold::test
