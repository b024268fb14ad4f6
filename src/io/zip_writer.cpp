// SPDX-License-Identifier: MIT
#include "base/fail.hpp"
#include "io/bytes.hpp"
#include "io/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <climits>

namespace einfold::io {
namespace {

constexpr std::uint64_t kTime = 0x00210000;  // midnight of 1980-01-01

/// `first` and `second` as one deflated stream.
std::string deflated(std::string_view first, std::string_view second) {
  z_stream stream = {};
  constexpr int raw_deflate = -MAX_WBITS, memory_level = 8;
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw_deflate, memory_level, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    fail(ErrorKind::kMemory, "E0601", "no memory to deflate");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ended(&stream, [](z_stream* s) { return ::deflateEnd(s); });
  std::string result;
  std::string buffer(std::size_t{64} * 1024, '\0');
  const auto feed = [&](std::string_view text, int flush) {
    do {
      const std::size_t part = std::min<std::size_t>(text.size(), UINT_MAX);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
      stream.avail_in = static_cast<uInt>(part);
      text.remove_prefix(part);
      const int mode = text.empty() ? flush : Z_NO_FLUSH;
      do {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        const int status = ::deflate(&stream, mode);
        EINFOLD_INVARIANT(status != Z_STREAM_ERROR);
        result.append(buffer.data(), buffer.size() - stream.avail_out);
      } while (stream.avail_out == 0);
    } while (!text.empty());
  };
  feed(first, Z_NO_FLUSH);
  feed(second, Z_FINISH);
  return result;
}

std::uint64_t narrow(std::uint64_t value) { return std::min(value, kMax32); }

/// The fields that local and central headers share, from the version needed to the CRC.
void append_common(std::string& header, const ZipMember& member) {
  append_number(header, kVersion64, 2);
  append_number(header, member.flags, 2);
  append_number(header, member.method, 2);
  append_number(header, kTime, 4);
  append_number(header, member.crc, 4);
}

/// Always with a zip64 field, as NumPy does.
std::string local_header(const ZipMember& member) {
  std::string header;
  append_number(header, kLocalHeader, 4);
  append_common(header, member);
  append_number(header, kMax32, 4);
  append_number(header, kMax32, 4);
  append_number(header, member.name.size(), 2);
  append_number(header, 20, 2);  // of the extra field
  header += member.name;
  append_number(header, kZip64Field, 2);
  append_number(header, 16, 2);
  append_number(header, member.bytes, 8);
  append_number(header, member.compressed_bytes, 8);
  return header;
}

std::string central_header(const ZipMember& member) {
  std::string wide;
  for (const std::uint64_t value : {member.bytes, member.compressed_bytes, member.header_offset}) {
    if (value >= kMax32) append_number(wide, value, 8);
  }
  std::string extra;
  if (!wide.empty()) {
    append_number(extra, kZip64Field, 2);
    append_number(extra, wide.size(), 2);
    extra += wide;
  }
  constexpr std::uint64_t unix_system = 3, owner_may_read_and_write = 0600;
  std::string header;
  append_number(header, kCentralHeader, 4);
  append_number(header, kVersion64 | unix_system << 8U, 2);
  append_common(header, member);
  append_number(header, narrow(member.compressed_bytes), 4);
  append_number(header, narrow(member.bytes), 4);
  append_number(header, member.name.size(), 2);
  append_number(header, extra.size(), 2);
  append_number(header, 0, 6);  // comment, disk, internal attributes
  append_number(header, owner_may_read_and_write << 16U, 4);
  append_number(header, narrow(member.header_offset), 4);
  return header + member.name + extra;
}

std::string end_records(std::uint64_t members, std::uint64_t offset, std::uint64_t bytes) {
  std::string end;
  if (members >= kMax16 || offset >= kMax32 || bytes >= kMax32) {
    append_number(end, kEndRecord64, 4);
    append_number(end, kEndRecord64Bytes - 12, 8);
    append_number(end, kVersion64, 2);
    append_number(end, kVersion64, 2);
    append_number(end, 0, 8);  // disks
    append_number(end, members, 8);
    append_number(end, members, 8);
    append_number(end, bytes, 8);
    append_number(end, offset, 8);
    append_number(end, kEndLocator64, 4);
    append_number(end, 0, 4);
    append_number(end, offset + bytes, 8);
    append_number(end, 1, 4);
  }
  append_number(end, kEndRecord, 4);
  append_number(end, 0, 4);  // disks
  append_number(end, std::min(members, kMax16), 2);
  append_number(end, std::min(members, kMax16), 2);
  append_number(end, narrow(bytes), 4);
  append_number(end, narrow(offset), 4);
  append_number(end, 0, 2);  // comment
  return end;
}

}  // namespace

void ZipWriter::write(std::string_view bytes) {
  output_.write(bytes);
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::string_view first, std::string_view second) {
  EINFOLD_INVARIANT(name.size() <= kMax16 && members_.size() < kMostMembers);
  const auto crc_of = [](std::uint32_t crc, std::string_view text) {
    return static_cast<std::uint32_t>(::crc32_z(crc, reinterpret_cast<const Bytef*>(text.data()), text.size()));
  };
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  ZipMember member;
  member.name = name;
  member.flags = ascii ? 0 : kUtf8Flag;
  member.crc = crc_of(crc_of(0, first), second);
  member.bytes = member.compressed_bytes = first.size() + second.size();
  member.header_offset = position_;
  if (compression_ == Compression::kDeflated) {
    const std::string compressed = deflated(first, second);
    member.method = kDeflatedMethod;
    member.compressed_bytes = compressed.size();
    write(local_header(member));
    write(compressed);
  } else {
    write(local_header(member));
    write(first);
    write(second);
  }
  members_.push_back(std::move(member));
}

void ZipWriter::finish() {
  const std::uint64_t offset = position_;
  std::string directory;
  for (const ZipMember& member : members_) directory += central_header(member);
  write(directory);
  write(end_records(members_.size(), offset, directory.size()));
}

}  // namespace einfold::io
