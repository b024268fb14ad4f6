// SPDX-License-Identifier: MIT
#include "pathfind/search.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace einfold::pathfind {
namespace {

/// bgk,bkd,bk->bgd: who multiplies the first two and forgets that the third still needs k misses it.
TEST(Search, FindsTheBestOrder_WhereAnIndexIsOnThreeTensors) {
  Problem problem;
  problem.extents = {64, 49, 96, 900};
  problem.leaves = {{0, {{0}, {1}, {2}}}, {1, {{0}, {2}, {3}}}, {2, {{0}, {2}}}};
  problem.output = {0, 1, 3};
  const Tree tree = find_tree(problem);
  EXPECT_NEAR(std::exp2(tree.log2_flops), 64.0 * 49 * 96 + 64.0 * 49 * 96 * 900, 1);
}

}  // namespace
}  // namespace einfold::pathfind
