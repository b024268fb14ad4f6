// SPDX-License-Identifier: MIT
//
// Where operands and results lie in memory makes no difference, or is an error.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "einfold/reference.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <array>

namespace einfold::test {
namespace {

using Order = std::vector<std::int64_t>;

/// The same values, laid out in one of several ways.
Tensor laid_out(const Tensor& tensor, int way) {
  if (tensor.rank() == 0) return tensor;
  const auto rank = static_cast<std::size_t>(tensor.rank());
  switch (way) {
    case 1: {  // slowest axis last
      Order order(rank);
      for (std::size_t axis = 0; axis < rank; ++axis) order[axis] = static_cast<std::int64_t>(rank - 1 - axis);
      return tensor.permute(order).clone().permute(order);
    }
    case 2: {  // every axis backwards
      Tensor result = tensor.clone();
      for (int pass = 0; pass < 2; ++pass) {
        for (std::int64_t axis = 0; axis < tensor.rank(); ++axis) {
          const std::int64_t extent = tensor.shape()[static_cast<std::size_t>(axis)];
          if (extent > 0) result = result.slice(axis, extent - 1, extent, -1);
        }
        if (pass == 0) result = result.clone();
      }
      return result;
    }
    case 3: {  // every third entry of larger axes, from an odd start
      Shape larger = tensor.shape();
      for (std::int64_t& extent : larger) extent = 3 * extent + 1;
      Tensor view = integers(larger, 99, tensor.dtype());
      for (std::int64_t axis = 0; axis < tensor.rank(); ++axis) {
        view = view.slice(axis, 1, tensor.shape()[static_cast<std::size_t>(axis)], 3);
      }
      view.assign(tensor);
      return view;
    }
    default: return tensor;
  }
}

TEST(Layouts, ValuesDoNotDependOnStrides) {
  const ConvSpec spec{.stride = {2, 1}, .padding = {1, 2}, .groups = 2};
  for (const DType type : {DType::kFloat32, DType::kFloat64, DType::kInt32}) {
    const Tensor x = integers({2, 4, 7, 6}, 1, type), w = integers({6, 2, 3, 2}, 2, type);
    const Expression forward = conv::forward(spec, x.shape(), w.shape());
    const std::vector<double> expected =
        evaluate_reference(forward.network(), std::vector<Tensor>{x, w}).values<double>();
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < 4; ++b) {
        ASSERT_EQ(forward(laid_out(x, a), laid_out(w, b)).values<double>(), expected) << name_of(type) << " " << a << b;
      }
  }
}

TEST(Layouts, ABroadcastOperandHasStrideZero) {
  const Tensor row = integers({1, 5}, 1), matrix = integers({4, 3}, 2);
  const Tensor expanded = row.expand({4, 5});
  ASSERT_EQ(expanded.strides()[0], 0);
  EXPECT_EQ(einsum("ij,ik->jk", {expanded, matrix}).values<double>(),
            einsum("ij,ik->jk", {expanded.clone(), matrix}).values<double>());
  const Tensor overlapping = Tensor::borrow(row.data(), DType::kFloat64, {3, 3}, {1, 1});  // sliding windows
  EXPECT_EQ(einsum("ij,jk->ik", {overlapping, integers({3, 2}, 3)}).values<double>(),
            einsum("ij,jk->ik", {overlapping.clone(), integers({3, 2}, 3)}).values<double>());
}

TEST(Layouts, AnAxisOfExtentOneMayHaveAnyStride) {
  const Tensor x = integers({4}, 1);
  const Tensor strange = Tensor::borrow(x.data(), DType::kFloat64, {1, 4, 1}, {std::int64_t{1} << 50, 1, -(std::int64_t{1} << 50)});
  EXPECT_EQ(einsum("aib->i", {strange}).values<double>(), x.values<double>());
}

TEST(Layouts, ResultsOfAnyStridesAreFilled) {
  const Tensor a = integers({5, 6}, 1), b = integers({6, 4}, 2);
  const Expression product = compile("ij,jk->ik", {a.shape(), b.shape()});
  const std::vector<double> expected = product(a, b).values<double>();
  for (int way = 0; way < 4; ++way) {
    const Tensor result = laid_out(integers({5, 4}, 77, DType::kFloat64, 50, 60), way);
    product.evaluate_into(std::array{a, b}, result);
    EXPECT_EQ(result.values<double>(), expected) << way;
  }
}

TEST(Layouts, NothingOutsideAResultIsWritten) {
  const Tensor a = integers({5, 6}, 1), b = integers({6, 4}, 2);
  const Tensor canvas = integers({12, 11}, 3, DType::kFloat64, 1000, 2000);
  const Tensor result = canvas.slice(0, 1, 5, 2).slice(1, 2, 4, 2);
  const std::vector<double> before = canvas.values<double>();
  compile("ij,jk->ik", {a.shape(), b.shape()}).evaluate_into(std::array{a, b}, result);
  const std::vector<double> after = canvas.values<double>(), expected = einsum("ij,jk->ik", {a, b}).values<double>();
  for (std::size_t row = 0; row < 12; ++row)
    for (std::size_t column = 0; column < 11; ++column) {
      const bool inside = row % 2 == 1 && row < 10 && column % 2 == 0 && column >= 2 && column < 10;
      const double wanted = inside ? expected[row / 2 * 4 + column / 2 - 1] : before[row * 11 + column];
      EXPECT_EQ(after[row * 11 + column], wanted) << row << " " << column;
    }
}

/// torch.mm(a, a, out=a) returned zeros.
TEST(Layouts, TheResultMayBeAnOperand) {
  for (const DType type : {DType::kFloat32, DType::kFloat64, DType::kInt64}) {
    const Tensor a = integers({9, 9}, 1, type);
    const Expression product = compile("ij,jk->ik", {a.shape(), a.shape()});
    const std::vector<double> expected = product(a.clone(), a.clone()).values<double>();
    product.evaluate_into(std::array{a, a}, a);
    EXPECT_EQ(a.values<double>(), expected) << name_of(type);
  }
  const Tensor buffer = integers({30}, 2);  // overlaps, shifted by one
  const Tensor in = buffer.slice(0, 0, 29), out = buffer.slice(0, 1, 29);
  const std::vector<double> expected = einsum("i->i", {in.clone()}).values<double>();
  compile("i->i", {Shape{29}}).evaluate_into(std::array{in}, out);
  EXPECT_EQ(out.values<double>(), expected);
  const Tensor square = integers({6, 6}, 3);  // in-place transposition
  const std::vector<double> transposed = einsum("ij->ji", {square.clone()}).values<double>();
  compile("ij->ji", {Shape{6, 6}}).evaluate_into(std::array{square}, square);
  EXPECT_EQ(square.values<double>(), transposed);
}

TEST(Layouts, WhatAResultHeldBeforeDoesNotMatter) {
  const Tensor a = integers({3, 0}, 1), b = integers({0, 2}, 2);
  const Tensor result = Tensor::from({3, 2}, std::vector<double>(6, std::numeric_limits<double>::quiet_NaN()));
  compile("ij,jk->ik", {a.shape(), b.shape()}).evaluate_into(std::array{a, b}, result);
  EXPECT_EQ(result.values<double>(), std::vector<double>(6, 0.0));
  const Tensor x = integers({1, 1, 4}, 3), w = integers({1, 1, 2}, 4), bias = integers({1}, 5);
  const Expression forward = conv::forward({}, x.shape(), w.shape(), bias.shape());
  const Tensor poisoned = Tensor::from({1, 1, 3}, std::vector<double>(3, std::numeric_limits<double>::quiet_NaN()));
  forward.evaluate_into(std::array{x, w, bias}, poisoned);
  EXPECT_EQ(poisoned.values<double>(), forward(x, w, bias).values<double>());
}

void expect_refusal(const Tensor& result, const char* code, ErrorKind kind) {
  const Tensor a = integers({3, 4}, 1), b = integers({4, 2}, 2);
  try {
    compile("ij,jk->ik", {a.shape(), b.shape()}).evaluate_into(std::array{a, b}, result);
    FAIL() << "no " << code;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_EQ(error.kind(), kind) << error.what();
  }
}

TEST(Layouts, UnfitResultsAreRefusedBeforeAnythingIsWritten) {
  const Tensor good = integers({3, 2}, 5);
  const std::vector<double> before = good.values<double>();
  expect_refusal(integers({2, 3}, 5), "E0213", ErrorKind::kShape);
  expect_refusal(integers({3, 2, 1}, 5), "E0213", ErrorKind::kShape);
  expect_refusal(integers({3, 2}, 5, DType::kFloat32), "E0402", ErrorKind::kArgument);
  expect_refusal(Tensor::borrow(static_cast<const void*>(good.data()), DType::kFloat64, {3, 2}), "E0403", ErrorKind::kArgument);
  expect_refusal(integers({1, 2}, 5).expand({3, 2}), "E0406", ErrorKind::kArgument);
  expect_refusal(Tensor::borrow(good.mutable_data(), DType::kFloat64, {3, 2}, {0, 1}), "E0406", ErrorKind::kArgument);
  expect_refusal(Tensor::borrow(good.mutable_data(), DType::kFloat64, {3, 2}, {1, 1}), "E0406", ErrorKind::kArgument);
  EXPECT_EQ(good.values<double>(), before);
}

TEST(Layouts, OperandsOfAnotherNumberOrShapeAreRefused) {
  const Expression product = compile("ij,jk->ik", {Shape{3, 4}, Shape{4, 2}});
  const auto code = [&](const std::vector<Tensor>& operands) {
    try {
      (void)product.evaluate(operands);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kShape);
      return error.code();
    }
    return std::string();
  };
  EXPECT_EQ(code({integers({3, 4}, 1)}), "E0205");
  EXPECT_EQ(code({integers({3, 4}, 1), integers({4, 2}, 1), integers({4, 2}, 1)}), "E0205");
  EXPECT_EQ(code({integers({3, 4}, 1), integers({2, 4}, 1)}), "E0206");
  EXPECT_EQ(code({integers({3, 4}, 1), integers({4, 2}, 1)}), "");
}

}  // namespace
}  // namespace einfold::test
