// SPDX-License-Identifier: MIT
#include "base/checked.hpp"
#include "base/fail.hpp"
#include "einfold/text.hpp"
#include "io/bytes.hpp"
#include "io/zip.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace einfold::io {
namespace {

[[noreturn]] void broken(const InputFile& file, const std::string& what) {
  fail(ErrorKind::kFile, "E0520", file.name(), " is not a sound zip archive: ", what);
}

/// A record, read field by field; the caller has checked that it is long enough.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t next(std::size_t count) {
    EINFOLD_INVARIANT(count <= bytes_.size());
    const std::uint64_t value = number_at(bytes_.data(), count);
    bytes_.remove_prefix(count);
    return value;
  }
  void skip(std::size_t count) { bytes_.remove_prefix(count); }

 private:
  std::string_view bytes_;
};

struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
};

/// The zip64 end record, if there is a locator for it before the end record. Returns where the directory must end.
std::uint64_t read_end64(const InputFile& file, std::uint64_t end_offset, Directory& directory) {
  const bool saturated =
      directory.entries == kMax16 || directory.bytes == kMax32 || directory.offset == kMax32;
  std::string locator;
  if (end_offset >= kEndLocator64Bytes) locator = file.text_at(end_offset - kEndLocator64Bytes, kEndLocator64Bytes);
  if (locator.empty() || number_at(locator.data(), 4) != kEndLocator64) {
    if (saturated) broken(file, "a zip64 end record is missing");
    return end_offset;
  }
  Fields fields(locator);
  fields.skip(4);
  const std::uint64_t disk = fields.next(4);
  const std::uint64_t offset = fields.next(8);
  const std::uint64_t disks = fields.next(4);
  const std::uint64_t locator_offset = end_offset - kEndLocator64Bytes;
  if (disk != 0 || disks != 1) broken(file, "it claims to span several disks");
  if (locator_offset < kEndRecord64Bytes || offset != locator_offset - kEndRecord64Bytes) {
    broken(file, "the zip64 end record is not where its locator says");
  }
  const std::string record = file.text_at(offset, kEndRecord64Bytes);
  Fields end(record);
  const bool right_kind = end.next(4) == kEndRecord64 && end.next(8) == kEndRecord64Bytes - 12;
  end.skip(4);  // versions
  const bool one_disk = right_kind && end.next(8) == 0;
  if (!one_disk) broken(file, "the zip64 end record is malformed");
  const std::uint64_t here = end.next(8);
  const Directory wide{end.next(8), end.next(8), end.next(8)};
  const auto agrees = [](std::uint64_t narrow, std::uint64_t value, std::uint64_t most) {
    return narrow == value || narrow == most;
  };
  if (here != wide.entries || !agrees(directory.entries, wide.entries, kMax16) ||
      !agrees(directory.bytes, wide.bytes, kMax32) || !agrees(directory.offset, wide.offset, kMax32)) {
    broken(file, "its two end records disagree");
  }
  directory = wide;
  return offset;
}

Directory find_directory(const InputFile& file) {
  if (file.size() < kEndRecordBytes) {
    broken(file, file.size() == 0 ? "it is empty" : "it is cut off, or something else");
  }
  const std::uint64_t end_offset = file.size() - kEndRecordBytes;
  const std::string record = file.text_at(end_offset, kEndRecordBytes);
  Fields end(record);
  if (end.next(4) != kEndRecord) {
    broken(file, "it does not end with an end record; it is cut off, something else, or has something at its end");
  }
  const bool one_disk = end.next(4) == 0;
  const std::uint64_t here = end.next(2);
  Directory directory{end.next(2), end.next(4), end.next(4)};
  if (!one_disk || here != directory.entries) broken(file, "it claims to span several disks");
  if (end.next(2) != 0) broken(file, "it has a comment");
  const std::uint64_t directory_end = read_end64(file, end_offset, directory);
  if (directory.bytes > directory_end || directory.offset != directory_end - directory.bytes) {
    broken(file, "the central directory is not where the end record says");
  }
  if (directory.entries > kMostMembers) {
    broken(file, cat("it has ", directory.entries, " members; at most ", kMostMembers, " are read"));
  }
  return directory;
}

/// Fields of a header whose narrow value says "see the zip64 extra field".
struct Wide {
  std::uint64_t* value;
  bool saturated;
};

