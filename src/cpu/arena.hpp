// SPDX-License-Identifier: MIT
//
// Cutting a workspace into aligned pieces.
#pragma once

#include <cstddef>
#include <cstdint>

namespace einfold::cpu {

/// Hands out aligned pieces of a workspace, or measures them where there is none.
class Arena {
 public:
  explicit Arena(std::byte* start) : start_(start) {}
  template <class U>
  U* take(std::int64_t count) {
    U* result = start_ == nullptr ? nullptr : reinterpret_cast<U*>(start_ + used_);
    const auto bytes = count * static_cast<std::int64_t>(sizeof(U));
    used_ += (bytes + 63) / 64 * 64;
    return result;
  }
  [[nodiscard]] std::int64_t used() const noexcept { return used_; }

 private:
  std::byte* start_;
  std::int64_t used_ = 0;
};

}  // namespace einfold::cpu
