// SPDX-License-Identifier: MIT
//
// Text to tokens, and the choice of the spelling.
#pragma once

#include "notation/equation.hpp"

#include <string_view>
#include <vector>

namespace einfold::notation {

enum class TokenKind { kName, kInteger, kEllipsis, kComma, kArrow, kOpen, kClose, kPlus, kMinus, kStar, kEqual, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
  bool spaced = false;  ///< white space stands in front of it
};

/// kNamed if some term has two tokens separated by white space, a parenthesis, a digit, an underscore, a prime, one of
/// `+ * =` or a `-` that is no arrow; else kCompact.
[[nodiscard]] Notation spelling_of(std::string_view text);

/// All tokens; the last is kEnd. In the compact spelling every letter is a name.
/// Throws E0101 (a character that has no place here), E0102 (invalid UTF-8), E0104 (`>`), E0107 (dots).
[[nodiscard]] std::vector<Token> tokens_of(std::string_view text, Notation spelling);

}  // namespace einfold::notation
