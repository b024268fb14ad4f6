// SPDX-License-Identifier: MIT
//
// Buffers that end where the tensor ends, with guards that show writes outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace einfold::cpu::test {

/// Elements at addresses [low, high], in a block of their own with kGuard bytes of 0xA5 on both sides.
template <class T>
class Guarded {
 public:
  static constexpr std::size_t kGuard = 256;

  Guarded(std::int64_t low, std::int64_t high)
      : low_(low),
        bytes_(2 * kGuard + static_cast<std::size_t>(high - low + 1) * sizeof(T), std::byte{0xA5}) {}

  /// The element at address 0 (which need not be in the block).
  T* origin() { return reinterpret_cast<T*>(bytes_.data() + kGuard) - low_; }
  T* begin() { return reinterpret_cast<T*>(bytes_.data() + kGuard); }
  T* end() { return reinterpret_cast<T*>(bytes_.data() + bytes_.size() - kGuard); }
  [[nodiscard]] bool guards_hold() const {
    for (std::size_t i = 0; i < kGuard; ++i) {
      if (bytes_[i] != std::byte{0xA5} || bytes_[bytes_.size() - 1 - i] != std::byte{0xA5}) return false;
    }
    return true;
  }

 private:
  std::int64_t low_;
  std::vector<std::byte> bytes_;
};

}  // namespace einfold::cpu::test