/// Checks that `extra` is a list of blocks, and reads the saturated values, in order, from the zip64 one. Older writers
/// repeat all values there; those that the header has already must agree.
void read_zip64(const InputFile& file, const std::string& where, std::string_view extra,
                std::initializer_list<Wide> values) {
  std::size_t expected = 0;
  for (const Wide& wide : values) expected += wide.saturated ? 8 : 0;
  bool found = false;
  while (!extra.empty()) {
    if (extra.size() < 4) broken(file, cat("the extra fields of ", where, " are cut off"));
    const std::uint64_t kind = number_at(extra.data(), 2);
    const std::uint64_t length = number_at(extra.data() + 2, 2);
    if (length > extra.size() - 4) broken(file, cat("the extra fields of ", where, " are cut off"));
    const std::string_view block = extra.substr(4, length);
    extra.remove_prefix(4 + length);
    if (kind != kZip64Field) continue;
    const bool all = block.size() == 8 * values.size();
    bool fits = !std::exchange(found, true) && (all || block.size() == expected);
    Fields fields(block);
    for (const Wide& wide : values) {
      if (!fits || !(all || wide.saturated)) continue;
      const std::uint64_t value = fields.next(8);
      fits = wide.saturated || value == *wide.value;
      *wide.value = value;
    }
    if (!fits) broken(file, cat("the zip64 field of ", where, " does not fit its header"));
  }
  if (expected > 0 && !found) broken(file, cat("the zip64 field of ", where, " is missing"));
}

void check_supported(const InputFile& file, const ZipMember& member, std::uint64_t version) {
  const std::string where = cat("member ", printable(member.name), " of ", file.name());
  constexpr unsigned known_flags = 6U | kDescriptorFlag | kUtf8Flag;  // 6: how hard the compressor tried
  if ((member.flags & kEncryptedFlag) != 0) fail(ErrorKind::kFile, "E0521", where, " is encrypted");
  if ((member.flags & ~known_flags) != 0 || (version & 0xffU) > kVersion64) {
    fail(ErrorKind::kFile, "E0521", where, " needs a feature of zip that is not supported (flags ", member.flags,
         ", version ", version, ")");
  }
  if (member.method != kStoredMethod && member.method != kDeflatedMethod) {
    fail(ErrorKind::kFile, "E0521", where, " is compressed by method ", member.method,
         "; known are 0 (stored) and 8 (deflated)");
  }
  // Deflate's best: 258 bytes from two bits.
  constexpr std::uint64_t best_ratio = 1032;
  const std::uint64_t least = member.method == kStoredMethod
                                  ? member.bytes
                                  : member.bytes / best_ratio + (member.bytes % best_ratio == 0 ? 0 : 1);
  const bool possible = member.compressed_bytes <= file.size() && least <= member.compressed_bytes &&
                        (member.method == kDeflatedMethod || member.bytes == member.compressed_bytes);
  if (!possible) {
    broken(file, cat("member ", printable(member.name), " cannot have ", member.bytes, " bytes, from ",
                     member.compressed_bytes, " in the file"));
  }
}

/// Takes one entry off the front of `directory`.
ZipMember read_central_header(const InputFile& file, std::string_view& directory) {
  if (directory.size() < kCentralHeaderBytes || number_at(directory.data(), 4) != kCentralHeader) {
    broken(file, "an entry of the central directory is malformed");
  }
  ZipMember member;
  Fields fields(directory);
  fields.skip(6);  // signature, version made by
  const std::uint64_t version = fields.next(2);
  member.flags = static_cast<unsigned>(fields.next(2));
  member.method = static_cast<unsigned>(fields.next(2));
  fields.skip(4);  // time
  member.crc = static_cast<std::uint32_t>(fields.next(4));
  member.compressed_bytes = fields.next(4);
  member.bytes = fields.next(4);
  const std::size_t name = fields.next(2);
  const std::size_t extra = fields.next(2);
  const std::size_t comment = fields.next(2);
  const std::uint64_t disk = fields.next(2);
  fields.skip(6);  // attributes
  member.header_offset = fields.next(4);
  directory.remove_prefix(kCentralHeaderBytes);
  if (name + extra + comment > directory.size()) broken(file, "an entry of the central directory is cut off");
  if (disk != 0) broken(file, "it claims to span several disks");
  member.name = directory.substr(0, name);
  const std::string where = cat("member ", printable(member.name));
  read_zip64(file, where, directory.substr(name, extra),
             {{&member.bytes, member.bytes == kMax32},
              {&member.compressed_bytes, member.compressed_bytes == kMax32},
              {&member.header_offset, member.header_offset == kMax32}});
  directory.remove_prefix(name + extra + comment);
  check_supported(file, member, version);
  return member;
}

