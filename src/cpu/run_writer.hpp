// SPDX-License-Identifier: MIT
//
// Writing a long run of results piece by piece past the caches, in whole cache lines.
#pragma once

#include "cpu/depthwise_micro.hpp"

#include <algorithm>
#include <cstdint>

namespace einfold::cpu {

/// Pieces that follow each other in memory are written line by line; what does not fill a line yet waits in
/// the buffer.
template <class T>
class RunWriter {
 public:
  static constexpr std::int64_t kLine = static_cast<std::int64_t>(64 / sizeof(T));

  /// The buffer must hold kLine elements more than the largest piece.
  RunWriter(T* buffer, T factor, const DepthwiseKernels<T>& kernels)
      : buffer_(buffer), factor_(factor), kernels_(kernels) {}

  /// Where to put the piece that belongs at `to`.
  T* begin(T* to) {
    if (to != to_ + pending_) {
      finish();
      to_ = to;
    }
    return buffer_ + pending_;
  }
  /// The piece has n elements.
  void end(std::int64_t n) {
    pending_ += n;
    const auto beyond = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to_) / sizeof(T)) % kLine;
    if (beyond != 0) write(std::min(pending_, kLine - beyond), false);
    write(pending_ / kLine * kLine, true);
  }
  /// Writes what waits.
  void finish() { write(pending_, false); }

 private:
  void write(std::int64_t n, bool lines) {
    if (n == 0) return;
    if (lines) {
      kernels_.stream(n, to_, buffer_, factor_);
    } else {
      for (std::int64_t i = 0; i < n; ++i) to_[i] = buffer_[i] * factor_;
    }
    std::copy(buffer_ + n, buffer_ + pending_, buffer_);
    to_ += n;
    pending_ -= n;
  }

  T* buffer_;
  T* to_ = nullptr;
  std::int64_t pending_ = 0;
  T factor_;
  const DepthwiseKernels<T>& kernels_;
};

}  // namespace einfold::cpu
