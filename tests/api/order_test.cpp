// SPDX-License-Identifier: MIT
//
// Orders of contraction through the public API: explicit paths, and what a report says.
#include "einfold/order.hpp"

#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "einfold/reference.hpp"
#include "support/random.hpp"
#include "support/random_network.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace einfold::test {
namespace {

using Form = ContractionPath::Form;

/// Random pairs over n tensors; linear and ssa are the same path.
struct RandomPath {
  ContractionPath linear{{}, Form::kLinear}, ssa{{}, Form::kSsa};

  RandomPath(int tensors, Random& random) {
    std::vector<int> living(static_cast<std::size_t>(tensors));
    std::iota(living.begin(), living.end(), 0);
    for (int next = tensors; living.size() > 1; ++next) {
      const int last = static_cast<int>(living.size()) - 1;
      int a = random.between(0, last), b = random.between(0, last - 1);
      b += b >= a ? 1 : 0;
      if (a > b) std::swap(a, b);
      linear.steps.push_back({a, b});
      ssa.steps.push_back({living[static_cast<std::size_t>(a)], living[static_cast<std::size_t>(b)]});
      living.erase(living.begin() + b);
      living.erase(living.begin() + a);
      living.push_back(next);
    }
  }
};

TEST(Order, AnyPathGivesTheReferencesValues) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Network network = random_network(seed, {.most_points = 5'000, .most_affine = 3, .most_dense = 4});
    const std::vector<Tensor> operands = random_operands(network, seed, DType::kFloat64);
    const RandomPath path(static_cast<int>(network.dense.size()), random);
    const std::vector<double> expected = evaluate_reference(network, operands).values<double>();
    for (const ContractionPath& form : {path.linear, path.ssa}) {
      EXPECT_EQ(Expression(network).ordered({.path = form}).evaluate(operands).values<double>(), expected) << seed;
    }
  }
}

/// A random equation of letters with hyper-indices, and the extents of its letters.
struct RandomEquation {
  std::vector<std::string> terms;
  std::string output;
  std::map<char, std::int64_t> extents;

  RandomEquation(int tensors, Random& random) {
    std::set<char> used;
    for (int t = 0; t < tensors; ++t) {
      std::string term;
      for (char x = 'a'; x < 'i'; ++x) {
        if (random.chance(35)) term += x;
      }
      used.insert(term.begin(), term.end());
      terms.push_back(term);
    }
    for (const char x : used) {
      extents[x] = random.between(1, 9);
      if (random.chance(30)) output += x;
    }
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const std::string& term : terms) text += (&term == terms.data() ? "" : ",") + term;
    return text + "->" + output;
  }
  [[nodiscard]] std::vector<EinsumShape> shapes() const {
    std::vector<EinsumShape> shapes;
    for (const std::string& term : terms) {
      Shape shape;
      for (const char x : term) shape.push_back(extents.at(x));
      shapes.emplace_back(shape);
    }
    return shapes;
  }
};

struct Counted {
  double flops = 0, write = 0, size = 0;
};

/// By the definition, with sets of letters.
Counted count(const RandomEquation& equation, const ContractionPath& ssa) {
  std::map<int, std::set<char>> living;
  for (const std::string& term : equation.terms) living[static_cast<int>(living.size())] = {term.begin(), term.end()};
  int next = static_cast<int>(living.size());
  const auto product = [&](const std::set<char>& letters) {
    double result = 1;
    for (const char x : letters) result *= static_cast<double>(equation.extents.at(x));
    return result;
  };
  Counted counted;
  for (const auto& step : ssa.steps) {
    std::set<char> both = living.at(step[0]);
    both.insert(living.at(step[1]).begin(), living.at(step[1]).end());
    living.erase(step[0]);
    living.erase(step[1]);
    counted.flops += product(both);
    std::set<char> kept;
    for (const char x : both) {
      bool needed = equation.output.find(x) != std::string::npos;
      for (const auto& [number, letters] : living) needed = needed || letters.contains(x);
      if (needed) kept.insert(x);
    }
    counted.write += product(kept);
    counted.size = std::max(counted.size, product(kept));
    living[next++] = kept;
  }
  return counted;
}

