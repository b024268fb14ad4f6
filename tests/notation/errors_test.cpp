// SPDX-License-Identifier: MIT
#include "notation/diagnostic.hpp"
#include "notation/parser.hpp"
#include "notation/utf8.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace einfold::notation {
namespace {

std::string message(std::string_view text, Notation notation = Notation::kAuto) {
  try {
    (void)parse(text, notation);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEquation);
    return error.what();
  }
  return "no error";
}

std::string code(std::string_view text) { return message(text).substr(0, 5); }

TEST(ParserErrors, ShowTheOffendingToken) {
  EXPECT_EQ(message("i j, j k"),
            "E0105: the arrow is missing\n"
            "  i j, j k\n"
            "          ^\n"
            "  help: the named spelling needs '->' and the output's axes");
  EXPECT_EQ(message("n c 2o+k -> n"),
            "E0109: white space is missing in front of 'o'\n"
            "  n c 2o+k -> n\n"
            "       ^\n"
            "  help: a product is written with '*', like 2*o");
  EXPECT_EQ(message("n (c o -> n"),
            "E0106: '(' without ')'\n"
            "  n (c o -> n\n"
            "    ^");
  EXPECT_EQ(message("ij->i,j"),
            "E0104: a comma in the output\n"
            "  ij->i,j\n"
            "       ^\n"
            "  help: an equation has one output");
  EXPECT_EQ(message("... a ... -> a"),
            "E0107: two '...' in one term\n"
            "  ... a ... -> a\n"
            "  ^^^   ^^^");
  EXPECT_EQ(message("n i=2*o+k-1, i k -> n o"),
            "E0110: 'i' names an affine axis, but is an index too\n"
            "  n i=2*o+k-1, i k -> n o\n"
            "    ^          ^\n"
            "  help: choose another name for the axis");
  EXPECT_EQ(message("\xC3\xA4 \xC3\xB6 2*o + k -> n"),
            "E0109: an axis cannot begin with '+'\n"
            "  \xC3\xA4 \xC3\xB6 2*o + k -> n\n"
            "          ^\n"
            "  help: no white space inside an affine axis, like 2*o+k-1");
}

struct Case {
  const char* text;
  const char* code;
};

TEST(ParserErrors, HaveTheirCode) {
  const Case cases[] = {
      {"i?j", "E0101"},
      {"i\xC2\xA0j", "E0101"},
      {"i\xE2\x80\xA8j", "E0101"},
      {"i\x7F", "E0101"},
      {"i\xC2\x85", "E0101"},
      {"'i -> i", "E0101"},
      {"i'j -> i", "E0109"},
      {"i\"j", "E0101"},
      {"\x1B[31mi", "E0101"},
      {"%s", "E0101"},
      {"\xFF", "E0102"},
      {"i\xC3", "E0102"},
      {"\xC0\x80", "E0102"},
      {"\xE0\x80\x80", "E0102"},
      {"\xED\xA0\x80", "E0102"},
      {"\xF4\x90\x80\x80", "E0102"},
      {"\xF0\x80\x80\x80", "E0102"},
      {"ij->->ij", "E0104"},
      {"ij>-ij", "E0104"},
      {"ij>ij", "E0104"},
      {"a -> b -> c", "E0104"},
      {"a,b->a,b", "E0104"},
      {"ij-ij", "E0105"},
      {"ij-", "E0109"},
      {"1", "E0105"},
      {"(ij", "E0106"},
      {"ij)", "E0106"},
      {"((a) b -> a", "E0106"},
      {"(a -> a)", "E0106"},
      {"(a, b) -> a", "E0106"},
      {"i..", "E0107"},
      {"i.->i", "E0107"},
      {"....", "E0107"},
      {"......", "E0107"},
      {"...i->i", "E0107"},
      {"i->i...", "E0107"},
      {"......i -> i", "E0107"},
      {"(... a) -> a", "E0107"},
      {"a -> ... ... a", "E0107"},
      {"2 a -> a", "E0108"},
      {"0 -> ", "E0108"},
      {"01 -> ", "E0108"},
      {"(a 3) -> a", "E0108"},
      {"9223372036854775808*o -> ", "E0108"},
      {"o+9223372036854775808 -> ", "E0108"},
      {"o-9223372036854775809 -> ", "E0108"},
      {"o+99999999999999999999999999 -> ", "E0108"},
      {"o+9223372036854775807+1 -> ", "E0108"},
      {"9223372036854775807*o+o -> ", "E0108"},
      {"-1 -> ", "E0109"},
      {"1+1 -> ", "E0109"},
      {"i=1 -> ", "E0109"},
      {"i= -> ", "E0109"},
      {"=i -> ", "E0109"},
      {"i=j=k -> ", "E0109"},
      {"o*2 -> ", "E0109"},
      {"2*3*o -> ", "E0109"},
      {"2*3 -> ", "E0109"},
      {"*o -> ", "E0109"},
      {"o+ k -> ", "E0109"},
      {"o+ -> ", "E0109"},
      {"o++k -> ", "E0109"},
      {"o--k -> ", "E0109"},
      {"--o -> ", "E0109"},
      {"- o -> ", "E0109"},
      {"+o -> ", "E0109"},
      {"2 *o -> ", "E0109"},
      {"2* o -> ", "E0109"},
      {"i =o -> ", "E0109"},
      {"i= o -> ", "E0109"},
      {"o+(k) -> ", "E0109"},
      {"o+... -> ...", "E0109"},
      {"1a -> ", "E0109"},
      {"i=i+1 -> ", "E0110"},
      {"i=o, i=o+i -> ", "E0110"},
  };
  for (const Case& each : cases) EXPECT_EQ(code(each.text), each.code) << each.text << "\n" << message(each.text);
}

