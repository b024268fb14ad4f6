// SPDX-License-Identifier: MIT
#include "cpu/line_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace einfold::cpu {
namespace {

void copy_bytes(std::byte* to, const std::byte* from, std::int64_t bytes) noexcept {
  if (bytes > 0) std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

std::int64_t bytes_into_line(const std::byte* at) noexcept {
  return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(at) % static_cast<std::uintptr_t>(kLineBytes));
}

}  // namespace

std::int64_t last_cache_bytes() noexcept {
  static const std::int64_t size = [] {
    long found = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
    found = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    constexpr std::int64_t kMost = 32 << 20;  // of what a virtual machine is told, it has a part
    return found > 0 ? std::min(static_cast<std::int64_t>(found), kMost) : kMost;
  }();
  return size;
}

bool beyond_caches(double bytes, std::int64_t stream_bytes) noexcept {
  return bytes > static_cast<double>(stream_bytes < 0 ? last_cache_bytes() / 2 : stream_bytes);
}

std::byte* LineWriter::room(std::byte* to, std::int64_t bytes) noexcept {
  if (to != target_ + used_) {
    flush();
    first_ = used_ = bytes_into_line(to);
    target_ = to - used_;
  } else if (used_ + bytes > kCapacity) {
    write_lines();
  }
  std::byte* const result = buffer_ + used_;
  used_ += bytes;
  return result;
}

void LineWriter::put(std::byte* to, const std::byte* from, std::int64_t bytes) noexcept {
  stream_run(stream_, to, from, bytes);
}

/// All but the last, unfinished line, which moves to the front.
void LineWriter::write_lines() noexcept {
  const std::int64_t whole = used_ / kLineBytes * kLineBytes;
  if (whole == 0) return;
  std::int64_t from = 0;
  if (first_ > 0) {
    copy_bytes(target_ + first_, buffer_ + first_, kLineBytes - first_);
    from = kLineBytes;
  }
  stream_(whole - from, buffer_ + from, target_ + from);
  copy_bytes(buffer_, buffer_ + whole, used_ - whole);
  target_ += whole;
  used_ -= whole;
  first_ = 0;
}

void LineWriter::flush() noexcept {
  write_lines();
  copy_bytes(target_ + first_, buffer_ + first_, used_ - first_);
  first_ = used_;
}

void LineWriter::finish() noexcept {
  flush();
  finish_streaming();
}

void stream_run(StreamLines stream, std::byte* to, const std::byte* from, std::int64_t bytes) noexcept {
  const std::int64_t head = std::min(bytes, (kLineBytes - bytes_into_line(to)) % kLineBytes);
  const std::int64_t lines = (bytes - head) / kLineBytes * kLineBytes;
  copy_bytes(to, from, head);
  stream(lines, from + head, to + head);
  copy_bytes(to + head + lines, from + head + lines, bytes - head - lines);
}

}  // namespace einfold::cpu
