// SPDX-License-Identifier: MIT
#include "pathfind/search.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace einfold::pathfind {
namespace {
TEST(Search, BatchedProductOfThree) {
  Problem p;
  p.extents = {64, 49, 96, 900};
  p.leaves = {{0, {{0}, {1}, {2}}}, {1, {{0}, {2}, {3}}}, {2, {{0}, {2}}}};
  p.output = {0, 1, 3};
  const Tree t = find_tree(p);
  EXPECT_NEAR(std::exp2(t.log2_flops), 2.713e8, 1e5);
}
}
}
