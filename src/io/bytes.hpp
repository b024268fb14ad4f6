// SPDX-License-Identifier: MIT
//
// Little-endian numbers in byte strings, and names from files as text for messages.
#pragma once

#include <cstdint>
#include <cstddef>
#include <string>
#include <string_view>

namespace einfold::io {

/// The little-endian number in the `count` <= 8 bytes at `bytes`.
[[nodiscard]] std::uint64_t number_at(const void* bytes, std::size_t count) noexcept;

/// Appends the `count` lowest bytes of `value`, lowest first.
void append_number(std::string& text, std::uint64_t value, std::size_t count);

/// Reverses the bytes of each of `count` words of `width` bytes.
void swap_bytes(void* words, std::size_t width, std::size_t count) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// 'text', with everything but printable UTF-8 escaped and cut off after 100 bytes.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace einfold::io
