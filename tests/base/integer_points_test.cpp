// SPDX-License-Identifier: MIT
#include "base/integer_points.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <sstream>
#include <string>

namespace einfold {
namespace {

using Extents = std::vector<std::int64_t>;

std::int64_t count_by_trying(const std::vector<LinearEquation>& equations, const Extents& extents) {
  std::int64_t box = 1;
  for (const std::int64_t extent : extents) box *= extent;
  std::int64_t count = 0;
  for (std::int64_t point = 0; point < box; ++point) {
    Extents x(extents.size());
    std::int64_t rest = point;
    for (std::size_t v = 0; v < extents.size(); ++v) {
      x[v] = rest % extents[v];
      rest /= extents[v];
    }
    bool inside = true;
    for (const LinearEquation& equation : equations) {
      std::int64_t sum = 0;
      for (const auto& term : equation.terms) sum += term.coefficient * x[term.variable];
      inside = inside && sum == equation.constant;
    }
    count += inside ? 1 : 0;
  }
  return count;
}

std::string to_text(const std::vector<LinearEquation>& equations, const Extents& extents) {
  std::ostringstream text;
  for (std::size_t v = 0; v < extents.size(); ++v) text << " x" << v << "<" << extents[v];
  for (const LinearEquation& equation : equations) {
    text << ";";
    for (const auto& term : equation.terms) text << " " << term.coefficient << "*x" << term.variable;
    text << " = " << equation.constant;
  }
  return text.str();
}

TEST(CountPoints, AgreesWithTryingEveryPoint_OnRandomSystems) {
  std::mt19937 random(7);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  int with_points = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    Extents extents;
    for (int v = draw(1, 5); v > 0; --v) extents.push_back(draw(draw(0, 9) == 0 ? 0 : 1, 6));
    std::vector<LinearEquation> equations;
    for (int e = draw(0, 3); e > 0; --e) {
      LinearEquation equation;
      for (int t = draw(0, 4); t > 0; --t) {
        const std::size_t variable = static_cast<std::size_t>(draw(0, static_cast<int>(extents.size()) - 1));
        equation.terms.push_back({variable, draw(-4, 4)});
        equation.constant += equation.terms.back().coefficient * draw(0, 3);
      }
      equations.push_back(equation);
    }
    const std::int64_t expected = count_by_trying(equations, extents);
    with_points += expected > 0 ? 1 : 0;
    ASSERT_EQ(count_points(equations, extents, 1 << 20), expected) << to_text(equations, extents);
  }
  EXPECT_GT(with_points, 5000);
}

TEST(CountPoints, CountsOneConvolutionPatternByItsKernelOnly) {
  // i = o + k - 1 with a million positions: for each of the three taps the o that stay inside.
  const LinearEquation pattern{{{0, -1}, {1, 1}, {2, 1}}, 1};
  const Extents extents{1'000'000, 1'000'000, 3};
  EXPECT_EQ(count_points({&pattern, 1}, extents, 3), 3'000'000 - 2);
}

TEST(CountPoints, DeclinesWhenTheEnumerationIsTooLong) {
  const LinearEquation pattern{{{0, -1}, {1, 1}, {2, 1}, {3, 1}}, 1};
  const Extents extents{100, 90, 20, 11};
  EXPECT_EQ(count_points({&pattern, 1}, extents, 20 * 11 - 1), std::nullopt);
  EXPECT_TRUE(count_points({&pattern, 1}, extents, 20 * 11).has_value());
}

TEST(CountPoints, MultipliesIndependentComponents_UnlessOneIsEmpty) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(count_points({}, Extents{3, 5}, 1), 15);
  EXPECT_EQ(count_points({}, Extents{huge, 3}, 1), std::nullopt);
  EXPECT_EQ(count_points({}, Extents{huge, 3, 0}, 1), 0);
  const LinearEquation never{{}, 1};
  EXPECT_EQ(count_points({&never, 1}, Extents{huge, 3}, 1), 0);
}

TEST(CountPoints, DeclinesNumbersThatDoNotFit) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const LinearEquation steep{{{0, huge}, {1, huge - 1}}, 5};
  EXPECT_EQ(count_points({&steep, 1}, Extents{9, 9}, 100), std::nullopt);
  const LinearEquation long_way{{{0, 1}, {1, -1}}, 0};
  EXPECT_EQ(count_points({&long_way, 1}, Extents{huge, huge}, 100), std::nullopt);
}

}  // namespace
}  // namespace einfold
