// SPDX-License-Identifier: MIT
#include "einfold/tensor.hpp"

#include "base/text.hpp"
#include "einfold/error.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <string>

extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace einfold {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

template <class Action>
std::string code_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

/// 0, 1, 2, .. in row-major order.
Tensor counting(Shape shape) {
  std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
  std::iota(values.begin(), values.end(), 0.0);
  return Tensor::from(std::move(shape), values);
}

/// All elements in row-major order, one by one.
std::vector<double> one_by_one(const Tensor& tensor) {
  std::vector<double> values;
  std::vector<std::int64_t> position(tensor.shape().size(), 0);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    values.push_back(tensor.at<double>(position));
    for (std::size_t axis = position.size(); axis-- > 0;) {
      if (++position[axis] < tensor.shape()[axis]) break;
      position[axis] = 0;
    }
  }
  return values;
}

TEST(Shape, CountsElements_AndAZeroExtentIsZeroWhateverElseThereIs) {
  EXPECT_EQ(element_count(Shape{}), 1);
  EXPECT_EQ(element_count(Shape{3, 5, 7}), 105);
  EXPECT_EQ(element_count(Shape{0, kHuge, kHuge}), 0);
  EXPECT_EQ(element_count(Shape{kHuge, kHuge, 0}), 0);
  EXPECT_EQ(Tensor(DType::kFloat64, {0, kHuge}).size(), 0);
}

TEST(Shape, RefusesNegativeAndTooLarge_NamingTheFactors) {
  EXPECT_EQ(code_of([] { static_cast<void>(element_count(Shape{2, -1})); }), "E0401");
  EXPECT_EQ(code_of([] { static_cast<void>(element_count(Shape{0, -1})); }), "E0401");
  EXPECT_EQ(code_of([] { static_cast<void>(element_count(Shape(256, 1))); }), "E0401");
  EXPECT_EQ(element_count(Shape(255, 1)), 1);
  try {
    static_cast<void>(element_count(Shape{std::int64_t{1} << 32, std::int64_t{1} << 32}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "E0401: shape [4294967296, 4294967296] has more elements than a 64-bit address can tell apart");
  }
}

TEST(Tensor, IsZeroFilledAndAligned) {
  const Tensor tensor(DType::kFloat32, {3, 5});
  EXPECT_EQ(tensor.values<float>(), std::vector<float>(15, 0.0F));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Tensor::uninitialised(DType::kBool, {3}).data()) % 64, 0U);
  EXPECT_EQ(Tensor().size(), 0);
  EXPECT_EQ(Tensor::scalar(2.5F).at<float>({}), 2.5F);
}

TEST(Tensor, TooLargeForMemory_IsAnErrorThatSaysHowMuch) {
  for (const bool zero : {false, true}) {
    try {
      const Shape shape{std::int64_t{1} << 58};
      if (zero) static_cast<void>(Tensor(DType::kFloat64, shape));
      else static_cast<void>(Tensor::uninitialised(DType::kFloat64, shape));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMemory);
      EXPECT_STREQ(error.what(), "E0601: a tensor of 2305843009213693952 bytes does not fit in memory");
    }
  }
  const double one = 1;
  const Tensor wide = Tensor::borrow(&one, DType::kFloat64, {std::int64_t{1} << 58}, {0});
#ifndef EINFOLD_SANITIZED  // whose operator new ends the program
  EXPECT_EQ(code_of([&] { static_cast<void>(wide.values<float>()); }), "E0601");
#endif
  EXPECT_EQ(code_of([&] { static_cast<void>(wide.clone()); }), "E0601");
}

