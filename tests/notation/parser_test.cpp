// SPDX-License-Identifier: MIT
#include "notation/parser.hpp"

#include "notation/lexer.hpp"
#include "notation/printer.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace einfold::notation {
namespace {

Axis index(std::string name) { return {.kind = AxisKind::kIndex, .name = std::move(name)}; }

std::vector<std::string> names(const Term& term) {
  std::vector<std::string> result;
  for (const Axis& axis : term.axes) result.push_back(print(axis));
  return result;
}

using Names = std::vector<std::string>;

TEST(Spelling, IsNamed_WhenATermShowsIt) {
  for (const char* text : {"ij -> i j", "... ij -> ...", "i_", "i'", "i1", "(ij)->", "i+j->", "i-j->", "2*i->", "i=j->",
                           "1", "i\tj->", "a > b"}) {
    EXPECT_EQ(spelling_of(text), Notation::kNamed) << text;
  }
}

TEST(Spelling, IsCompact_WhenWhiteSpaceStandsAtSeparatorsOnly) {
  for (const char* text : {"", "->", "ab, b -> a", " ab ,b->a ", "time -> time", "...ij->...", "\nij\n,\tjk\r->ik\v",
                           "\xC3\xA4\xC3\xB6 -> \xC3\xB6"}) {
    EXPECT_EQ(spelling_of(text), Notation::kCompact) << text;
  }
}

TEST(Parser, ReadsEveryLetterAsAnIndex_InTheCompactSpelling) {
  const Equation equation = parse("iJ\xCE\xB1,J->\xCE\xB1i");
  ASSERT_EQ(equation.operands.size(), 2U);
  EXPECT_EQ(names(equation.operands[0]), (Names{"i", "J", "\xCE\xB1"}));
  EXPECT_EQ(names(equation.operands[1]), (Names{"J"}));
  EXPECT_EQ(names(equation.output), (Names{"\xCE\xB1", "i"}));
}

TEST(Parser, IgnoresWhiteSpaceInsideATerm_WhenTheCompactSpellingIsAskedFor) {
  EXPECT_EQ(parse("i j, j k -> i k", Notation::kCompact), parse("ij,jk->ik"));
}

TEST(Parser, ReadsIdentifiers_InTheNamedSpelling) {
  const Equation equation = parse("batch c_in c'' k10, k1 -> \xC3\xA4" "2");
  EXPECT_EQ(names(equation.operands[0]), (Names{"batch", "c_in", "c''", "k10"}));
  EXPECT_EQ(names(equation.operands[1]), (Names{"k1"}));
  EXPECT_EQ(names(equation.output), (Names{"\xC3\xA4" "2"}));
  EXPECT_EQ(names(parse("time -> time", Notation::kNamed).output), (Names{"time"}));
}

TEST(Parser, OrdersTheImplicitOutputByCodePoint) {
  EXPECT_EQ(names(parse("ba").output), (Names{"a", "b"}));
  EXPECT_EQ(names(parse("bA,b\xC3\xA9z").output), (Names{"A", "z", "\xC3\xA9"}));
  EXPECT_EQ(names(parse("\xF0\x9F\x98\x80\xEF\xBF\xBDx").output), (Names{"x", "\xEF\xBF\xBD", "\xF0\x9F\x98\x80"}));
  EXPECT_EQ(names(parse("b...a,...").output), (Names{"...", "a", "b"}));
  EXPECT_TRUE(parse("ii").output.axes.empty());
}

TEST(Parser, TakesAnEmptyTermAsAScalar) {
  EXPECT_EQ(parse("").operands.size(), 1U);
  EXPECT_EQ(parse("->").operands.size(), 1U);
  EXPECT_EQ(parse(",i->i").operands.size(), 2U);
  EXPECT_TRUE(parse("i, -> i").operands[1].axes.empty());
}

TEST(Parser, DissolvesGroupsInsideGroups) {
  const Equation nested = parse("((a b) (c ()) 1) () -> a");
  EXPECT_EQ(nested.operands, parse("(a b c 1) () -> a").operands);
  ASSERT_EQ(nested.operands[0].axes.size(), 2U);
  EXPECT_EQ(nested.operands[0].axes[0].members,
            (std::vector<Axis>{index("a"), index("b"), index("c"), {.kind = AxisKind::kOne}}));
  EXPECT_TRUE(nested.operands[0].axes[1].members.empty());
}

TEST(Parser, AddsUpLikeTermsOfAnAffineAxis) {
  const Axis axis = parse("i=k+3*o-1+k-2*o+3-k' -> ").operands[0].axes[0];
  EXPECT_EQ(axis.kind, AxisKind::kAffine);
  EXPECT_EQ(axis.name, "i");
  EXPECT_EQ(axis.summands, (std::vector<Summand>{{"k", 2}, {"k'", -1}, {"o", 1}}));
  EXPECT_EQ(axis.constant, 2);
  EXPECT_EQ(parse("o+o -> ").operands, parse("2*o -> ").operands);
}

TEST(Parser, KeepsAnIndexWhoseTermsCancel) {
  EXPECT_EQ(parse("o-o+k -> ").operands[0].axes[0].summands, (std::vector<Summand>{{"k", 1}, {"o", 0}}));
}

TEST(Parser, TellsAMinusThatBeginsAnAxisFromOneInside) {
  EXPECT_EQ(names(parse("i -j -> ").operands[0]), (Names{"i", "-j"}));
  EXPECT_EQ(names(parse("i-j -> ").operands[0]), (Names{"i-j"}));
  EXPECT_EQ(names(parse("i-j->i").output), (Names{"i"}));
}

TEST(Parser, TellsIndexFromAffineAxis) {
  EXPECT_EQ(parse("o 1 -> ").operands[0].axes[0].kind, AxisKind::kIndex);
  EXPECT_EQ(parse("o 1 -> ").operands[0].axes[1].kind, AxisKind::kOne);
  EXPECT_EQ(parse("i=o -> ").operands[0].axes[0].kind, AxisKind::kAffine);
  EXPECT_EQ(parse("1*o -> ").operands[0].axes[0].kind, AxisKind::kAffine);
}

TEST(Parser, ReadsIntegersUpToBothEndsOf64Bits) {
  const Axis axis = parse("9223372036854775807*a-9223372036854775808*b-9223372036854775808 -> ").operands[0].axes[0];
  EXPECT_EQ(axis.summands[0].coefficient, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(axis.summands[1].coefficient, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(axis.constant, std::numeric_limits<std::int64_t>::min());
}

TEST(Parser, GivesEveryTokenItsBytes) {
  const std::string text = "n (g\xC3\xA4 c) i=2*o+k , ... -> ...";
  const Equation equation = parse(text);
  const auto of = [&](Span span) { return text.substr(span.begin, span.end - span.begin); };
  EXPECT_EQ(of(equation.operands[0].span), "n (g\xC3\xA4 c) i=2*o+k");
  EXPECT_EQ(of(equation.operands[0].axes[1].span), "(g\xC3\xA4 c)");
  EXPECT_EQ(of(equation.operands[0].axes[1].members[0].span), "g\xC3\xA4");
  EXPECT_EQ(of(equation.operands[0].axes[2].span), "i=2*o+k");
  EXPECT_EQ(of(equation.operands[0].axes[2].summands[0].span), "2*o");
  EXPECT_EQ(of(equation.operands[1].span), "...");
}

TEST(Parser, ReadsTenThousandOperandsAndAMillionCharacters) {
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "x" + std::to_string(i) + " x" + std::to_string(i + 1) + ", ";
  EXPECT_EQ(parse(many + "-> x0").operands.size(), 10001U);
  EXPECT_EQ(parse(std::string(1000000, ',')).operands.size(), 1000001U);
  const std::string deep = std::string(500000, '(') + "a" + std::string(500000, ')');
  EXPECT_EQ(parse(deep + " -> ").operands, parse("(a) -> ").operands);
  std::string sum = "i";
  for (int i = 0; i < 50000; ++i) sum += "+x" + std::to_string(i % 1000);
  EXPECT_EQ(parse(sum + " -> ").operands[0].axes[0].summands.size(), 1001U);
}

}  // namespace
}  // namespace einfold::notation
