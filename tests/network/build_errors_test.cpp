// SPDX-License-Identifier: MIT
#include "network/support.hpp"

#include <gtest/gtest.h>

namespace einfold {
namespace {

using test::build_error;

OperandSpec of(Shape shape) { return OperandSpec(std::move(shape)); }

std::string code(std::string_view text, const std::vector<OperandSpec>& operands, const BuildOptions& options = {}) {
  return build_error(text, operands, options).substr(0, 5);
}

TEST(BuildErrors, NameBothSourcesOfTwoExtents) {
  EXPECT_EQ(build_error("n c_in i, c_in c_out -> n c_out i", {of({2, 3, 5}), of({4, 6})}),
            "E0103: index 'c_in' has two extents\n"
            "  n c_in i, c_in c_out -> n c_out i\n"
            "    ^^^^    ^^^^\n"
            "  operand 0, axis 1: extent 3\n"
            "  operand 1, axis 0: extent 4");
  EXPECT_EQ(build_error("ij,j->i", {of({2, 3}), of({1})}),
            "E0103: index 'j' has two extents\n"
            "  ij,j->i\n"
            "   ^ ^\n"
            "  operand 0, axis 1: extent 3\n"
            "  operand 1, axis 0: extent 1\n"
            "  help: extent 1 broadcasts only behind '...' or with the option broadcast");
  EXPECT_EQ(build_error("(g c) n, g, c -> n", {of({12, 2}), of({4}), of({5})}),
            "E0222: the extents of a group do not multiply to its axis\n"
            "  (g c) n, g, c -> n\n"
            "  ^^^^^\n"
            "  operand 0, axis 0: extent 12\n"
            "  the group: 20 (g = 4, c = 5)\n"
            "  g: operand 1, axis 0: extent 4\n"
            "  c: operand 2, axis 0: extent 5");
  EXPECT_EQ(build_error("(g c), (g d), g, (d c) -> c d", {of({12}), of({20}), of({4}), of({16})}),
            "E0222: the extents of a group do not multiply to its axis\n"
            "  (g c), (g d), g, (d c) -> c d\n"
            "                   ^^^^^\n"
            "  operand 3, axis 0: extent 16\n"
            "  the group: 15 (d = 5, c = 3)\n"
            "  d: operand 1, axis 0: extent 5 (20 / 4)\n"
            "  c: operand 0, axis 0: extent 3 (12 / 4)");
  EXPECT_EQ(build_error("i -> i", {of({3})}, {.sizes = {{"i", 8}}}),
            "E0103: index 'i' has two extents\n"
            "  i -> i\n"
            "  ^\n"
            "  sizes: extent 8\n"
            "  operand 0, axis 0: extent 3");
  EXPECT_EQ(build_error("x=o+k, x=o -> o k", {of({3}), of({4})}),
            "E0103: axis 'x' has two extents\n"
            "  x=o+k, x=o -> o k\n"
            "  ^^^^^  ^^^\n"
            "  operand 0, axis 0: extent 3\n"
            "  operand 1, axis 0: extent 4");
}

TEST(BuildErrors, CountTermsAndAxes) {
  EXPECT_EQ(build_error("ij,jk", {of({2, 3})}),
            "E0220: the equation has 2 terms, but 1 operand was given\n"
            "  ij,jk");
  EXPECT_EQ(build_error("", {}), "E0220: the equation has 1 term, but 0 operands were given");
  EXPECT_EQ(build_error("ij,", {of({2, 3})}),
            "E0220: the equation has 2 terms, but 1 operand was given\n"
            "  ij,\n"
            "     ^\n"
            "  help: an empty term is a scalar operand; is there a comma too many?");
  EXPECT_EQ(build_error("time -> time", {of({5})}),
            "E0221: operand 0 has 1 axis, but its term has 4 axes\n"
            "  time -> time\n"
            "  ^^^^\n"
            "  operand 0: shape [5]\n"
            "  help: in the compact spelling every letter is an index; if 'time' is one, ask for the named spelling or "
            "write (time)");
  EXPECT_EQ(build_error("ij, jk -> i k", {of({2, 3}), of({3, 4})}),
            "E0221: operand 0 has 2 axes, but its term has 1 axis\n"
            "  ij, jk -> i k\n"
            "  ^^\n"
            "  operand 0: shape [2, 3]\n"
            "  help: in the named spelling 'ij' is one index; separate indices by white space, or ask for the compact "
            "spelling");
  EXPECT_EQ(build_error("a ... b -> ...", {of({2})}),
            "E0221: operand 0 has 1 axis, but its term has at least 2 axes\n"
            "  a ... b -> ...\n"
            "  ^^^^^^^\n"
            "  operand 0: shape [2]");
}

TEST(BuildErrors, ShowTheArithmeticOfGroups) {
  EXPECT_EQ(build_error("(h w) -> h w", {of({10})}, {.sizes = {{"w", 4}}}),
            "E0222: no extent for index 'h': 10 is not a multiple of 4\n"
            "  (h w) -> h w\n"
            "  ^^^^^\n"
            "  operand 0, axis 0: extent 10 (h = ?, w = 4)\n"
            "  w: sizes: extent 4");
  EXPECT_EQ(build_error("(h w), h, w -> h w", {of({10}), of({3}), of({4})}, {.sizes = {{"h", 3}, {"w", 4}}}),
            "E0222: the extents of a group do not multiply to its axis\n"
            "  (h w), h, w -> h w\n"
            "  ^^^^^\n"
            "  operand 0, axis 0: extent 10\n"
            "  the group: 12 (h = 3, w = 4)\n"
            "  h: sizes: extent 3\n"
            "  w: sizes: extent 4");
  EXPECT_EQ(build_error("(h w) -> h w", {of({6})}),
            "E0223: the extent of index 'h' is not known\n"
            "  (h w) -> h w\n"
            "   ^       ^\n"
            "  operand 0, axis 0: extent 6 (h = ?, w = ?)\n"
            "  help: give it in sizes={\"h\": ..}; not known are 'h', 'w'");
  EXPECT_EQ(build_error("a 1 -> a", {of({2, 3})}),
            "E0229: an axis of extent 3 where the equation has extent 1\n"
            "  a 1 -> a\n"
            "    ^\n"
            "  operand 0, axis 1: extent 3");
}

TEST(BuildErrors, AskForTheExtentOfWhatOnlyTheOutputHas) {
  EXPECT_EQ(build_error("ij->ik", {of({2, 3})}),
            "E0223: the extent of index 'k' is not known: it occurs only in the output\n"
            "  ij->ik\n"
            "       ^\n"
            "  help: give it in sizes={\"k\": ..}; the operands have 'i', 'j'");
  EXPECT_EQ(build_error("o k -> o+k-1", {of({2, 3})}),
            "E0223: the extent of the affine axis o+k-1 is not known: it occurs only in the output\n"
            "  o k -> o+k-1\n"
            "         ^^^^^\n"
            "  help: name the axis and give its extent: i=o+k-1 with sizes={\"i\": ..}");
  EXPECT_EQ(build_error("o k -> j=o+k-1", {of({2, 3})}),
            "E0223: the extent of axis 'j' is not known: it occurs only in the output\n"
            "  o k -> j=o+k-1\n"
            "         ^^^^^^^\n"
            "  help: give it in sizes={\"j\": ..}");
}

TEST(BuildErrors, NameWhatSizesAndPadCannotHave) {
  EXPECT_EQ(build_error("ij->i", {of({2, 3})}, {.sizes = {{"k", 3}}}),
            "E0224: sizes has 'k', which is no name of the equation\n"
            "  ij->i\n"
            "  help: it has 'i', 'j'");
  EXPECT_EQ(build_error("x=o+k, k -> o", {of({5}), of({3})}, {.pad = {{"o", {1, 1}}}}),
            "E0224: pad has 'o', which is no named affine axis of the equation\n"
            "  x=o+k, k -> o\n"
            "  help: it has 'x'");
  EXPECT_EQ(code("o+k, k -> o", {of({5}), of({3})}, {.pad = {{"i", {1, 1}}}}), "E0224");
  EXPECT_EQ(build_error("i -> i", {of({3})}, {.sizes = {{"i", -1}}}),
            "E0228: sizes: the extent of 'i' is -1, but must not be negative");
  EXPECT_EQ(build_error("x=i -> i", {of({3})}, {.pad = {{"x", {0, -2}}}}),
            "E0228: pad: the padding of 'x' is -2, but must not be negative");
  EXPECT_EQ(build_error("i -> i", {of({-3})}), "E0228: operand 0, axis 0: a negative extent, -3");
}

TEST(BuildErrors, ShowWhyAnAffineAxisProposesNothing) {
  EXPECT_EQ(build_error("x=2*o+k-1, k -> o", {of({3}), of({9})}),
            "E0225: no extent for index 'o': x=2*o+k-1 leaves its axis already with extent 1\n"
            "  x=2*o+k-1, k -> o\n"
            "  ^^^^^^^^^\n"
            "  operand 0, axis 0: extent 3\n"
            "  positions -1 .. 7, allowed -1 .. 3\n"
            "  help: give the extent in sizes, or another pad for 'x'");
  EXPECT_EQ(build_error("o+k, o+k-1, k -> o", {of({7}), of({7}), of({3})}),
            "E0225: index 'o' has two extents\n"
            "  o+k, o+k-1, k -> o\n"
            "  ^^^  ^^^^^\n"
            "  operand 0, axis 0: extent 5, the largest that fits o+k\n"
            "  operand 1, axis 0: extent 7, the largest that fits o+k-1\n"
            "  help: give the extent of 'o' in sizes");
  EXPECT_EQ(build_error("o+k -> o", {of({7})}),
            "E0223: the extent of index 'k' is not known\n"
            "  o+k -> o\n"
            "    ^\n"
            "  operand 0, axis 0: extent 7 (o+k = 7)\n"
            "  help: give it in sizes={\"k\": ..}; not known are 'k', 'o'");
}

TEST(BuildErrors, ShowTheAxesThatDoNotBroadcast) {
  EXPECT_EQ(build_error("...i, ...i -> ...", {of({4, 3, 2}), of({5, 2})}),
            "E0226: the axes behind '...' do not broadcast: 3 and 5\n"
            "  ...i, ...i -> ...\n"
            "  ^^^   ^^^\n"
            "  operand 0, axis 1: extent 3\n"
            "  operand 1, axis 0: extent 5");
}

TEST(BuildErrors, RefusePositionsBeyond64Bits) {
  const std::int64_t big = std::int64_t{1} << 62;
  EXPECT_EQ(build_error("4*o -> o", {of({5})}, {.sizes = {{"o", big}}}),
            "E0227: positions of 4*o do not fit in 64 bits\n"
            "  4*o -> o\n"
            "  ^^^");
  EXPECT_EQ(code("o -> i=2*o+9223372036854775807", {of({2})}, {.sizes = {{"i", 3}}}), "E0227");
  EXPECT_EQ(code("2*o-k-9223372036854775808, k -> o", {of({2}), of({2})}, {.sizes = {{"o", 1}}}), "E0227");
  EXPECT_EQ(code("i=o -> o", {of({2})}, {.pad = {{"i", {1, INT64_MAX}}}}), "E0227");
  EXPECT_EQ(code("i=2*o -> o", {of({2})}, {.pad = {{"i", {1, INT64_MAX - 2}}}}), "no er");
  EXPECT_EQ(code("-9223372036854775808*o+1 -> o", {of({2})}), "no er");
}

TEST(BuildErrors, RefuseImpossiblePatterns) {
  const auto with = [](auto change) {
    IndexPattern pattern{.input = 5, .kernel = 3};
    change(pattern);
    return build_error("k o i -> o", {pattern});
  };
  EXPECT_EQ(with([](IndexPattern& p) { p.stride = 0; }), "E0301: index pattern: stride must be at least 1, not 0");
  EXPECT_EQ(with([](IndexPattern& p) { p.dilation = -1; }).substr(0, 5), "E0301");
  EXPECT_EQ(with([](IndexPattern& p) { p.kernel = 0; }).substr(0, 5), "E0301");
  EXPECT_EQ(with([](IndexPattern& p) { p.input = -1; }).substr(0, 5), "E0301");
  EXPECT_EQ(with([](IndexPattern& p) { p.padding_left = -1; }).substr(0, 5), "E0301");
  EXPECT_EQ(with([](IndexPattern& p) { p.padding_right = -1; }).substr(0, 5), "E0301");
  EXPECT_EQ(
      with([](IndexPattern& p) { p.dilation = 3; }),
      "E0302: index pattern: the kernel spans 7 positions (dilation 3 x (kernel 3 - 1) + 1), but the padded input "
      "has 5 (5 + 0 + 0)");
  EXPECT_EQ(with([](IndexPattern& p) { p.dilation = std::int64_t{1} << 62; }).substr(0, 5), "E0303");
  EXPECT_EQ(with([](IndexPattern& p) { p.padding_left = INT64_MAX; }).substr(0, 5), "E0303");
  EXPECT_EQ(with([](IndexPattern& p) { p.padding_right = INT64_MAX - 5; }).substr(0, 5), "no er");
  EXPECT_EQ(with([](IndexPattern& p) { p.stride = std::int64_t{1} << 62; }).substr(0, 5), "no er");
}

TEST(BuildErrors, StayShort_WhateverTheEquation) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "(" + std::string(200, 'x') + std::to_string(i) + " y) ";
  text = "(" + text + ") -> " + text;
  const std::string what = build_error(text, {of({6})});
  EXPECT_EQ(what.substr(0, 5), "E0223");
  EXPECT_LT(what.size(), 2000U);
}

}  // namespace
}  // namespace einfold