TEST(Order, ReportsTheCostsOfThePathByTheDefinition) {
  for (int seed = 0; seed < 300; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    const int tensors = random.between(2, 6);
    const RandomEquation equation(tensors, random);
    const RandomPath path(tensors, random);
    EinsumOptions options{.notation = Notation::kCompact};
    if (seed % 2 == 0) options.order.path = path.linear;
    else options.order.minimize = static_cast<Minimize>(seed / 2 % 4);
    const OrderReport report = compile(equation.text(), equation.shapes(), options).order();
    if (seed % 2 == 0) {
      auto sorted = path.ssa.steps;
      for (auto& step : sorted) std::sort(step.begin(), step.end());
      std::set<std::vector<int>> given(sorted.begin(), sorted.end());
      EXPECT_EQ(given.size(), report.ssa_path.steps.size());
    }
    const Counted counted = count(equation, report.ssa_path);
    EXPECT_NEAR(report.log10_flops, std::log10(counted.flops), 1e-9) << equation.text();
    EXPECT_NEAR(report.log10_write, std::log10(counted.write), 1e-9) << equation.text();
    EXPECT_NEAR(report.log2_size, std::log2(counted.size), 1e-9) << equation.text();
    EXPECT_LE(report.scaling, report.naive_scaling);
    EXPECT_EQ(report.path.steps.size(), static_cast<std::size_t>(tensors) - 1);
    ASSERT_EQ(report.terms.size(), static_cast<std::size_t>(tensors));
  }
}

TEST(Order, OfAReportIsTheSameWhenGivenAgain) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Network network = random_network(seed, {.most_points = 5'000, .most_affine = 2, .most_dense = 5});
    const Expression expression(network);
    const OrderReport report = expression.order();
    const OrderReport again = expression.ordered({.path = report.path}).order();
    EXPECT_EQ(again.path, report.path) << seed;
    EXPECT_EQ(again.ssa_path, report.ssa_path) << seed;
    EXPECT_EQ(expression.ordered({.path = report.ssa_path}).order().path, report.path) << seed;
  }
}

TEST(Order, HasMeasuredTimesOfEveryComputedStep) {
  const Expression expression = compile("ij,jk,kl->il", {Shape{20, 30}, Shape{30, 40}, Shape{40, 10}});
  const std::vector<Tensor> operands{reals({20, 30}, 1, DType::kFloat32), reals({30, 40}, 2, DType::kFloat32), reals({40, 10}, 3, DType::kFloat32)};
  const OrderReport report = expression.order(operands, {.threads = 1});
  ASSERT_TRUE(report.seconds.has_value());
  double sum = 0;
  for (const OrderStep& step : report.steps) {
    EXPECT_FALSE(step.kernel.empty());
    ASSERT_TRUE(step.seconds.has_value());
    sum += *step.seconds;
  }
  EXPECT_DOUBLE_EQ(sum, *report.seconds);
  EXPECT_EQ(report.workspace_bytes, expression.workspace_bytes(DType::kFloat32, {.threads = 1}));
  EXPECT_FALSE(expression.order().seconds.has_value());
}

TEST(Order, RefusesUnknownSearchesAndSums) {
  const Expression expression = compile("ij,jk->ik", {Shape{2, 3}, Shape{3, 4}});
  const auto code = [](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    return std::string("none");
  };
  EXPECT_EQ(code([&] { (void)expression.ordered({.search = "best"}); }), "E0831");
  EXPECT_EQ(code([&] { (void)expression.ordered({.path = ContractionPath{{{0, 2}}}}).order(); }), "E0833");
  EXPECT_EQ(code([&] { (void)conv::forward({.kernel = {3}}, {1, 2, 5}, {2, 2, 3}, {2}).order(); }), "E0212");
  EXPECT_EQ(code([&] { (void)read_path("(0; 1)"); }), "E0832");
  for (const std::string& name : order_searches()) EXPECT_EQ(code([&] { (void)expression.ordered({.search = name}); }), "none") << name;
}

TEST(Order, OfAnEquationIsNotThatOfAnotherOptions) {
  // einsum remembers expressions: one with another path must not be taken for the same
  const Tensor a = reals({3, 4}, 1, DType::kFloat64), b = reals({4, 5}, 2, DType::kFloat64), c = reals({5, 2}, 3, DType::kFloat64);
  (void)einsum("ij,jk,kl->il", {a, b, c});
  EXPECT_THROW((void)einsum("ij,jk,kl->il", {a, b, c}, {.order = {.path = ContractionPath{{{0, 1}}}}}), Error);
}

}  // namespace
}  // namespace einfold::test
