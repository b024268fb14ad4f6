// SPDX-License-Identifier: MIT
//
// Products that repeat, against all points of the equations.
#include "pathfind/shifts.hpp"
#include "support/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace einfold::pathfind {
namespace {

enum Index { kX, kY, kO, kK, kL };

struct Case {
  std::array<std::int64_t, 5> extents;
  Equation first, second;  ///< x, o, k; y, o, l
};

Case random_case(test::Random& dice) {
  const auto sign = [&] { return dice.between(0, 1) == 0 ? -1 : 1; };
  const std::int64_t s = sign() * dice.between(1, 3), d = sign() * dice.between(1, 3), cx = sign(), cy = sign();
  Case result{{dice.between(1, 12), dice.between(1, 12), dice.between(1, 8), dice.between(1, 5), dice.between(1, 5)}, {}, {}};
  // x = s o + d k + p, times either sign
  result.first = {{{kX, cx}, {kO, -cx * s}, {kK, -cx * d}}, cx * dice.between(-6, 6)};
  result.second = {{{kL, -cy * d}, {kY, cy}, {kO, -cy * s}}, cy * dice.between(-6, 6)};
  return result;
}

std::int64_t left_side(const Equation& equation, const std::array<std::int64_t, 5>& at) {
  std::int64_t sum = 0;
  for (const auto& [index, c] : equation.terms) sum += c * at[index];
  return sum;
}

/// Per distance of the taps, for it decides what is added to what.
std::size_t brute_force(const Case& c) {
  std::set<std::array<std::int64_t, 3>> products;
  std::array<std::int64_t, 5> at{};
  for (at[kX] = 0; at[kX] < c.extents[kX]; ++at[kX])
    for (at[kY] = 0; at[kY] < c.extents[kY]; ++at[kY])
      for (at[kO] = 0; at[kO] < c.extents[kO]; ++at[kO])
        for (at[kK] = 0; at[kK] < c.extents[kK]; ++at[kK])
          for (at[kL] = 0; at[kL] < c.extents[kL]; ++at[kL])
            if (left_side(c.first, at) == c.first.constant && left_side(c.second, at) == c.second.constant)
              products.insert({at[kX], at[kY], at[kL] - at[kK]});
  return products.size();
}

TEST(DistinctProducts, AreThoseOfAllPoints) {
  test::Random dice(7);
  int some = 0;
  for (int round = 0; round < 3000; ++round) {
    const Case c = random_case(dice);
    const std::array equations{&c.first, &c.second};
    const auto twins = twins_of(equations);
    ASSERT_TRUE(twins);
    EXPECT_EQ(twins->shared, kO);
    const auto products = distinct_products(*twins, {kX, kK, kY, kL}, c.extents);
    ASSERT_TRUE(products);
    EXPECT_EQ(static_cast<std::size_t>(*products), brute_force(c)) << "round " << round;
    some += *products > 0 ? 1 : 0;
  }
  EXPECT_GT(some, 1000);
}

TEST(DistinctProducts, NeedOneStepOneDilationAndSolvablePositions) {
  const std::array<std::int64_t, 5> extents{9, 9, 4, 3, 3};
  const Equation first{{{kX, -1}, {kO, 2}, {kK, 1}}, 1};
  const auto products_with = [&](const Equation& second) {
    const std::array equations{&first, &second};
    const auto twins = twins_of(equations);
    EXPECT_TRUE(twins);
    return distinct_products(*twins, {kX, kK, kY, kL}, extents).has_value();
  };
  EXPECT_TRUE(products_with({{{kY, -1}, {kO, 2}, {kL, 1}}, 0}));
  EXPECT_FALSE(products_with({{{kY, -1}, {kO, 1}, {kL, 1}}, 0}));
  EXPECT_FALSE(products_with({{{kY, -1}, {kO, 2}, {kL, 2}}, 0}));
  EXPECT_FALSE(products_with({{{kY, -2}, {kO, 4}, {kL, 2}}, 0}));
}

TEST(Twins, ShareOneOfThreeLegs) {
  const Equation first{{{kX, -1}, {kO, 2}, {kK, 1}}, 1}, apart{{{kY, -1}, {kL, 1}}, 0}, both{{{kX, -1}, {kO, 1}, {kL, 1}}, 0};
  EXPECT_FALSE(twins_of(std::array{&first}));
  EXPECT_FALSE(twins_of(std::array{&first, &apart}));
  EXPECT_FALSE(twins_of(std::array{&first, &both}));
}

}  // namespace
}  // namespace einfold::pathfind
