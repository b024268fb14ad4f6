// SPDX-License-Identifier: MIT
#include "notation/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace einfold::notation {

CodePoint decode(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return {};
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {};
    value = (value << 6) | (byte(at + i) & 0x3FU);
  }
  const char32_t smallest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length, true};
}

bool is_space(char32_t c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_foreign_space(char32_t c) noexcept {
  constexpr char32_t spaces[] = {0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
  return std::find(std::begin(spaces), std::end(spaces), c) != std::end(spaces) || (c >= 0x2000 && c <= 0x200A);
}

bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

bool is_letter(char32_t c) noexcept {
  if (c < 0x80) return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return !is_control(c) && !is_foreign_space(c);
}

bool is_digit(char32_t c) noexcept { return c >= '0' && c <= '9'; }

namespace {

/// Marks without a width of their own, or that reorder the line (bidirectional controls).
bool is_invisible(char32_t c) noexcept {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

std::string hexadecimal(const char* format, unsigned value) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

}  // namespace

std::string shown(std::string_view text, std::size_t at, const CodePoint& point) {
  if (!point.valid) return hexadecimal("\\x%02x", static_cast<unsigned char>(text[at]));
  switch (point.value) {
    case '\t': return "\\t";
    case '\n': return "\\n";
    case '\r': return "\\r";
    default: break;
  }
  if (point.value < 0x80 && is_control(point.value)) return hexadecimal("\\x%02x", point.value);
  if (is_control(point.value) || is_foreign_space(point.value) || is_invisible(point.value)) {
    return hexadecimal("\\u%04x", point.value);
  }
  return std::string(text.substr(at, point.length));
}

std::size_t width(std::string_view shown) noexcept {
  return static_cast<std::size_t>(std::count_if(
      shown.begin(), shown.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace einfold::notation
