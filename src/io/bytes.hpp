// SPDX-License-Identifier: MIT
//
// Little-endian numbers in byte strings.
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

}  // namespace einfold::io
