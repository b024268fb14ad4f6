// SPDX-License-Identifier: MIT
//
// A pattern selects, it never multiplies by zero: NaN or infinity in one entry reaches the outputs that have a term with
// that entry, and no other, whether or not a rewrite rule fired, on any number of threads.
#include "einfold/einsum.hpp"
#include "einfold/reference.hpp"
#include "property/random_convolution.hpp"

#include <cmath>
#include <limits>

namespace einfold::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Positive operands cannot cancel, so an output depends on an entry iff it changes from 1 to 2 in that entry.
std::vector<bool> dependants(const Network& network, const std::vector<Tensor>& ones, std::size_t operand, std::size_t entry) {
  std::vector<Tensor> changed;
  for (const Tensor& tensor : ones) changed.push_back(tensor.clone());
  const Values before = evaluate_reference(network, changed).values<double>();
  changed[operand].mutable_data_as<double>()[entry] = 2.0;
  const Values after = evaluate_reference(network, changed).values<double>();
  std::vector<bool> depends;
  for (std::size_t i = 0; i < before.size(); ++i) depends.push_back(before[i] != after[i]);
  return depends;
}

/// Poisons every entry of every operand in turn; returns how many outputs were poisoned and how many not.
std::pair<int, int> check(const Expression& expression) {
  std::vector<Tensor> ones, positive;
  for (const Operand& operand : expression.operands()) {
    ones.push_back(integers(operand.shape, 1, DType::kFloat64, 1, 1));
    for (std::int64_t i = 0; i < ones.back().size(); ++i) ones.back().mutable_data_as<double>()[i] = 1.0;
    positive.push_back(integers(operand.shape, ones.size(), DType::kFloat64, 1, 4));
  }
  int poisoned = 0, clean = 0;
  for (std::size_t operand = 0; operand < ones.size(); ++operand)
    for (std::size_t entry = 0; entry < static_cast<std::size_t>(ones[operand].size()); ++entry) {
      const std::vector<bool> depends = dependants(expression.network(), ones, operand, entry);
      for (const double poison : {kNaN, kInfinity}) {
        std::vector<Tensor> tensors;
        for (const Tensor& tensor : positive) tensors.push_back(tensor.clone());
        tensors[operand].mutable_data_as<double>()[entry] = poison;
        for (const bool simplify : {true, false})
          for (const int threads : {1, 3}) {
            const Values values = expression.evaluate(tensors, {.threads = threads, .simplify = simplify}).values<double>();
            for (std::size_t i = 0; i < values.size(); ++i) {
              EXPECT_EQ(!std::isfinite(values[i]), depends[i])
                  << "operand " << operand << " entry " << entry << " output " << i << " = " << values[i]
                  << " simplify " << simplify << " threads " << threads << "\n" << expression.equation();
              if (testing::Test::HasFailure()) return {poisoned, clean};
              ++(depends[i] ? poisoned : clean);
            }
          }
      }
    }
  return {poisoned, clean};
}

struct Spatial {
  std::int64_t input, kernel, stride, left, right, dilation;
};

/// Overlapping, dense, ragged dense, down-sampling, dilated with a common factor, 1x1 with stride and padding, wide padding.
constexpr Spatial kSpatial[] = {{7, 3, 1, 1, 1, 1}, {6, 2, 2, 0, 0, 1}, {7, 2, 2, 0, 0, 1}, {8, 2, 3, 0, 0, 1},
                                {9, 3, 2, 1, 2, 2}, {7, 1, 3, 1, 0, 1}, {3, 2, 1, 4, 3, 1}, {8, 3, 2, 2, 1, 3}};

class NaN : public testing::TestWithParam<const char*> {};