TEST(ParserErrors, NameTheCompactSpelling_WhenItIsForcedOnANamedEquation) {
  EXPECT_EQ(message("i2->i", Notation::kCompact),
            "E0101: character '2' in the compact spelling\n"
            "  i2->i\n"
            "   ^\n"
            "  help: the compact spelling has letters, commas, '...' and '->' only; ask for the named one");
}

TEST(ParserErrors, ShowControlCharactersEscaped) {
  EXPECT_EQ(message(std::string_view("i\0j->i", 6)),
            "E0101: control character '\\x00' in an equation\n"
            "  i\\x00j->i\n"
            "   ^^^^");
  EXPECT_EQ(message("i\nj \xE2\x80\xAE, \x1B[2J"),
            "E0101: control character '\\x1b' in an equation\n"
            "  i\\nj \\u202e, \\x1b[2J\n"
            "               ^^^^");
  EXPECT_EQ(message("\xC3\xA4\xFF"),
            "E0102: byte 2 is not valid UTF-8\n"
            "  \xC3\xA4\\xff\n"
            "   ^^^^");
}

std::string line(const std::string& text, int number) {
  std::istringstream lines(text);
  std::string result;
  for (int i = 0; i <= number; ++i) std::getline(lines, result);
  return result;
}

TEST(ParserErrors, QuoteAtMost200CharactersAroundThePlace) {
  for (const std::size_t before : {0, 1, 59, 60, 61, 150, 199, 200, 201, 1000, 100000}) {
    for (const std::size_t after : {0, 1, 139, 140, 141, 1000}) {
      std::string text;
      for (std::size_t i = 0; i < before; ++i) text += i % 7 == 3 ? "\xC3\xA9" : "e";
      text += "?";
      for (std::size_t i = 0; i < after; ++i) text += i % 5 == 3 ? "\xE2\x82\xAC" : "f";
      const std::string what = message(text);
      const std::string source = line(what, 1);
      const std::string carets = line(what, 2);
      EXPECT_LE(width(source), 202U);
      ASSERT_EQ(width(carets), width(source.substr(0, source.find('?'))) + 1);
      EXPECT_EQ(carets.back(), '^');
      EXPECT_EQ(carets.find('^'), carets.size() - 1);
      if (before + 1 + after <= 200) {
        EXPECT_EQ(source, "  " + text);
      }
    }
  }
}

TEST(ParserErrors, CutLongNames) {
  const std::string what = message(std::string(100000, 'x') + "=" + std::string(100000, 'x') + "+1 -> ");
  EXPECT_LT(what.size(), 800U);
  EXPECT_NE(what.find("E0110: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx[..]' names"), std::string::npos);
}

}  // namespace
}  // namespace einfold::notation
