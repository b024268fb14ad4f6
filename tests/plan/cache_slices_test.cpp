// SPDX-License-Identifier: MIT
//
// Which trees get loops that keep intermediates in cache.
#include "plan/pipeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace einfold::plan::test {
namespace {

constexpr std::int64_t kCached = 1000;

/// C[i, j] = sum over n of A[n, i] B[n, j], with A and B sums of `terms` over other indices, or operands.
struct Product {
  std::int64_t n, i, j;
  bool a_is_intermediate, b_is_intermediate;
};

std::vector<pathfind::Slice> slices_of(const Product& product) {
  enum { kN, kI, kJ, kS };
  pathfind::Problem problem{.extents = {product.n, product.i, product.j, 2}, .leaves = {}, .equations = {}, .output = {kI, kJ}};
  pathfind::Tree tree;
  const auto leaves = 2;
  const auto operand = [&](int number, int leg, std::int64_t extent, bool is_intermediate) {
    problem.leaves.push_back({number, {{kN}, {leg}}});
    if (!is_intermediate) return number;
    problem.leaves.back().axes.push_back({kS + number});
    pathfind::Step sum{.a = number, .b = -1, .equations = {}, .legs = {kN, leg}, .exchanged = {}};
    sum.log2_size = std::log2(static_cast<double>(product.n * extent));
    sum.log2_points = sum.log2_size + 1;
    tree.steps.push_back(sum);
    return leaves + static_cast<int>(tree.steps.size()) - 1;
  };
  problem.extents.push_back(2);
  pathfind::Step last{.a = operand(0, kI, product.i, product.a_is_intermediate),
                      .b = operand(1, kJ, product.j, product.b_is_intermediate),
                      .equations = {},
                      .legs = {kI, kJ},
                      .exchanged = {}};
  last.log2_size = std::log2(static_cast<double>(product.i * product.j));
  last.log2_points = last.log2_size + std::log2(static_cast<double>(product.n));
  tree.steps.push_back(last);
  return cache_slices(problem, tree, {.cached_elements = kCached});
}

TEST(CacheSlices, AreMade_WhereAnIntermediateIsTooLargeForTheNextCacheToo) {
  EXPECT_FALSE(slices_of({.n = 64, .i = 64, .j = 640, .a_is_intermediate = true, .b_is_intermediate = false}).empty());
}

TEST(CacheSlices, AreNotMade_WhereTurnsAddToMoreThanTheOneIntermediateThatIsJustTooLarge) {
  EXPECT_TRUE(slices_of({.n = 16, .i = 100, .j = 100, .a_is_intermediate = true, .b_is_intermediate = false}).empty());
}

TEST(CacheSlices, AreMade_WhereTwoIntermediatesFitOneByOneOnly) {
  EXPECT_FALSE(slices_of({.n = 9, .i = 100, .j = 100, .a_is_intermediate = true, .b_is_intermediate = true}).empty());
}

}  // namespace
}  // namespace einfold::plan::test