TEST_P(NaN, ReachesExactlyTheOutputsThatDependOnTheEntry) {
  const std::string name = GetParam();
  int poisoned = 0, clean = 0;
  for (const Spatial& s : kSpatial) {
    SCOPED_TRACE("I=" + std::to_string(s.input) + " K=" + std::to_string(s.kernel) + " S=" + std::to_string(s.stride) +
                 " P=" + std::to_string(s.left) + ":" + std::to_string(s.right) + " D=" + std::to_string(s.dilation));
    const std::int64_t output = 1 + (s.input + s.left + s.right - s.dilation * (s.kernel - 1) - 1) / s.stride;
    const conv::Geometry geometry{2, 2, 2, 2, 1, {{s.input, s.kernel, output, s.stride, s.left, s.right, s.dilation}}};
    ConvSpec spec = spec_of(geometry);
    const conv::Shapes all = all_shapes(geometry);
    conv::Shapes shapes;
    for (const conv::OperationInfo& info : conv::operations()) {
      if (info.name != name) continue;
      for (const auto& alternatives : info.operands) shapes[alternatives.front()] = all.find(alternatives.front())->second;
    }
    const auto [bad, good] = check(conv::operation(name, spec, shapes));
    if (HasFailure()) return;
    poisoned += bad;
    clean += good;
  }
  EXPECT_GT(poisoned, 100);
  EXPECT_GT(clean, 100);
}

INSTANTIATE_TEST_SUITE_P(Operations, NaN,
                         testing::Values("forward", "unfold", "fold", "weight-vjp", "input-vjp", "unfolded-kernel", "kfc", "kfac-expand",
                                         "kfac-reduce", "transpose-unfold", "transpose-kfac-reduce", "per-example-squared-norm",
                                         "gradient-gram", "hessian-diagonal-weight", "kfac-reduce-product"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(NaNInEquations, ReachesExactlyTheOutputsThatDependOnTheEntry) {
  struct Case {
    const char* equation;
    std::vector<EinsumShape> shapes;
    Sizes sizes;
  };
  const std::vector<Case> cases{
      {"2*o+k-1, k -> o", {Shape{9}, Shape{3}}, {}},
      {"o+k1-1 c, k1 c -> c o", {Shape{6, 2}, Shape{3, 2}}, {}},
      {"c 3-i -> c i", {Shape{2, 6}}, {{"i", 4}}},
      {"o, k -> i=2*o+k-1", {Shape{4}, Shape{3}}, {{"i", 7}}},
      {"i, i j -> i i j", {Shape{3}, Shape{3, 2}}, {}},
      {"2*o1+k1-1 o2+2*k2, k1 k2 -> o1 o2", {Shape{5, 7}, Shape{2, 3}}, {}},
      {"o+k, o -> o", {Shape{5}, Shape{4}}, {{"k", 2}}},
      {"(o k), k -> o", {Shape{6}, Shape{2}}, {}},
      {"k o i, c i, k -> c o", {IndexPattern{7, 3, 2, 1, 1, 1}, Shape{2, 7}, Shape{3}}, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.equation);
    const auto [poisoned, clean] = check(compile(c.equation, c.shapes, {.sizes = c.sizes, .notation = Notation::kNamed}));
    ASSERT_FALSE(HasFailure());
    EXPECT_GT(poisoned, 0);
    EXPECT_GT(clean, 0);
  }
}

/// Where torch gives 0 * Inf = NaN at the border, an absent term is absent.
TEST(Infinity, InTheWeightMakesNoNaNFromPadding) {
  const Tensor x = Tensor::from<double>({1, 1, 3}, std::vector<double>{1, 2, 3});
  const Tensor weight = Tensor::from<double>({1, 1, 3}, std::vector<double>{kInfinity, 1, 1});
  const Tensor y = conv::forward({.padding = 1}, x.shape(), weight.shape())(x, weight);
  EXPECT_EQ(y.values<double>(), (Values{3, kInfinity, kInfinity}));
}

/// Data that is zero times infinity is NaN: only structure is absent.
TEST(Infinity, TimesAZeroOfTheDataIsNaN) {
  const Tensor x = Tensor::from<double>({1, 1, 3}, std::vector<double>{0, 2, 0});
  const Tensor weight = Tensor::from<double>({1, 1, 1}, std::vector<double>{kInfinity});
  const Values y = conv::forward({}, x.shape(), weight.shape())(x, weight).values<double>();
  EXPECT_TRUE(std::isnan(y[0]) && y[1] == kInfinity && std::isnan(y[2]));
}

}  // namespace
}  // namespace einfold::test
