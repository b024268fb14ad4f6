// SPDX-License-Identifier: MIT
//
// When a search must end.
#pragma once

#include <chrono>
#include <limits>

namespace einfold::pathfind {

/// Asked inside the loops of every search, at least once in about a tenth of a millisecond.
class Deadline {
 public:
  /// Never.
  Deadline() = default;
  /// Seconds from now.
  explicit Deadline(double seconds) : limited_(seconds < 1e9) {
    using Clock = std::chrono::steady_clock;
    if (limited_) end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  /// When that part of the time that is left has passed.
  [[nodiscard]] Deadline within(double part) const { return limited_ ? Deadline(part * seconds_left()) : Deadline(); }

  [[nodiscard]] bool passed() const { return limited_ && std::chrono::steady_clock::now() >= end_; }
  /// Infinite without a limit.
  [[nodiscard]] double seconds_left() const {
    if (!limited_) return std::numeric_limits<double>::infinity();
    return std::chrono::duration<double>(end_ - std::chrono::steady_clock::now()).count();
  }

 private:
  bool limited_ = false;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace einfold::pathfind
