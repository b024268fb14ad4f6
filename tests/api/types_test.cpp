// SPDX-License-Identifier: MIT
//
// Types of results: NumPy's promotion, integers that wrap, bool that counts, 16-bit floats summed in float32.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace einfold::test {
namespace {

constexpr DType kAll[] = {DType::kBool,    DType::kInt32,   DType::kInt64,     DType::kFloat16,   DType::kBFloat16,
                          DType::kFloat32, DType::kFloat64, DType::kComplex64, DType::kComplex128};

/// np.result_type over bool, int32, int64, float16, float32, float64, complex64, complex128; a bool sum counts in int64.
TEST(Types, PromoteAsInNumPy) {
  struct Row {
    DType a, b, result;
  };
  using enum DType;
  const Row rows[] = {{kBool, kBool, kInt64},           {kBool, kInt32, kInt32},         {kInt32, kInt32, kInt32},
                      {kInt32, kInt64, kInt64},         {kInt32, kFloat16, kFloat64},    {kInt32, kFloat32, kFloat64},
                      {kInt64, kFloat32, kFloat64},     {kBool, kFloat16, kFloat16},     {kBool, kFloat32, kFloat32},
                      {kFloat16, kFloat32, kFloat32},   {kFloat32, kFloat64, kFloat64},  {kFloat32, kComplex64, kComplex64},
                      {kFloat64, kComplex64, kComplex128}, {kInt32, kComplex64, kComplex128}, {kFloat16, kBFloat16, kFloat32},
                      {kFloat16, kFloat16, kFloat16},   {kBFloat16, kBFloat16, kBFloat16}, {kFloat16, kComplex64, kComplex64}};
  for (const Row& row : rows) {
    const Tensor a = integers({3, 4}, 1, row.a, 0, 1), b = integers({4, 2}, 2, row.b, 0, 1);
    EXPECT_EQ(einsum("ij,jk->ik", {a, b}).dtype(), row.result) << name_of(row.a) << " " << name_of(row.b);
    const Tensor swapped = einsum("ij,jk->ik", {b.permute(std::vector<std::int64_t>{1, 0}), a.permute(std::vector<std::int64_t>{1, 0})});
    EXPECT_EQ(swapped.dtype(), row.result) << name_of(row.b) << " " << name_of(row.a);
  }
}

TEST(Types, EveryPairComputesTheSameIntegers) {
  std::vector<std::int64_t> expected;
  const Tensor a = integers({3, 5}, 1, DType::kInt64, 0, 1), b = integers({5, 2}, 2, DType::kInt64, 0, 1);
  for (std::int64_t i = 0; i < 3; ++i)
    for (std::int64_t k = 0; k < 2; ++k) {
      std::int64_t sum = 0;
      for (std::int64_t j = 0; j < 5; ++j) sum += a.at<std::int64_t>({i, j}) * b.at<std::int64_t>({j, k});
      expected.push_back(sum);
    }
  for (const DType first : kAll)
    for (const DType second : kAll) {
      const Tensor result = einsum("ij,jk->ik", {a.to(first), b.to(second)});
      std::vector<std::int64_t> values;
      for (const std::complex<double>& value : result.values<std::complex<double>>()) {
        EXPECT_EQ(value.imag(), 0.0);
        values.push_back(static_cast<std::int64_t>(value.real()));
      }
      EXPECT_EQ(values, expected) << name_of(first) << " " << name_of(second);
    }
}

TEST(Types, BoolCounts) {
  const Tensor flags = Tensor::from<std::int64_t>({2, 3}, std::vector<std::int64_t>{1, 1, 0, 1, 1, 1}).to(DType::kBool);
  const Tensor counts = einsum("ij->i", {flags});
  EXPECT_EQ(counts.dtype(), DType::kInt64);
  EXPECT_EQ(counts.values<std::int64_t>(), (std::vector<std::int64_t>{2, 3}));
}

TEST(Types, BoolMemoryMayHoldAnyByte) {
  const unsigned char bytes[] = {0, 2, 255, 1};
  const Tensor flags = Tensor::borrow(static_cast<const void*>(bytes), DType::kBool, {4});
  EXPECT_EQ(einsum("i->", {flags}).values<std::int64_t>(), std::vector<std::int64_t>{3});
  EXPECT_EQ(einsum("i,i->", {flags, flags}).values<std::int64_t>(), std::vector<std::int64_t>{3});
}

TEST(Types, PatternsAloneGiveInt64) {
  const Tensor counts = einsum("k o i -> k o", {IndexPattern{5, 3, 1, 1, 1, 1}});
  EXPECT_EQ(counts.dtype(), DType::kInt64);
  EXPECT_EQ(counts.values<std::int64_t>(), (std::vector<std::int64_t>{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}));
}

TEST(Types, ThePatternOperationIsBool) {
  const Tensor pattern = conv::operation("pattern", {.kernel = 2, .input = 3}, {})();
  EXPECT_EQ(pattern.dtype(), DType::kBool);
  EXPECT_EQ(pattern.values<std::int64_t>(), (std::vector<std::int64_t>{1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1}));
}

template <class T>
void expect_wrapping() {
  using U = std::make_unsigned_t<T>;
  Random random(7);
  std::vector<T> a(40), b(40);
  for (T& value : a) value = static_cast<T>(std::numeric_limits<T>::max() - random.between(0, 1000));
  for (T& value : b) value = static_cast<T>(random.between(2, 1 << 30));
  U sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<U>(a[i]) * static_cast<U>(b[i]);
  const Tensor result = einsum("i,i->", {Tensor::from({40}, a), Tensor::from({40}, b)});
  EXPECT_EQ(result.dtype(), dtype_of<T>);
  EXPECT_EQ(result.values<T>(), std::vector<T>{static_cast<T>(sum)});
}

TEST(Types, Int32Wraps) { expect_wrapping<std::int32_t>(); }
TEST(Types, Int64Wraps) { expect_wrapping<std::int64_t>(); }

/// In float16 itself the sum would stop at 2048, where 1 is half a unit in the last place.
TEST(Types, SixteenBitFloatsAreSummedInFloat32AndRoundedOnce) {
  std::vector<double> ones(5001, 1.0);
  ones[17] = 3.0;  // 5003
  const Tensor half = einsum("i->", {Tensor::from({5001}, ones).to(DType::kFloat16)});
  EXPECT_EQ(half.dtype(), DType::kFloat16);
  EXPECT_EQ(half.values<double>(), std::vector<double>{5004});  // to a multiple of 4, ties to even
  const Tensor brain = einsum("i->", {Tensor::from({5001}, ones).to(DType::kBFloat16)});
  EXPECT_EQ(brain.values<double>(), std::vector<double>{4992});  // to a multiple of 32
  const Tensor large = einsum("i->", {Tensor::from({70'001}, std::vector<double>(70'001, 1.0)).to(DType::kFloat16)});
  EXPECT_TRUE(std::isinf(large.values<double>().front()));
}

TEST(Types, MeansOfIntegersAreFloat64_PureSumsStayIntegers) {
  const Tensor x = integers({2, 1, 5}, 3, DType::kInt32);
  EXPECT_EQ(conv::kfc({.kernel = 2}, x.shape())(x).dtype(), DType::kFloat64);
  const Expression pure = conv::kfc({.kernel = 2, .scale = 1.0}, x.shape());
  EXPECT_EQ(pure(x).dtype(), DType::kInt32);
  EXPECT_EQ(pure(x).values<double>(), pure(x.to(DType::kFloat64)).values<double>());
}

TEST(Types, SquaresRefuseComplexOperands_ForwardDoesNot) {
  const Tensor x = integers({2, 1, 5}, 3, DType::kComplex64), w = integers({1, 1, 2}, 4, DType::kComplex64);
  EXPECT_EQ(conv::forward({}, x.shape(), w.shape())(x, w).dtype(), DType::kComplex64);
  try {
    (void)conv::kfc({.kernel = 2}, x.shape())(x);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0407");
    EXPECT_EQ(error.kind(), ErrorKind::kArgument);
  }
}

/// (1+2i)(3-i): nothing is conjugated.
TEST(Types, ComplexProductsConjugateNothing) {
  using C = std::complex<double>;
  const Tensor a = Tensor::from({2}, std::vector<C>{{1, 2}, {0, 1}}), b = Tensor::from({2}, std::vector<C>{{3, -1}, {0, 1}});
  EXPECT_EQ(einsum("i,i->i", {a, b}).values<C>(), (std::vector<C>{{5, 5}, {-1, 0}}));
}

}  // namespace
}  // namespace einfold::test
