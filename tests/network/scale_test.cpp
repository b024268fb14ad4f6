// SPDX-License-Identifier: MIT
#include "einfold/network.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace einfold::test {
namespace {

TEST(Scale, CancelsBeforeItMultiplies) {
  Scale scale;
  scale.numerator = INT64_MAX;
  const Scale result = scale.times(2, INT64_MAX);
  EXPECT_EQ(result.numerator, 2);
  EXPECT_EQ(result.denominator, 1);
}

TEST(Scale, TakesTheLeastNumber) {
  Scale scale;
  scale.numerator = INT64_MIN;
  EXPECT_EQ(scale.times(1, 4).numerator, INT64_MIN / 4);
  EXPECT_EQ(Scale{}.times(INT64_MIN, 3).numerator, INT64_MIN);
  EXPECT_DOUBLE_EQ(scale.times(-2, 1).value(), 0x1p64);
}

}  // namespace
}  // namespace einfold::test
