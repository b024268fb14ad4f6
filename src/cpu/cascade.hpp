// SPDX-License-Identifier: MIT
//
// Long sums in short chains.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace einfold::cpu {

inline constexpr std::int64_t kChain = 256;  ///< longest chain of terms
inline constexpr int kRadix = 16;            ///< longest chain of partial sums, on every level
inline constexpr int kLevels = 8;            ///< 256 * 16^7 terms; beyond, the last chain grows

/// Counts what has been added on each level and says which levels are full.
///
///     level 0 holds up to 256 terms, level j + 1 up to 16 sums of level j.
///
/// `carry(j)` must add the partial sums of level j to those of level j + 1 and clear level j. The shape of
/// the sum depends on the number of terms only.
class CascadeCounter {
 public:
  /// `terms` more are on level 0.
  template <class Carry>
  void add(std::int64_t terms, Carry&& carry) {
    filled_[0] += terms;
    if (filled_[0] < kChain) return;
    filled_[0] = 0;
    carry(0);
    for (std::size_t j = 1; ++filled_[j] == kRadix && j + 1 < kLevels; ++j) {
      filled_[j] = 0;
      carry(static_cast<int>(j));
      if (static_cast<int>(j) + 1 > top_) top_ = static_cast<int>(j) + 1;
    }
    if (top_ < 1) top_ = 1;
  }
  /// The highest level that has been used.
  [[nodiscard]] int top() const noexcept { return top_; }

 private:
  std::array<std::int64_t, kLevels + 1> filled_{};
  int top_ = 0;
};

}  // namespace einfold::cpu
