// SPDX-License-Identifier: MIT
#include "tensor/convert.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace einfold {
namespace {

/// Value of a binary16 from its definition.
double value_of(Float16 half) {
  const int exponent = (half.bits >> 10) & 31;
  const int mantissa = half.bits & 1023;
  const double sign = (half.bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return mantissa != 0 ? std::nan("") : sign * INFINITY;
  return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

TEST(Half, EveryFloat16HasItsValueAndComesBack) {
  for (int bits = 0; bits < 65536; ++bits) {
    const Float16 half{static_cast<std::uint16_t>(bits)};
    const double expected = value_of(half);
    const float value = to_float(half);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(value)) << bits;
      EXPECT_TRUE(std::isnan(to_float(to_float16(value)))) << bits;
      continue;
    }
    ASSERT_EQ(value, expected) << bits;
    ASSERT_EQ(std::signbit(value), std::signbit(expected)) << bits;
    ASSERT_EQ(to_float16(value).bits, half.bits);
    ASSERT_EQ(to_float16(static_cast<double>(value)).bits, half.bits);
  }
}

TEST(Half, EveryBFloat16ComesBack) {
  for (int bits = 0; bits < 65536; ++bits) {
    const BFloat16 half{static_cast<std::uint16_t>(bits)};
    const float value = to_float(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(to_bfloat16(value)))) << bits;
      continue;
    }
    ASSERT_EQ(to_bfloat16(value).bits, half.bits);
    ASSERT_EQ(to_bfloat16(static_cast<double>(value)).bits, half.bits);
  }
}

template <class Half, class Round>
void expect_nearest_even(Round round, int last) {
  for (int bits = 0; bits < last; ++bits) {
    const Half low{static_cast<std::uint16_t>(bits)};
    const Half high{static_cast<std::uint16_t>(bits + 1)};
    const double a = to_float(low);
    const double b = to_float(high);
    const double middle = a + (b - a) / 2;
    const std::uint16_t even = (bits % 2 == 0 ? low : high).bits;
    ASSERT_EQ(round(middle).bits, even) << bits;
    ASSERT_EQ(round(std::nextafter(middle, a)).bits, low.bits) << bits;
    ASSERT_EQ(round(std::nextafter(middle, b)).bits, high.bits) << bits;
    ASSERT_EQ(round(-middle).bits, even | 0x8000) << bits;
  }
}

TEST(Half, DoubleRoundsOnceToNearestEven) {
  expect_nearest_even<Float16>([](double value) { return to_float16(value); }, 0x7bff);
  expect_nearest_even<BFloat16>([](double value) { return to_bfloat16(value); }, 0x7f7f);
}

TEST(Half, TooLargeBecomesInfinity) {
  EXPECT_EQ(to_float16(65519.0).bits, 0x7bff);
  EXPECT_EQ(to_float16(65520.0).bits, 0x7c00);
  EXPECT_EQ(to_float16(-1e300).bits, 0xfc00);
  EXPECT_EQ(to_float16(65519.99F).bits, 0x7bff);
  EXPECT_EQ(to_float16(65520.0F).bits, 0x7c00);
  EXPECT_EQ(to_bfloat16(1e300).bits, 0x7f80);
  EXPECT_EQ(to_bfloat16(3.4e38F).bits, 0x7f80);
}

TEST(Convert, FloatToIntegerIsDefinedEverywhere) {
  EXPECT_EQ(convert<std::int32_t>(NAN), INT32_MIN);
  EXPECT_EQ(convert<std::int64_t>(static_cast<double>(NAN)), INT64_MIN);
  EXPECT_EQ(convert<std::int32_t>(1e30F), INT32_MAX);
  EXPECT_EQ(convert<std::int32_t>(2147483647.5), INT32_MAX);
  EXPECT_EQ(convert<std::int32_t>(2147483648.0F), INT32_MAX);
  EXPECT_EQ(convert<std::int32_t>(-2147483648.0), INT32_MIN);
  EXPECT_EQ(convert<std::int32_t>(-2147483647.9), -2147483647);
  EXPECT_EQ(convert<std::int64_t>(9223372036854775807.0), INT64_MAX);
  EXPECT_EQ(convert<std::int64_t>(9223372036854774784.0), 9223372036854774784);
  EXPECT_EQ(convert<std::int64_t>(-INFINITY), INT64_MIN);
  EXPECT_EQ(convert<std::int32_t>(-3.9), -3);
  EXPECT_EQ(convert<std::int32_t>(Float16{0xfc00}), INT32_MIN);
}

TEST(Convert, TheOthersFollowNumPy) {
  EXPECT_EQ(convert<std::int32_t>(std::int64_t{0x1'0000'0005}), 5);
  EXPECT_TRUE(convert<bool>(NAN));
  EXPECT_TRUE(convert<bool>(0.25F));
  EXPECT_FALSE(convert<bool>(-0.0));
  EXPECT_FALSE(convert<bool>(Float16{0x8000}));
  EXPECT_EQ(convert<std::complex<float>>(Float16{0x3e00}), std::complex<float>(1.5F, 0));
  EXPECT_EQ(convert<std::complex<double>>(std::complex<float>(1, -2)), std::complex<double>(1, -2));
  EXPECT_EQ(convert<float>(1e300), INFINITY);
  EXPECT_EQ(convert<Float16>(true).bits, 0x3c00);
  EXPECT_EQ(convert<BFloat16>(std::int64_t{-3}).bits, 0xc040);
}

}  // namespace
}  // namespace einfold
