// SPDX-License-Identifier: MIT
//
// Writing large results past the caches: a cache line that is written whole need not be read first.
#pragma once

#include "cpu/rows.hpp"

#include <cstddef>
#include <cstdint>

namespace einfold::cpu {

/// Size of the cache that all cores share, or a guess of it; at most 32 MiB.
[[nodiscard]] std::int64_t last_cache_bytes() noexcept;

/// Whether a result of so many bytes is large enough to be written past the caches; `stream_bytes`: see Options.
[[nodiscard]] bool beyond_caches(double bytes, std::int64_t stream_bytes) noexcept;

/// Collects bytes in a buffer that stays in the first cache and writes whole lines of them. Lines that are only
/// partly its own it writes by ordinary stores, so several writers may meet in one line.
class LineWriter {
 public:
  static constexpr std::int64_t kCapacity = (16 << 10) + 2 * kLineBytes;
  static constexpr std::int64_t kMostBytes = kCapacity - 2 * kLineBytes;  ///< of one room

  /// `buffer`: kCapacity bytes, aligned to kLineBytes.
  LineWriter(StreamLines stream, std::byte* buffer) noexcept : stream_(stream), buffer_(buffer) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() { finish(); }

  /// Where to put the `bytes` <= kMostBytes bytes that belong at `to`, before the next call.
  [[nodiscard]] std::byte* room(std::byte* to, std::int64_t bytes) noexcept;
  /// Writes bytes that lie elsewhere.
  void put(std::byte* to, const std::byte* from, std::int64_t bytes) noexcept;
  void finish() noexcept;

 private:
  void write_lines() noexcept;
  void flush() noexcept;

  StreamLines stream_;
  std::byte* buffer_;           ///< bytes [first_, used_) of it belong at target_ + [first_, used_)
  std::byte* target_ = nullptr; ///< aligned to kLineBytes
  std::int64_t first_ = 0, used_ = 0;
};

/// A run that is complete: whole lines past the caches, ends that share a line with others by ordinary stores. Other
/// threads see it after finish_streaming().
void stream_run(StreamLines stream, std::byte* to, const std::byte* from, std::int64_t bytes) noexcept;

}  // namespace einfold::cpu
