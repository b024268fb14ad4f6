// SPDX-License-Identifier: MIT
#include "notation/printer.hpp"

#include "notation/parser.hpp"

#include <gtest/gtest.h>

#include <random>

namespace einfold::notation {
namespace {

TEST(Printer, WritesTheCanonicalText) {
  const auto printed = [](const char* text) { return print(parse(text)); };
  EXPECT_EQ(printed("ij , jk"), "ij,jk->ik");
  EXPECT_EQ(printed(""), "->");
  EXPECT_EQ(printed("(a) ->"), "(a) ->");
  EXPECT_EQ(printed("n ((g c)1) k-1+2*o,()->(g  d) i=-o-2*k"), "n (g c 1) 2*o+k-1, () -> (g d) i=-2*k-o");
  EXPECT_EQ(printed("0*o o-o 1*o o+0 -o+k x=o -> "), "0*o 0*o 1*o 1*o k-o x=o ->");
}

/// A random equation as data, in canonical form.
class RandomEquation {
 public:
  explicit RandomEquation(unsigned seed) : random_(seed) {}

  Equation draw(Notation notation) {
    named_ = notation == Notation::kNamed;
    Equation equation{.notation = notation};
    const bool ellipsis = below(3) == 0;
    const int terms = 1 + below(4);
    for (int i = 0; i < terms; ++i) equation.operands.push_back(term(ellipsis && i == 0));
    equation.output = term(ellipsis);
    return equation;
  }

 private:
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  std::string name() {
    static const char* letters[] = {"a", "Z", "\xC3\xA4", "\xE6\xBC\xA2", "q", "\xF0\x9F\x98\x80"};
    static const char* names[] = {"a", "c_in", "_", "k1'", "\xC3\xA4" "9''", "time"};
    return named_ ? names[below(6)] : letters[below(6)];
  }

  Axis factor() {
    const int kind = named_ ? below(4) : 0;
    if (kind == 1) return {.kind = AxisKind::kOne};
    if (kind >= 2) {
      Axis axis{.kind = AxisKind::kAffine, .name = below(2) == 0 ? "" : "axis" + std::to_string(below(3))};
      const std::int64_t values[] = {0, 1, -1, 2, -7, INT64_MAX, INT64_MIN};
      const int summands = 1 + below(3);
      const char* names[] = {"o", "k", "k'"};
      for (int i = 0; i < summands; ++i) axis.summands.push_back({names[i], values[below(7)]});
      axis.constant = values[below(7)];
      EXPECT_LT(normalise(axis.summands), 0);
      return axis;
    }
    return {.kind = AxisKind::kIndex, .name = name()};
  }

  Term term(bool ellipsis) {
    Term result;
    const int axes = below(5);
    const int position = below(axes + 1);
    for (int i = 0; i <= axes; ++i) {
      if (ellipsis && i == position) result.axes.push_back({.kind = AxisKind::kEllipsis});
      if (i == axes) break;
      if (named_ && below(4) == 0) {
        Axis group{.kind = AxisKind::kGroup};
        for (int j = below(4); j > 0; --j) group.members.push_back(factor());
        result.axes.push_back(std::move(group));
      } else {
        result.axes.push_back(factor());
      }
    }
    return result;
  }

  std::mt19937 random_;
  bool named_ = false;
};

TEST(Printer, PrintsWhatParsesToTheSameEquation) {
  RandomEquation random(20260);
  for (int i = 0; i < 4000; ++i) {
    const Equation equation = random.draw(i % 2 == 0 ? Notation::kNamed : Notation::kCompact);
    const std::string text = print(equation);
    const Equation again = parse(text, equation.notation);
    EXPECT_EQ(again, equation) << text << "\n" << print(again);
  }
}

}  // namespace
}  // namespace einfold::notation
