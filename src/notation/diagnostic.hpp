// SPDX-License-Identifier: MIT
//
// Messages about an equation: the text quoted, carets under the place, and what was found.
#pragma once

#include "einfold/error.hpp"
#include "notation/equation.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace einfold::notation {

/// Rendered as
///
///     E0103: index 'c_in' has two extents          code: title
///       n c_in i, c_in c_out -> n c_out i          at most 200 characters of the source, around the first span
///         ^^^^    ^^^^                             carets under the spans
///       operand 0, axis 1: extent 3                notes
///       operand 1, axis 0: extent 4
///       help: ...                                  if there is one
struct Diagnostic {
  ErrorKind kind = ErrorKind::kEquation;
  const char* code = "E0101";
  std::string title;
  std::string_view source;  ///< empty: nothing is quoted
  std::vector<Span> spans;
  std::vector<std::string> notes;
  std::string help;
};

[[noreturn]] void fail(const Diagnostic& diagnostic);

/// Everything after `code: `.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

/// A name as messages show it, in quotes, control characters escaped, cut after 40 characters.
[[nodiscard]] std::string quoted(std::string_view name);

/// `text` escaped, and cut after `columns` characters.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t columns);

}  // namespace einfold::notation
