// SPDX-License-Identifier: MIT
//
// A fast hash of numbers and texts, for caches that compare what they find anyway.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace einfold {

class Hash {
 public:
  void add(std::uint64_t value) noexcept {
    state_ = (state_ ^ value) * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio, as in Fibonacci hashing
    state_ ^= state_ >> 32;
  }
  void add(std::span<const std::int64_t> values) noexcept {
    add(values.size());
    for (const std::int64_t value : values) add(static_cast<std::uint64_t>(value));
  }
  void add(std::string_view text) noexcept {
    add(text.size());
    while (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      add(word);
      text.remove_prefix(8);
    }
    std::uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    add(rest);
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0x243F6A8885A308D3u;  // digits of pi
};

}  // namespace einfold
