// SPDX-License-Identifier: MIT
//
// Code points: which are letters of an equation, and how any byte is shown in a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace einfold::notation {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;  ///< in bytes
  bool valid = false;      ///< false: the byte does not begin a well-formed sequence
};

/// The code point at byte `at` (< text.size()): no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] CodePoint decode(std::string_view text, std::size_t at) noexcept;

[[nodiscard]] bool is_space(char32_t c) noexcept;          ///< ASCII white space, the only kind that separates
[[nodiscard]] bool is_foreign_space(char32_t c) noexcept;  ///< white space above U+007F
[[nodiscard]] bool is_control(char32_t c) noexcept;        ///< category Cc
[[nodiscard]] bool is_letter(char32_t c) noexcept;         ///< A-Z, a-z, above U+007F all but white space and controls
[[nodiscard]] bool is_digit(char32_t c) noexcept;

/// What a message shows for the code point at `at`: itself, or an escape if it would not print as one column.
[[nodiscard]] std::string shown(std::string_view text, std::size_t at, const CodePoint& point);

/// Columns of a shown text: its code points.
[[nodiscard]] std::size_t width(std::string_view shown) noexcept;

}  // namespace einfold::notation
