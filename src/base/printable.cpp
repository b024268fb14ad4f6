// SPDX-License-Identifier: MIT
#include "base/text.hpp"
#include "einfold/text.hpp"

namespace einfold {

bool is_utf8(std::string_view text) noexcept {
  // The first byte tells the length and, with the second, excludes overlong forms, surrogates and what is beyond
  // U+10FFFF. Source: The Unicode Standard, table 3-7.
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
    };
    const unsigned first = at(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3
                             : first < 0xf5 ? 4 : 0;
    if (length == 0) return false;
    const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (length > 1 && (at(1) < low || at(1) > high)) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if (at(k) < 0x80 || at(k) > 0xbf) return false;
    }
    i += length;
  }
  return true;
}

std::string printable(std::string_view text) {
  constexpr std::size_t most = 100;
  constexpr const char* digits = "0123456789abcdef";
  const bool utf8 = is_utf8(text);
  std::string result = "'";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool starts_character = (byte & 0xc0U) != 0x80U;
    if (result.size() > most && starts_character) return result + "..'";
    // U+0080 .. U+009F are control characters, too.
    const bool control = byte < 0x20 || byte == 0x7f ||
                         (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0);
    if (control || byte == '\\' || (byte >= 0x80 && !utf8)) {
      result += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
      if (byte == 0xc2 && utf8) {
        const auto second = static_cast<unsigned char>(text[++i]);
        result += {'\\', 'x', digits[second >> 4U], digits[second & 15U]};
      }
    } else {
      result += static_cast<char>(byte);
    }
  }
  return result + "'";
}

}  // namespace einfold
