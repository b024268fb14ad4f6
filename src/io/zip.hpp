// SPDX-License-Identifier: MIT
//
// Zip archives, as far as npz files need them: stored and deflated members, zip64. Source: PKWARE's APPNOTE.TXT 6.3.10.
#pragma once

#include "einfold/io.hpp"
#include "io/output.hpp"
#include "io/source.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace einfold::io {

struct ZipMember {
  std::string name;
  unsigned flags = 0;
  unsigned method = 0;
  std::uint32_t crc = 0;
  std::uint64_t compressed_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t header_offset = 0;  // of the local header
  std::uint64_t data_offset = 0;
};

/// The members in the order of the central directory. Every local header has been compared with it; together, the
/// members fill the file up to the directory, without gaps or overlaps.
/// Throws, of kind kFile: E0520 (structure), E0521 (encrypted, compressed by an unknown method, on several disks).
[[nodiscard]] std::vector<ZipMember> read_zip_directory(const InputFile& file);

/// The member's bytes. Reading the last one checks the CRC, and that a deflated stream ends there: E0522.
[[nodiscard]] std::unique_ptr<Source> open_zip_member(const InputFile& file, const ZipMember& member);

/// Writes an archive. Times are 1980-01-01, so that equal content makes equal files.
class ZipWriter {
 public:
  explicit ZipWriter(OutputFile& output, Compression compression) : output_(output), compression_(compression) {}
  /// One member, the two parts one after the other.
  void add(const std::string& name, std::string_view first, std::string_view second);
  void finish();

 private:
  void write(std::string_view bytes);

  OutputFile& output_;
  Compression compression_;
  std::uint64_t position_ = 0;
  std::vector<ZipMember> members_;
};

// Numbers of the format, shared by reader and writer.
inline constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kDataDescriptor = 0x08074b50,
                               kEndRecord = 0x06054b50, kEndRecord64 = 0x06064b50, kEndLocator64 = 0x07064b50;
inline constexpr std::size_t kLocalHeaderBytes = 30, kCentralHeaderBytes = 46, kEndRecordBytes = 22,
                             kEndRecord64Bytes = 56, kEndLocator64Bytes = 20;
inline constexpr unsigned kStoredMethod = 0, kDeflatedMethod = 8;
inline constexpr unsigned kEncryptedFlag = 1U, kDescriptorFlag = 1U << 3U, kUtf8Flag = 1U << 11U;
inline constexpr unsigned kZip64Field = 1, kVersion64 = 45;
inline constexpr std::uint64_t kMax16 = 0xffff, kMax32 = 0xffffffff;
inline constexpr std::size_t kMostMembers = 65536;

}  // namespace einfold::io
