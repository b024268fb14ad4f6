// SPDX-License-Identifier: MIT
//
// Impossible and extreme requests: each a typed error or the promised value; never a crash, a hang or a wrapped number.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace einfold::test {
namespace {

constexpr std::int64_t kTwo(int exponent) { return std::int64_t{1} << exponent; }
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

void expect_error(const char* what, const char* code, ErrorKind kind, const std::function<void()>& request) {
  try {
    request();
    ADD_FAILURE() << what << ": no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << what << ": " << error.what();
    EXPECT_EQ(error.kind(), kind) << what << ": " << error.what();
    EXPECT_EQ(std::string(error.what()).rfind(std::string(code) + ": ", 0), 0u);
  }
}

void expect_bad(const char* what, const char* code, ErrorKind kind, const ConvSpec& spec, const Shape& x = {1, 2, 8},
                const Shape& weight = {4, 2, 3}) {
  expect_error(what, code, kind, [&] { (void)conv::forward(spec, x, weight); });
}

TEST(HyperParameters, BelowTheirLeastAreErrors) {
  using enum ErrorKind;
  expect_bad("stride 0", "E0301", kArgument, {.stride = 0});
  expect_bad("stride -1", "E0301", kArgument, {.stride = -1});
  expect_bad("dilation 0", "E0301", kArgument, {.dilation = 0});
  expect_bad("dilation -1", "E0301", kArgument, {.dilation = -1});
  expect_bad("padding -1", "E0301", kArgument, {.padding = -1});
  expect_bad("groups 0", "E0301", kArgument, {.groups = 0});
  expect_bad("groups -1", "E0301", kArgument, {.groups = -1});
  expect_bad("kernel 0", "E0301", kArgument, {}, {1, 2, 8}, {4, 2, 0});
  expect_error("stride 0 of a pattern", "E0301", kArgument, [] { (void)IndexPattern{8, 3, 0}.output_extent(); });
  expect_error("kernel 0 of a pattern", "E0301", kArgument, [] { (void)IndexPattern{8, 0}.output_extent(); });
}

TEST(HyperParameters, ThatDoNotFitTogetherAreErrors) {
  using enum ErrorKind;
  expect_bad("weight's channels times groups", "E0306", kShape, {.groups = 4}, {1, 6, 8}, {4, 1, 3});
  expect_error("groups do not divide C_in", "E0309", kShape, [] { (void)conv::kfc({.kernel = 3, .groups = 4}, {1, 6, 8}); });
  expect_bad("groups do not divide C_out", "E0309", kShape, {.groups = 2}, {1, 6, 8}, {5, 3, 3});
  expect_bad("weight's channels", "E0306", kShape, {}, {1, 2, 8}, {4, 3, 3});
  expect_bad("kernel beyond the padded input", "E0302", kShape, {.padding = 1, .dilation = 5});
  expect_bad("same with stride 2", "E0305", kArgument, {.stride = 2, .padding = "same"});
  expect_error("padding 'full'", "E0305", kUsage, [] { (void)ConvPadding("full"); });
  expect_error("padding 'SAME'", "E0305", kUsage, [] { (void)ConvPadding("SAME"); });
  expect_bad("two strides for one dimension", "E0304", kShape, {.stride = {1, 1}});
  expect_bad("an input without a batch axis", "E0304", kShape, {}, {2, 8}, {4, 2, 3});
  expect_bad("ranks differ", "E0304", kShape, {}, {1, 2, 8, 8}, {4, 2, 3});
  expect_bad("no spatial dimension", "E0304", kShape, {}, {1, 2}, {4, 2});
  expect_error("a bias of another length", "E0306", kShape, [] { (void)conv::forward({}, {1, 2, 8}, {4, 2, 3}, {3}); });
  expect_error("a bias of another rank", "E0304", kShape, [] { (void)conv::forward({}, {1, 2, 8}, {4, 2, 3}, {4, 1}); });
  expect_error("output padding of the stride", "E0307", kArgument, [] {
    (void)conv::operation("transpose-forward", {.stride = 2, .output_padding = 2}, {{"x", {1, 4, 5}}, {"weight", {4, 2, 3}}});
  });
  expect_error("a transposed output of negative size", "E0307", kArgument, [] {
    (void)conv::operation("transpose-forward", {.padding = 3}, {{"x", {1, 4, 1}}, {"weight", {4, 2, 3}}});
  });
  expect_error("fold of another number of blocks", "E0306", kShape, [] {
    (void)conv::operation("fold", {.kernel = 3, .input = 8}, {{"cols", {1, 6, 7}}});
  });
  expect_error("an unknown operation", "E0310", kUsage, [] { (void)conv::operation("kfac-redcue", {}, {}); });
  expect_error("a missing operand", "E0311", kUsage, [] { (void)conv::operation("forward", {}, {{"x", {1, 2, 8}}}); });
}

TEST(HyperParameters, ThatOverflowAreErrors) {
  using enum ErrorKind;
  expect_bad("dilation 2^62, K = 3", "E0303", kArgument, {.dilation = kTwo(62)});
  expect_bad("dilation 2^61, K = 5", "E0303", kArgument, {.dilation = kTwo(61)}, {1, 2, 8}, {4, 2, 5});
  expect_bad("padding 2^62", "E0303", kArgument, {.padding = kTwo(62)});
  expect_bad("padding 2^63 - 1", "E0303", kArgument, {.padding = kMost});
  expect_bad("dilation 1.25e12 beyond the input", "E0302", kShape, {.dilation = 1'250'000'000'000});
  expect_error("a pattern of dilation 2^62", "E0303", kArgument,
               [] { (void)IndexPattern{8, 3, 1, 0, 0, kTwo(62)}.output_extent(); });
}

TEST(HyperParameters, HugeButValidOnesGiveTheRightValues) {
  const Tensor x = integers({2, 2, 8}, 1), w = integers({4, 2, 3}, 2), first = integers({4, 2, 1}, 3);
  const Tensor leap = conv::forward({.stride = kTwo(62)}, x.shape(), w.shape())(x, w);
  EXPECT_EQ(leap.shape(), (Shape{2, 4, 1}));
  EXPECT_EQ(leap.values<double>(), einsum("nci,dci->nd", {x.slice(2, 0, 3), w}).values<double>());
  // 'same' with dilation 2^31: only the centre tap sees the input.
  const Tensor same = conv::forward({.padding = "same", .dilation = kTwo(31)}, x.shape(), w.shape())(x, w);
  EXPECT_EQ(same.values<double>(), einsum("nci,dc->ndi", {x, w.select(2, 1)}).values<double>());
  // One output, all but one of the positions padding.
  const ConvSpec far{.stride = kTwo(40), .padding = {{kTwo(40) - 3, 0}}};
  const Tensor lone = conv::forward(far, x.shape(), first.shape())(x, first);
  ASSERT_EQ(lone.shape(), (Shape{2, 4, 2}));
  EXPECT_EQ(lone.select(2, 1).values<double>(), einsum("nc,dc->nd", {x.select(2, 3), first.select(2, 0)}).values<double>());
  EXPECT_EQ(lone.select(2, 0).values<double>(), std::vector<double>(8, 0.0));
}

TEST(HyperParameters, SameWithAnEvenKernelPadsMoreOnTheRight) {
  const Tensor x = integers({1, 1, 6}, 1), w = integers({1, 1, 4}, 2);
  EXPECT_EQ(conv::forward({.padding = "same"}, x.shape(), w.shape())(x, w).values<double>(),
            conv::forward({.padding = {{1, 2}}}, x.shape(), w.shape())(x, w).values<double>());
}

TEST(EmptyShapes, GiveZerosOrNothingOfTheRightShape) {
  const auto forward = [](const ConvSpec& spec, const Shape& x, const Shape& w) {
    return conv::forward(spec, x, w)(integers(x, 1), integers(w, 2));
  };
  const Tensor without_input_channels = forward({}, {1, 0, 8}, {4, 0, 3});  // torch 1.13: [1, 0, 6]
  EXPECT_EQ(without_input_channels.shape(), (Shape{1, 4, 6}));
  EXPECT_EQ(without_input_channels.values<double>(), std::vector<double>(24, 0.0));
  EXPECT_EQ(forward({}, {1, 2, 8}, {0, 2, 3}).shape(), (Shape{1, 0, 6}));
  EXPECT_EQ(forward({}, {0, 2, 8}, {4, 2, 3}).shape(), (Shape{0, 4, 6}));
  const Tensor only_padding = forward({.padding = 2}, {1, 2, 0}, {4, 2, 3});
  EXPECT_EQ(only_padding.shape(), (Shape{1, 4, 2}));
  EXPECT_EQ(only_padding.values<double>(), std::vector<double>(8, 0.0));
  const Tensor factor = conv::kfc({.kernel = 3}, {0, 2, 8})(integers({0, 2, 8}, 1));
  EXPECT_EQ(factor.values<double>(), std::vector<double>(36, 0.0));
  EXPECT_EQ(conv::weight_vjp({.kernel = 3}, {0, 2, 8}, {0, 4, 6})(integers({0, 2, 8}, 1), integers({0, 4, 6}, 1)).values<double>(),
            std::vector<double>(24, 0.0));
}

TEST(EmptyShapes, ASumOfNothingIsZero) {
  EXPECT_EQ(einsum("ij,jk->ik", {integers({2, 0}, 1), integers({0, 3}, 1)}).values<double>(), std::vector<double>(6, 0.0));
  EXPECT_EQ(einsum("ij,jk->ik", {integers({0, 5}, 1), integers({5, 3}, 1)}).shape(), (Shape{0, 3}));
  EXPECT_EQ(einsum("i->", {integers({0}, 1)}).values<double>(), std::vector<double>{0.0});
}

/// Unlike torch, where (0, 2^62, 2^62) is a tensor, one rule for shapes: 16 bytes an element fit in 63 bits, unless empty.
TEST(Overflow, InShapesIsAnError) {
  using enum ErrorKind;
  EXPECT_EQ(element_count(Shape{0, kTwo(62)}), 0);
  for (const Shape& shape : {Shape{kTwo(31), kTwo(31), kTwo(31), kTwo(31)}, Shape{kTwo(32), kTwo(32)}, Shape{kTwo(62)}}) {
    expect_error("elements", "E0401", kShape, [&] { (void)element_count(shape); });
  }
  expect_error("-1 elements", "E0401", kShape, [] { (void)element_count(Shape{-1, 3}); });
  const Tensor one = integers({1}, 1), wide = one.expand({kTwo(31)});
  expect_error("a result of 2^62 elements", "E0401", kShape, [&] { (void)einsum("a,b,c->abc", {wide, wide, wide}); });
  expect_error("a group of 2^93", "E0204", kShape, [&] { (void)einsum("a, b, c -> (a b c)", {wide, wide, wide}); });
}

/// 2^24 + 1 is no float32; positions are integers, and a pattern costs nothing.
TEST(Positions, AreExactBeyondTwoToTheTwentyFour) {
  const std::int64_t far = kTwo(24) + 10;
  const Tensor x = integers({1}, 1).expand({1, 1, far}).clone().to(DType::kFloat32);
  for (std::int64_t i = far - 20; i < far; ++i) x.mutable_data_as<float>()[i] = static_cast<float>(i - far + 21);
  const Tensor w = integers({1, 1, 2}, 2, DType::kFloat32, 1, 5);
  const Tensor y = conv::forward({.dilation = 3}, x.shape(), w.shape())(x, w);
  ASSERT_EQ(y.shape(), (Shape{1, 1, far - 3}));
  const std::vector<double> tap = w.values<double>();
  for (std::int64_t o = far - 20; o < far - 3; ++o) {
    const double expected = tap[0] * static_cast<double>(o - far + 21) + tap[1] * static_cast<double>(o + 3 - far + 21);
    ASSERT_EQ(static_cast<double>(y.data_as<float>()[o]), expected) << o;
  }
}

TEST(Positions, AreExactAtTwoToTheForty) {
  const std::int64_t input = kTwo(40) + 10, stride = kTwo(39) + 1;
  const Tensor taps = integers({3}, 1);
  const Tensor counts = einsum("k o i, k -> o", {IndexPattern{input, 3, stride, 1, 0, 2}, taps});
  const std::vector<double> w = taps.values<double>();
  // i = S o + 2 k - 1 inside [0, I): o = 0 misses k = 0; o = 1 sees all; o = 2 begins at 2^40 + 1 and ends at 2^40 + 5.
  EXPECT_EQ(counts.values<double>(), (std::vector<double>{w[1] + w[2], w[0] + w[1] + w[2], w[0] + w[1] + w[2]}));
}

TEST(Dimensions, UpToEightWork) {
  const Shape x{1, 2, 3, 3, 3, 3, 3, 3, 3, 3}, w{2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
  const Tensor a = integers(x, 1), b = integers(w, 2);
  const Tensor y = conv::forward({}, x, w)(a, b);
  ASSERT_EQ(y.rank(), 10);
  Tensor corner = a;
  for (std::int64_t axis = 2; axis < 10; ++axis) corner = corner.slice(axis, 1, 2);
  const std::vector<double> expected = einsum("nc...,dc...->nd...", {corner, b}).rank() == 10
                                           ? einsum("abcdefghij,kbcdefghij->ak", {corner, b}).values<double>() : std::vector<double>{};
  Tensor last = y;
  for (std::int64_t axis = 9; axis >= 2; --axis) last = last.select(axis, 1);
  EXPECT_EQ(last.values<double>(), expected);
}

}  // namespace
}  // namespace einfold::test