TEST(Tensor, RefusesWhatCannotBeBorrowed) {
  double data[8] = {};
  const auto borrow = [&](void* address, Shape shape, Strides strides) {
    return code_of([&] { static_cast<void>(Tensor::borrow(address, DType::kFloat64, shape, strides)); });
  };
  EXPECT_EQ(borrow(data, {2}, {1, 1}), "E0401");
  EXPECT_EQ(borrow(nullptr, {2}, {1}), "E0401");
  EXPECT_EQ(borrow(nullptr, {2, 0}, {1, 1}), "none");
  EXPECT_EQ(borrow(data, {2}, {kHuge}), "E0401");
  EXPECT_EQ(borrow(data, {2}, {std::numeric_limits<std::int64_t>::min()}), "E0401");
  EXPECT_EQ(borrow(data, {1}, {std::numeric_limits<std::int64_t>::min()}), "none");
  EXPECT_EQ(borrow(reinterpret_cast<char*>(data) + 4, {2}, {1}), "E0405");
}

TEST(Tensor, RefusesToWriteWhereItMustNot) {
  const double data[4] = {1, 2, 3, 4};
  const Tensor tensor = Tensor::borrow(static_cast<const double*>(data), DType::kFloat64, {4});
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.mutable_data()); }), "E0403");
  EXPECT_EQ(code_of([&] { tensor.slice(0, 1, 2).assign(counting({2})); }), "E0403");
  EXPECT_EQ(code_of([&] { counting({1}).expand({3}).assign(counting({3})); }), "E0403");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.data_as<float>()); }), "E0402");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.at<double>({4})); }), "E0404");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.at<double>({})); }), "E0404");
}

TEST(Views, SeeTheRightElements) {
  const Tensor tensor = counting({2, 3, 4});
  const std::int64_t order[] = {2, 0, 1};
  const Tensor permuted = tensor.permute(order);
  EXPECT_EQ(permuted.shape(), (Shape{4, 2, 3}));
  EXPECT_EQ(permuted.at<double>({3, 1, 2}), 23);
  EXPECT_EQ(tensor.slice(1, 2, 3, -1).at<double>({0, 0, 0}), 8);
  EXPECT_EQ(tensor.slice(2, 1, 2, 2).values<double>(),
            (std::vector<double>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}));
  EXPECT_EQ(tensor.select(0, 1).select(0, 2).values<double>(), (std::vector<double>{20, 21, 22, 23}));
  EXPECT_EQ(counting({3, 1}).expand({2, 3, 2}).values<double>(),
            (std::vector<double>{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2}));
  const std::int64_t positions[] = {2, 0, 2};
  EXPECT_EQ(counting({3, 2}).take(0, positions).values<double>(), (std::vector<double>{4, 5, 0, 1, 4, 5}));
}

TEST(Views, RefusePositionsOutside) {
  const Tensor tensor = counting({2, 3});
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const auto& [start, count, step] : std::vector<std::array<std::int64_t, 3>>{
           {0, 4, 1}, {-1, 1, 1}, {3, 1, 1}, {0, 2, -1}, {2, 2, 1}, {0, least, 1}, {0, 2, least}, {1, most, most},
           {4, 0, 1}, {-1, 0, 1}}) {
    EXPECT_EQ(code_of([&] { static_cast<void>(tensor.slice(1, start, count, step)); }), "E0404")
        << start << " " << count << " " << step;
  }
  EXPECT_EQ(tensor.slice(1, 3, 0).size(), 0);
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.slice(2, 0, 1)); }), "E0404");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.select(1, 3)); }), "E0404");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.expand({4, 3})); }), "E0401");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.reshape({5})); }), "E0401");
  const std::int64_t twice[] = {0, 0};
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.permute(twice)); }), "E0404");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.permute(std::span(twice, 1))); }), "E0404");
  EXPECT_EQ(code_of([&] { static_cast<void>(tensor.take(0, std::vector<std::int64_t>{2})); }), "E0404");
}

