// SPDX-License-Identifier: MIT
//
// What counts against a memory limit, and the refusal of one that is too low.
#pragma once

#include "base/fail.hpp"
#include "einfold/tensor.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace einfold {

inline constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

/// E0603: every limit below the least is refused, and every other one does.
class LimitRefused : public Error {
 public:
  LimitRefused(std::int64_t least_bytes, std::int64_t limit_bytes)
      : Error(ErrorKind::kMemory, "E0603",
              cat("needs at least ", least_bytes, " bytes beside operands and result, more than the limit of ", limit_bytes)),
        least_bytes_(least_bytes) {}

  [[nodiscard]] std::int64_t least_bytes() const noexcept { return least_bytes_; }

 private:
  std::int64_t least_bytes_;
};

/// f(what is left of the limit) while `held_bytes` are allocated beside what f allocates. A negative rest is too low for anything; a refusal
/// names the least for both.
template <class F>
auto beside(std::int64_t held_bytes, std::int64_t limit_bytes, const F& f) {
  if (limit_bytes == kUnlimited) return f(limit_bytes);
  try {
    return f(limit_bytes < held_bytes ? -1 : limit_bytes - held_bytes);
  } catch (const LimitRefused& refused) {
    throw LimitRefused(refused.least_bytes() + held_bytes, limit_bytes);
  }
}

/// Of so many elements, which are too many for any memory where their bytes would leave 64 bits.
[[nodiscard]] inline std::int64_t bytes_of(std::int64_t elements, DType type) {
  constexpr std::int64_t kMost = std::int64_t{1} << 52;
  return std::min(elements, kMost) * static_cast<std::int64_t>(size_bytes(type));
}

}  // namespace einfold
