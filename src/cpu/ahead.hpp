// SPDX-License-Identifier: MIT
//
// Asking for memory before it is needed, a little at a time: a burst of requests would fill the queue of
// misses and stop the computation they are meant to hide behind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace einfold::cpu {

class Ahead {
 public:
  static constexpr std::int64_t kLine = 64;  ///< bytes

  /// Bytes [first, last) are next. Beyond kRanges nothing is asked for.
  void add(const void* first, const void* last) {
    if (count_ == kRanges) return;
    const auto* from = static_cast<const char*>(first);
    const std::int64_t lines = (static_cast<const char*>(last) - from + kLine - 1) / kLine;
    ranges_[count_++] = {from, lines};
    lines_ += lines;
  }
  [[nodiscard]] std::int64_t lines() const noexcept { return lines_; }

  /// Asks for the next n lines.
  void ask(std::int64_t n) {
    for (; n > 0 && at_ < count_; --n) {
      Range& range = ranges_[at_];
      __builtin_prefetch(range.from, 0, 2);
      range.from += kLine;
      if (--range.lines <= 0) ++at_;
    }
  }

 private:
  static constexpr std::size_t kRanges = 64;
  struct Range {
    const char* from;
    std::int64_t lines;
  };
  std::array<Range, kRanges> ranges_;
  std::size_t count_ = 0, at_ = 0;
  std::int64_t lines_ = 0;
};

}  // namespace einfold::cpu
