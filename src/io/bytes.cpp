// SPDX-License-Identifier: MIT
#include "io/bytes.hpp"

#include <algorithm>

namespace einfold::io {

std::uint64_t number_at(const void* bytes, std::size_t count) noexcept {
  const auto* byte = static_cast<const unsigned char*>(bytes);
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8U | byte[i];
  return value;
}

void append_number(std::string& text, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>(value >> (8 * i) & 0xffU);
}

void swap_bytes(void* words, std::size_t width, std::size_t count) noexcept {
  auto* byte = static_cast<unsigned char*>(words);
  for (std::size_t i = 0; i < count; ++i, byte += width) std::reverse(byte, byte + width);
}

}  // namespace einfold::io
