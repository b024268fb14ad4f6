// SPDX-License-Identifier: MIT
#include "notation/lexer.hpp"

#include "base/fail.hpp"
#include "notation/diagnostic.hpp"
#include "notation/utf8.hpp"

#include <cstring>

namespace einfold::notation {
namespace {

bool is_ascii_space(char c) { return is_space(static_cast<unsigned char>(c)); }

/// The kind of a token that is one ASCII character; kEnd if it is none.
TokenKind single(char c) {
  switch (c) {
    case ',': return TokenKind::kComma;
    case '(': return TokenKind::kOpen;
    case ')': return TokenKind::kClose;
    case '+': return TokenKind::kPlus;
    case '-': return TokenKind::kMinus;
    case '*': return TokenKind::kStar;
    case '=': return TokenKind::kEqual;
    default: return TokenKind::kEnd;
  }
}

/// A name, without primes, from `at` on.
std::size_t end_of_word(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const CodePoint point = decode(text, at);
    if (!point.valid || !(is_letter(point.value) || is_digit(point.value) || point.value == '_')) break;
    at += point.length;
  }
  return at;
}

std::size_t end_of_run(std::string_view text, std::size_t at, bool (*belongs)(char32_t)) {
  while (at < text.size() && belongs(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

[[noreturn]] void reject(std::string_view text, std::size_t at, Notation spelling) {
  const CodePoint point = decode(text, at);
  Diagnostic error{.source = text, .spans = {{at, at + point.length}}};
  const std::string seen = quoted(text.substr(at, point.length));
  if (!point.valid) {
    error.code = "E0102";
    error.title = cat("byte ", at, " is not valid UTF-8");
  } else if (is_foreign_space(point.value)) {
    error.title = cat("white space ", seen, " does not separate");
    error.help = "use an ordinary space";
  } else if (is_control(point.value)) {
    error.title = cat("control character ", seen, " in an equation");
  } else if (point.value == '>') {
    error.code = "E0104";
    error.title = "'>' without '-' in front of it";
    error.help = "the arrow is written '->'";
  } else if (point.value == '\'') {
    error.title = "a prime must follow a name";
  } else if (spelling == Notation::kCompact && (single(text[at]) != TokenKind::kEnd || point.value == '_' ||
                                                is_digit(point.value))) {
    error.title = cat("character ", seen, " in the compact spelling");
    error.help = "the compact spelling has letters, commas, '...' and '->' only; ask for the named one";
  } else {
    error.title = cat("unexpected character ", seen);
  }
  fail(error);
}

}  // namespace

Notation spelling_of(std::string_view text) {
  char before = ',';  // the last character that is not white space; a separator to begin with
  bool spaced = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '\0' && std::strchr("()_'+*=0123456789", c) != nullptr) return Notation::kNamed;
    const bool arrow = c == '-' && at + 1 < text.size() && text[at + 1] == '>';
    if (c == '-' && !arrow) return Notation::kNamed;
    if (is_ascii_space(c)) {
      spaced = true;
      continue;
    }
    if (spaced && before != ',' && c != ',' && !arrow) return Notation::kNamed;
    spaced = false;
    before = c;
    if (arrow) {
      before = ',';
      ++at;
    }
  }
  return Notation::kCompact;
}

std::vector<Token> tokens_of(std::string_view text, Notation spelling) {
  const bool named = spelling == Notation::kNamed;
  std::vector<Token> tokens;
  bool spaced = false;
  std::size_t at = 0;
  const auto push = [&](TokenKind kind, std::size_t end) {
    tokens.push_back({kind, {at, end}, spaced});
    spaced = false;
    at = end;
  };
  while (at < text.size()) {
    const CodePoint point = decode(text, at);
    if (!point.valid) reject(text, at, spelling);
    if (is_space(point.value)) {
      spaced = true;
      ++at;
    } else if (text.substr(at, 2) == "->") {
      push(TokenKind::kArrow, at + 2);
    } else if (point.value == '.') {
      const std::size_t end = end_of_run(text, at, [](char32_t c) { return c == '.'; });
      if (end - at != 3) {
        fail({.code = "E0107",
              .title = cat(end - at, end - at == 1 ? " dot" : " dots", " in a row"),
              .source = text,
              .spans = {{at, end}},
              .help = "the ellipsis is three dots, at most once in a term"});
      }
      push(TokenKind::kEllipsis, end);
    } else if (point.value == ',') {
      push(TokenKind::kComma, at + 1);
    } else if (is_letter(point.value) || (named && point.value == '_')) {
      std::size_t end = at + point.length;
      if (named) end = end_of_run(text, end_of_word(text, end), [](char32_t c) { return c == '\''; });
      push(TokenKind::kName, end);
    } else if (named && is_digit(point.value)) {
      push(TokenKind::kInteger, end_of_run(text, at, [](char32_t c) { return is_digit(c); }));
    } else if (named && single(text[at]) != TokenKind::kEnd) {
      push(single(text[at]), at + 1);
    } else {
      reject(text, at, spelling);
    }
  }
  tokens.push_back({TokenKind::kEnd, {at, at}, spaced});
  return tokens;
}

}  // namespace einfold::notation