/// Compares the local header with the central one; the member ends before `limit`. Sets where the data are.
void read_local_header(const InputFile& file, ZipMember& member, std::uint64_t limit) {
  const std::string where = cat("member ", printable(member.name));
  const auto disagree = [&] { broken(file, cat("the two headers of ", where, " disagree")); };
  if (limit - member.header_offset < kLocalHeaderBytes) broken(file, cat(where, " overlaps another"));
  const std::string header = file.text_at(member.header_offset, kLocalHeaderBytes);
  Fields fields(header);
  if (fields.next(4) != kLocalHeader) broken(file, cat(where, " has no local header"));
  fields.skip(2);  // version
  if (fields.next(2) != member.flags || fields.next(2) != member.method) disagree();
  fields.skip(4);  // time
  const std::uint64_t crc = fields.next(4);
  std::uint64_t compressed_bytes = fields.next(4);
  std::uint64_t bytes = fields.next(4);
  const std::size_t name = fields.next(2);
  const std::size_t extra = fields.next(2);
  const std::uint64_t start = member.header_offset + kLocalHeaderBytes;
  if (limit - start < name + extra) broken(file, cat(where, " overlaps another"));
  const std::string rest = file.text_at(start, name + extra);
  if (rest.compare(0, name, member.name) != 0) disagree();
  read_zip64(file, where, std::string_view(rest).substr(name),
             {{&bytes, bytes == kMax32}, {&compressed_bytes, compressed_bytes == kMax32}});
  // A member that was written as a stream has its sizes and CRC behind the data, and may have zeros here.
  const bool stream = (member.flags & kDescriptorFlag) != 0;
  const auto agrees = [&](std::uint64_t local, std::uint64_t central) {
    return local == central || (stream && local == 0);
  };
  if (!agrees(crc, member.crc) || !agrees(bytes, member.bytes) || !agrees(compressed_bytes, member.compressed_bytes)) {
    disagree();
  }
  member.data_offset = start + name + extra;
  if (limit - member.data_offset < member.compressed_bytes) broken(file, cat(where, " overlaps another"));
}

/// Whether `bytes`, all that lies between a member's data and the next member, is its data descriptor: an optional
/// signature, CRC, and sizes of 4 or 8 bytes.
bool is_descriptor(std::string_view bytes, const ZipMember& member) {
  const std::size_t signature = bytes.size() % 8 == 0 ? 4 : 0;
  const std::size_t width = (bytes.size() - signature - 4) / 2;
  Fields fields(bytes);
  const bool signed_right = signature == 0 || fields.next(4) == kDataDescriptor;
  return signed_right && fields.next(4) == member.crc && fields.next(width) == member.compressed_bytes &&
         fields.next(width) == member.bytes;
}

/// The members, with their descriptors, fill the file up to the directory.
void check_tiling(const InputFile& file, std::vector<ZipMember>& members, std::uint64_t directory_offset) {
  std::vector<ZipMember*> order;
  for (ZipMember& member : members) order.push_back(&member);
  std::sort(order.begin(), order.end(),
            [](const ZipMember* a, const ZipMember* b) { return a->header_offset < b->header_offset; });
  const std::uint64_t first = order.empty() ? directory_offset : order.front()->header_offset;
  if (first != 0) broken(file, "there is something before its first member");
  for (std::size_t i = 0; i < order.size(); ++i) {
    ZipMember& member = *order[i];
    const std::uint64_t limit = i + 1 < order.size() ? order[i + 1]->header_offset : directory_offset;
    if (limit > directory_offset || limit < member.header_offset) broken(file, "a member lies outside of the file");
    read_local_header(file, member, limit);
    const std::uint64_t end = member.data_offset + member.compressed_bytes;
    const std::uint64_t gap = limit - end;
    const bool stream = (member.flags & kDescriptorFlag) != 0;
    const bool fits = stream ? (gap == 12 || gap == 16 || gap == 20 || gap == 24) &&
                                   is_descriptor(file.text_at(end, gap), member)
                             : gap == 0;
    if (!fits) {
      broken(file, cat("the data of member ", printable(member.name), " do not end where the next member starts"));
    }
  }
}

}  // namespace

std::vector<ZipMember> read_zip_directory(const InputFile& file) {
  const Directory place = find_directory(file);
  // An entry has at least its fixed part; so the number of entries is bounded by the file's size.
  if (place.entries > place.bytes / kCentralHeaderBytes) broken(file, "the central directory is cut off");
  const std::string bytes = file.text_at(place.offset, place.bytes);
  std::string_view rest = bytes;
  std::vector<ZipMember> members;
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < place.entries; ++i) {
    members.push_back(read_central_header(file, rest));
    if (!names.insert(members.back().name).second) {
      broken(file, cat("member ", printable(members.back().name), " occurs twice"));
    }
  }
  if (!rest.empty()) broken(file, "there is something behind the last entry of the central directory");
  check_tiling(file, members, place.offset);
  return members;
}

}  // namespace einfold::io