/// A view with random extents, order, steps and broadcast axes.
Tensor random_view(std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<std::int64_t>(random() % static_cast<unsigned>(n)); };
  Shape shape;
  for (std::int64_t axis = below(6); axis > 0; --axis) shape.push_back(below(12) == 0 ? 0 : 1 + below(7));
  Tensor tensor = counting(shape);
  std::vector<std::int64_t> order(shape.size());
  std::iota(order.begin(), order.end(), 0);
  if (below(3) > 0) std::shuffle(order.begin(), order.end(), random);
  tensor = tensor.permute(order);
  for (std::int64_t axis = 0; axis < tensor.rank(); ++axis) {
    const std::int64_t extent = tensor.shape()[static_cast<std::size_t>(axis)];
    if (extent == 0 || below(3) > 0) continue;
    const std::int64_t step = 1 + below(3);
    const std::int64_t count = (extent + step - 1) / step;
    tensor = below(2) == 0 ? tensor.slice(axis, 0, count, step) : tensor.slice(axis, extent - 1, count, -step);
  }
  if (below(4) == 0) {
    Shape wide = tensor.shape();
    wide.insert(wide.begin(), 1 + below(3));
    tensor = tensor.expand(wide);
  }
  return tensor;
}

TEST(Copies, AgreeWithElementByElementAccess_ForAnyStrides) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 3000; ++trial) {
    const Tensor view = random_view(random);
    const std::vector<double> expected = one_by_one(view);
    ASSERT_EQ(view.values<double>(), expected) << to_text(view.shape());
    const Tensor copy = view.clone();
    ASSERT_TRUE(copy.is_contiguous());
    ASSERT_EQ(copy.values<double>(), expected);
    ASSERT_EQ(view.to(DType::kInt32).to(DType::kFloat32).values<double>(), expected);
    // Written through strides as well.
    std::vector<std::int64_t> order(view.shape().size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    Shape permuted;
    for (const std::int64_t axis : order) permuted.push_back(view.shape()[static_cast<std::size_t>(axis)]);
    std::vector<std::int64_t> inverse(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    const Tensor target = Tensor(DType::kFloat32, permuted).permute(inverse);
    target.assign(view);
    ASSERT_EQ(target.values<double>(), expected);
  }
}

TEST(Reshape, KeepsRowMajorOrder_AndCopiesOnlyWhereItMust) {
  std::mt19937 random(2);
  int views = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const Tensor tensor = random_view(random);
    Shape shape{1};
    for (std::int64_t rest = tensor.size(), factor = 2; rest > 1;) {
      if (rest % factor != 0) ++factor;
      else {
        rest /= factor;
        if (random() % 2 == 0) shape.push_back(factor);
        else shape.back() *= factor;
      }
    }
    if (tensor.size() == 0) shape = {3, 0, 2};
    const Tensor reshaped = tensor.reshape(shape);
    ASSERT_EQ(reshaped.shape(), shape);
    ASSERT_EQ(reshaped.values<double>(), tensor.values<double>());
    views += tensor.size() > 0 && reshaped.overlaps(tensor) && !tensor.is_contiguous() ? 1 : 0;
  }
  EXPECT_GT(views, 20);
  const std::int64_t transposed[] = {1, 0};
  const Tensor columns = counting({6, 4}).permute(transposed);
  EXPECT_TRUE(columns.reshape({2, 2, 3, 2}).overlaps(columns));
  EXPECT_FALSE(columns.reshape({24}).overlaps(columns));
}

TEST(Copies, LargeTransposesAreRight) {
  const Tensor tensor = counting({67, 131, 3});
  const std::int64_t order[] = {1, 2, 0};
  const Tensor permuted = tensor.permute(order);
  EXPECT_EQ(permuted.values<double>(), one_by_one(permuted));
}

TEST(Assign, WorksInPlace) {
  const std::int64_t order[] = {1, 0};
  const Tensor square = counting({3, 3});
  square.assign(square.permute(order));
  EXPECT_EQ(square.values<double>(), (std::vector<double>{0, 3, 6, 1, 4, 7, 2, 5, 8}));
  const Tensor line = counting({5});
  line.slice(0, 1, 4).assign(line.slice(0, 0, 4));
  EXPECT_EQ(line.values<double>(), (std::vector<double>{0, 0, 1, 2, 3}));
}

