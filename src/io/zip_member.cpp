// SPDX-License-Identifier: MIT
#include "base/fail.hpp"
#include "einfold/text.hpp"
#include "io/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>

namespace einfold::io {
namespace {

/// The CRC of a text of any length; zlib's own takes 32 bits of it.
std::uint32_t update_crc(std::uint32_t crc, const void* bytes, std::size_t count) {
  return static_cast<std::uint32_t>(::crc32_z(crc, static_cast<const Bytef*>(bytes), count));
}

/// What stored and deflated members have in common: the CRC of what was read.
class MemberSource : public Source {
 public:
  MemberSource(const InputFile& file, const ZipMember& member)
      : Source(cat(file.name(), ", member ", printable(member.name), ","), member.bytes), file_(file), member_(member) {}

 protected:
  [[noreturn]] void corrupt(const char* what) const { fail(ErrorKind::kFile, "E0522", name(), " is damaged: ", what); }

  void check_in(const void* bytes, std::size_t count) {
    crc_ = update_crc(crc_, bytes, count);
    if (count == remaining() && crc_ != member_.crc) corrupt("its CRC is wrong");
  }

  const InputFile& file_;
  const ZipMember member_;

 private:
  std::uint32_t crc_ = 0;
};

class StoredSource : public MemberSource {
 public:
  using MemberSource::MemberSource;

 private:
  void next(void* target, std::size_t count) override {
    file_.read_at(member_.data_offset + (member_.bytes - remaining()), target, count);
    check_in(target, count);
  }
};

class InflateSource : public MemberSource {
 public:
  InflateSource(const InputFile& file, const ZipMember& member) : MemberSource(file, member) {
    constexpr int raw_deflate = -MAX_WBITS;
    if (::inflateInit2(&stream_, raw_deflate) != Z_OK) fail(ErrorKind::kMemory, "E0601", "no memory to inflate");
  }
  ~InflateSource() override { ::inflateEnd(&stream_); }
  InflateSource(const InflateSource&) = delete;
  InflateSource& operator=(const InflateSource&) = delete;

 private:
  void next(void* target, std::size_t count) override {
    auto* bytes = static_cast<Bytef*>(target);
    for (std::size_t done = 0; done < count;) {
      const auto part = static_cast<uInt>(std::min<std::size_t>(count - done, UINT_MAX));
      if (inflate_into(bytes + done, part) != part) corrupt("its data end too early");
      done += part;
    }
    if (count == remaining()) {
      Bytef more = 0;
      if (inflate_into(&more, 1) != 0) corrupt("its data go on behind their end");
      if (stream_.avail_in != 0 || taken_ != member_.compressed_bytes) corrupt("it has bytes behind its data");
    }
    check_in(target, count);
  }

  /// Bytes written: fewer than `count` at the end of the stream only.
  uInt inflate_into(Bytef* target, uInt count) {
    stream_.next_out = target;
    stream_.avail_out = count;
    while (stream_.avail_out > 0 && !ended_) {
      if (stream_.avail_in == 0) refill();
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      ended_ = status == Z_STREAM_END;
      if (status == Z_MEM_ERROR) fail(ErrorKind::kMemory, "E0601", "no memory to inflate");
      if (status != Z_OK && status != Z_STREAM_END) corrupt("its data are not a deflated stream");
    }
    return count - stream_.avail_out;
  }

  void refill() {
    const std::uint64_t left = member_.compressed_bytes - taken_;
    if (left == 0) corrupt("its data are cut off");
    const auto count = static_cast<uInt>(std::min<std::uint64_t>(left, input_.size()));
    file_.read_at(member_.data_offset + taken_, input_.data(), count);
    taken_ += count;
    stream_.next_in = input_.data();
    stream_.avail_in = count;
  }

  z_stream stream_ = {};
  bool ended_ = false;
  std::uint64_t taken_ = 0;
  std::array<Bytef, 64 * 1024> input_;
};

}  // namespace

std::unique_ptr<Source> open_zip_member(const InputFile& file, const ZipMember& member) {
  if (member.method == kStoredMethod) return std::make_unique<StoredSource>(file, member);
  return std::make_unique<InflateSource>(file, member);
}

}  // namespace einfold::io