TEST(Assign, RefusesOtherShapesAndComplexToReal) {
  EXPECT_EQ(code_of([] { counting({3}).assign(counting({1})); }), "E0401");
  const Tensor complex(DType::kComplex64, {2});
  EXPECT_EQ(code_of([&] { static_cast<void>(complex.to(DType::kFloat32)); }), "E0402");
  EXPECT_EQ(code_of([&] { static_cast<void>(complex.values<bool>()); }), "E0402");
  EXPECT_EQ(code_of([&] { static_cast<void>(Tensor(DType::kComplex128, {0}).to(DType::kInt64)); }), "E0402");
}

TEST(Bool, AnyByteButZeroIsTrue) {
  const unsigned char bytes[] = {0, 1, 2, 255};
  const Tensor tensor = Tensor::borrow(static_cast<const void*>(bytes), DType::kBool, {4});
  EXPECT_EQ(tensor.values<bool>(), (std::vector<bool>{false, true, true, true}));
  EXPECT_EQ(tensor.to(DType::kInt32).values<std::int32_t>(), (std::vector<std::int32_t>{0, 1, 1, 1}));
  EXPECT_TRUE(tensor.at<bool>({2}));
  const Tensor copy = tensor.clone();
  EXPECT_EQ(std::memcmp(copy.data(), "\0\1\1\1", 4), 0);
}

TEST(Overlaps, ComparesAddressRanges) {
  const Tensor tensor = counting({4, 4});
  EXPECT_TRUE(tensor.overlaps(tensor));
  EXPECT_FALSE(tensor.slice(0, 0, 2).overlaps(tensor.slice(0, 2, 2)));
  EXPECT_TRUE(tensor.slice(0, 2, 2, -1).overlaps(tensor.select(0, 2)));
  EXPECT_FALSE(tensor.slice(0, 0, 0).overlaps(tensor));
  EXPECT_FALSE(tensor.overlaps(counting({4, 4})));
}

TEST(DTypes, PromoteAsInNumPy) {
  using enum DType;
  const auto expect = [](DType a, DType b, DType result) {
    EXPECT_EQ(promote(a, b), result) << name_of(a) << " " << name_of(b);
    EXPECT_EQ(promote(b, a), result) << name_of(b) << " " << name_of(a);
  };
  expect(kBool, kBool, kBool);
  expect(kBool, kInt32, kInt32);
  expect(kInt32, kInt64, kInt64);
  expect(kInt32, kFloat32, kFloat64);
  expect(kInt64, kFloat32, kFloat64);
  expect(kInt32, kFloat16, kFloat64);
  expect(kBool, kFloat16, kFloat16);
  expect(kFloat16, kFloat32, kFloat32);
  expect(kFloat16, kBFloat16, kFloat32);
  expect(kBFloat16, kBool, kBFloat16);
  expect(kBFloat16, kInt32, kFloat64);
  expect(kComplex64, kFloat16, kComplex64);
  expect(kComplex64, kFloat32, kComplex64);
  expect(kComplex64, kFloat64, kComplex128);
  expect(kComplex64, kInt32, kComplex128);
  expect(kComplex64, kInt64, kComplex128);
  expect(kComplex64, kBool, kComplex64);
  expect(kComplex128, kBFloat16, kComplex128);
  for (int a = 0; a < 9; ++a) {
    const auto type = static_cast<DType>(a);
    EXPECT_EQ(promote(type, type), type);
    EXPECT_EQ(dtype_of_name(name_of(type)), type);
    for (int b = 0; b < 9; ++b) EXPECT_EQ(promote(type, static_cast<DType>(b)), promote(static_cast<DType>(b), type));
  }
  EXPECT_EQ(sum_type(kBool), kInt64);
  EXPECT_EQ(code_of([] { static_cast<void>(dtype_of_name("float")); }), "E0402");
}

}  // namespace
}  // namespace einfold
