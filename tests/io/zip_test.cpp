// SPDX-License-Identifier: MIT
//
// Archives built field by field, sound ones and others.
#include "einfold/io.hpp"
#include "io/bytes.hpp"
#include "io/files.hpp"
#include "io/npy_header.hpp"

#include <zlib.h>

namespace einfold {
namespace {

using namespace test;

std::string number(std::uint64_t value, std::size_t count) {
  std::string text;
  io::append_number(text, value, count);
  return text;
}

/// The fields of a member's header; local and central differ in few.
struct Header {
  std::string name;
  std::string extra;
  std::uint64_t version = 45, flags = 0, method = 0, crc = 0, packed = 0, size = 0, offset = 0, disk = 0;

  [[nodiscard]] std::string common() const {
    return number(version, 2) + number(flags, 2) + number(method, 2) + number(0, 4) + number(crc, 4) +
           number(packed, 4) + number(size, 4) + number(name.size(), 2) + number(extra.size(), 2);
  }
  [[nodiscard]] std::string local() const { return number(0x04034b50, 4) + common() + name + extra; }
  [[nodiscard]] std::string central() const {
    return number(0x02014b50, 4) + number(45, 2) + common() + number(0, 2) + number(disk, 2) + number(0, 6) +
           number(offset, 4) + name + extra;
  }
};

/// An end record for `count` members; `bytes` and `offset` are those of the directory.
std::string end_record(std::uint64_t count, std::uint64_t bytes, std::uint64_t offset, const std::string& comment = "") {
  return number(0x06054b50, 4) + number(0, 4) + number(count, 2) + number(count, 2) + number(bytes, 4) +
         number(offset, 4) + number(comment.size(), 2) + comment;
}

std::string end_record64(std::uint64_t count, std::uint64_t bytes, std::uint64_t offset) {
  return number(0x06064b50, 4) + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(count, 8) +
         number(count, 8) + number(bytes, 8) + number(offset, 8) + number(0x07064b50, 4) + number(0, 4) +
         number(offset + bytes, 8) + number(1, 4);
}

std::string archive(const std::string& members, const std::string& directory, std::uint64_t count) {
  return members + directory + end_record(count, directory.size(), members.size());
}

/// An npy file of `count` int32.
std::string npy_of(int count) {
  std::string data;
  for (int i = 0; i < count; ++i) data += number(static_cast<std::uint64_t>(1000 * i + 7), 4);
  return io::npy_preamble(DType::kInt32, {count}) + data;
}

std::uint64_t crc_of(const std::string& text) {
  return ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
}

std::string deflated(const std::string& text) {
  z_stream stream = {};
  EXPECT_EQ(::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string result(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  result.resize(stream.total_out);
  ::deflateEnd(&stream);
  return result;
}

Header header_of(const std::string& name, const std::string& data) {
  return {.name = name, .extra = {}, .crc = crc_of(data), .packed = data.size(), .size = data.size()};
}

class Zip : public ::testing::Test {
 protected:
  std::vector<NamedTensor> read(const std::string& file) {
    put(folder_ / "a.npz", file);
    return read_npz(folder_ / "a.npz");
  }
  void expect_sound(const std::string& file, std::size_t count = 1) {
    const auto tensors = read(file);
    ASSERT_EQ(tensors.size(), count);
    EXPECT_EQ(tensors.front().name, "x");
    EXPECT_EQ(tensors.front().tensor.values<int>(), (std::vector<int>{7, 1007, 2007}));
  }
  void refuse(const std::string& file, const char* code, const char* part) {
    expect_error([&] { return read(file); }, ErrorKind::kFile, code, part);
  }
  /// One member, whose two headers are these.
  std::string one(const Header& local, const Header& central, const std::string& data, const std::string& after = "") {
    return archive(local.local() + data + after, central.central(), 1);
  }
  std::string one(const Header& both, const std::string& data) { return one(both, both, data); }

  Folder folder_;
  const std::string data_ = npy_of(3);
  const Header plain_ = header_of("x.npy", data_);
};

TEST_F(Zip, TheBuilderOfTheseTestsMakesSoundArchives) {
  expect_sound(one(plain_, data_));
  Header packed = plain_;
  packed.method = 8;
  packed.packed = deflated(data_).size();
  expect_sound(one(packed, deflated(data_)));
  EXPECT_TRUE(read(end_record(0, 0, 0)).empty());
}

TEST_F(Zip, BothHeadersAgree) {
  const auto differ = [&](auto change, const char* code = "E0520", const char* part = "the two headers") {
    Header other = plain_;
    change(other);
    refuse(one(other, plain_, data_), code, part);
    const auto error = error_of([&] { return read(one(plain_, other, data_)); });
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind(), ErrorKind::kFile);
  };
  differ([](Header& h) { h.crc ^= 1U; });
  differ([](Header& h) { h.size += 1; });
  differ([](Header& h) { h.packed -= 1; });
  differ([](Header& h) { h.crc = 0; });
  differ([](Header& h) { h.size = h.packed = 0; });
  differ([](Header& h) { h.method = 8; });
  differ([](Header& h) { h.flags = 0x800; });
  differ([](Header& h) { h.name = "y.npy"; });
  differ([](Header& h) { h.name = "x.npy/"; });
}

TEST_F(Zip, ACrcThatIsWrongInBothHeadersIsWrong) {
  Header wrong = plain_;
  wrong.crc ^= 0x80000000U;
  refuse(one(wrong, data_), "E0522", "its CRC is wrong");
  wrong.method = 8;
  wrong.packed = deflated(data_).size();
  refuse(one(wrong, deflated(data_)), "E0522", "its CRC is wrong");
}

TEST_F(Zip, WhatIsNotSupportedIsNamed) {
  const auto unsupported = [&](auto change, const char* part) {
    Header header = plain_;
    change(header);
    refuse(one(header, data_), "E0521", part);
  };
  unsupported([](Header& h) { h.flags = 1; }, "is encrypted");
  unsupported([](Header& h) { h.flags = 0x41; }, "is encrypted");
  unsupported([](Header& h) { h.flags = 0x2000; }, "flags 8192");
  unsupported([](Header& h) { h.version = 63; }, "version 63");
  unsupported([](Header& h) { h.method = 12; }, "method 12");
  unsupported([](Header& h) { h.method = 99; }, "method 99");
}

TEST_F(Zip, MembersAreNpyFilesOfDifferentNames) {
  const std::string local = plain_.local() + data_;
  Header second = plain_;
  second.offset = local.size();
  refuse(archive(local + local, plain_.central() + second.central(), 2), "E0520", "member 'x.npy' occurs twice");
  Header text = plain_;
  text.name = "x.txt";
  refuse(one(text, data_), "E0523", "a member 'x.txt', which is not an npy file");
  refuse(one(header_of("x.npy", "text"), "text"), "E0510", "member 'x.npy', is not an npy file");
  refuse(one(header_of("x.npy", ""), ""), "E0510", "is empty");
  text.name = std::string("x\0.npy", 6);
  EXPECT_EQ(read(one(text, data_)).front().name, std::string("x\0", 2));  // a key, and never a path
  text.name = "/../x.npy";
  EXPECT_EQ(read(one(text, data_)).front().name, "/../x");
}

TEST_F(Zip, MembersFillTheFile) {
  const std::string local = plain_.local() + data_;
  Header second = header_of("y.npy", data_);
  second.offset = local.size();
  const std::string members = local + second.local() + data_;
  expect_sound(archive(members, plain_.central() + second.central(), 2), 2);
  // The same bytes for both.
  second.offset = 0;
  second.name = "y.npy";
  refuse(archive(local, plain_.central() + second.central(), 2), "E0520", "member 'x.npy' overlaps another");
  // One inside the other: quoted overlap.
  Header outer = header_of("x.npy", second.local() + data_);
  Header inner = header_of("y.npy", data_);
  inner.offset = outer.local().size();
  refuse(archive(outer.local() + inner.local() + data_, outer.central() + inner.central(), 2), "E0520", "overlaps another");
  // A gap at the front, between, and at the end.
  Header moved = plain_;
  moved.offset = 3;
  refuse(archive("gap" + local, moved.central(), 1), "E0520", "before its first member");
  refuse(archive(local + "gap", plain_.central(), 1), "E0520", "do not end where");
  // Outside of the file.
  moved.offset = 1'000'000;
  refuse(archive(local, moved.central(), 1), "E0520", "before its first member");
  refuse(archive(local, plain_.central() + [&] {
           Header far = second;
           far.offset = 1'000'000;
           return far.central();
         }(), 2), "E0520", "outside of the file");
}

TEST_F(Zip, TheDirectoryIsWhereTheEndRecordSays) {
  const std::string local = plain_.local() + data_;
  const std::string directory = plain_.central();
  const auto with_end = [&](const std::string& end) { return local + directory + end; };
  const std::uint64_t bytes = directory.size(), offset = local.size();
  refuse(with_end(end_record(1, bytes, offset, "comment")), "E0520", "does not end with an end record");
  refuse(with_end(end_record(1, bytes, offset)) + "\n", "E0520", "does not end with an end record");
  refuse("prefix" + with_end(end_record(1, bytes, offset)), "E0520", "central directory is not where");
  refuse(with_end(end_record(1, bytes - 1, offset)), "E0520", "central directory is not where");
  refuse(with_end(end_record(1, bytes, offset + 1)), "E0520", "central directory is not where");
  refuse(with_end(end_record(1, bytes + 1, offset - 1)), "E0520", "malformed");
  refuse(with_end(end_record(0, bytes, offset)), "E0520", "behind the last entry");
  refuse(with_end(end_record(2, bytes, offset)), "E0520", "");
  refuse(with_end(end_record(65534, bytes, offset)), "E0520", "cut off");
  refuse(with_end(end_record(65535, bytes, offset)), "E0520", "zip64 end record is missing");
  refuse(with_end(end_record(1, 0xffffffff, offset)), "E0520", "zip64 end record is missing");
  refuse("", "E0520", "it is empty");
  refuse("PK\5\6", "E0520", "cut off");
  Header other_disk = plain_;
  other_disk.disk = 1;
  refuse(one(plain_, other_disk, data_), "E0520", "several disks");
}

TEST_F(Zip, Zip64EndRecordsAreReadAndChecked) {
  const std::string local = plain_.local() + data_;
  const std::string directory = plain_.central();
  const std::uint64_t bytes = directory.size(), offset = local.size();
  const auto with_end = [&](const std::string& end64, const std::string& end) { return local + directory + end64 + end; };
  const std::string end64 = end_record64(1, bytes, offset);
  expect_sound(with_end(end64, end_record(0xffff, 0xffffffff, 0xffffffff)));
  expect_sound(with_end(end64, end_record(1, bytes, offset)));
  refuse(with_end(end64, end_record(2, bytes, offset)), "E0520", "disagree");
  refuse(with_end(end64, end_record(1, bytes, offset + 1)), "E0520", "disagree");
  refuse(with_end("x" + end64, end_record(0xffff, 0xffffffff, 0xffffffff)), "E0520", "not where its locator says");
  const std::string saturated = end_record(0xffff, 0xffffffff, 0xffffffff);
  refuse(with_end(end_record64(1, bytes + 1, offset - 1), saturated), "E0520", "malformed");
  refuse(with_end(end_record64(std::uint64_t{1} << 63U, bytes, offset), saturated), "E0520", "at most 65536");
  refuse(with_end(end_record64(65537, bytes, offset), saturated), "E0520", "at most 65536");
  refuse(with_end(end_record64(65536, bytes, offset), saturated), "E0520", "cut off");
  refuse(with_end(end_record64(1, ~std::uint64_t{0}, offset), saturated), "E0520", "");
  const std::string file = with_end(end64, saturated);
  for (std::size_t at = offset + bytes; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x11);
    const auto error = error_of([&] { return read(changed); });
    const std::size_t version = offset + bytes + 12;  // of the writer, and needed: not used
    if (at >= version && at < version + 4) continue;
    ASSERT_TRUE(error.has_value()) << at - offset - bytes;
    EXPECT_EQ(error->kind(), ErrorKind::kFile);
  }
}

TEST_F(Zip, Zip64FieldsAreReadAndChecked) {
  const std::string sizes = number(data_.size(), 8) + number(data_.size(), 8);
  const auto field = [](const std::string& values) { return number(1, 2) + number(values.size(), 2) + values; };
  Header wide = plain_;
  wide.packed = wide.size = 0xffffffff;
  wide.extra = field(sizes);
  expect_sound(one(wide, plain_, data_));
  expect_sound(one(plain_, wide, data_));
  expect_sound(one(wide, wide, data_));
  Header other = wide;
  other.extra = number(0xcafe, 2) + number(3, 2) + "abc" + field(sizes);
  expect_sound(one(other, wide, data_));
  Header repeated = plain_;  // as older writers do
  repeated.extra = field(sizes);
  expect_sound(one(repeated, plain_, data_));
  const auto broken = [&](const std::string& extra) {
    Header header = wide;
    header.extra = extra;
    refuse(one(header, plain_, data_), "E0520", "of member 'x.npy'");
    refuse(one(plain_, header, data_), "E0520", "");
  };
  broken("");
  broken(field(number(data_.size(), 8)));
  broken(field(sizes + "x"));
  broken(field(sizes) + field(sizes));
  broken(field(sizes).substr(0, 19));
  broken(number(1, 2) + number(17, 2) + sizes);
  broken("abc");
  broken(field(number(data_.size() + 1, 8) + number(data_.size(), 8)));
  broken(field(number(~std::uint64_t{0}, 8) + number(~std::uint64_t{0}, 8)));
  repeated.extra = field(number(data_.size() + 1, 8) + number(data_.size(), 8));
  refuse(one(repeated, plain_, data_), "E0520", "does not fit its header");
}

TEST_F(Zip, DataDescriptorsAreReadAndChecked) {
  Header central = plain_;
  central.flags = 8;
  Header local = central;
  local.crc = local.size = local.packed = 0;
  const std::string signature = number(0x08074b50, 4);
  const auto descriptor = [&](std::uint64_t crc, std::uint64_t packed, std::uint64_t size, std::size_t width) {
    return number(crc, 4) + number(packed, width) + number(size, width);
  };
  const std::uint64_t size = data_.size();
  for (const std::size_t width : {4U, 8U}) {
    const std::string right = descriptor(plain_.crc, size, size, width);
    expect_sound(one(local, central, data_, right));
    expect_sound(one(local, central, data_, signature + right));
    expect_sound(one(central, central, data_, signature + right));
    for (const std::string& wrong : {descriptor(plain_.crc ^ 1U, size, size, width), descriptor(plain_.crc, size + 1, size, width),
                                     descriptor(plain_.crc, size, 0, width)}) {
      refuse(one(local, central, data_, wrong), "E0520", "do not end where");
      refuse(one(local, central, data_, signature + wrong), "E0520", "do not end where");
    }
    refuse(one(local, central, data_, right + "x"), "E0520", "do not end where");
    refuse(one(local, central, data_, right.substr(1)), "E0520", "do not end where");
  }
  refuse(one(local, central, data_), "E0520", "do not end where");
}

TEST_F(Zip, DeflatedMembersEndWhereTheySay) {
  const auto packed = [&](const std::string& stream, std::uint64_t size) {
    Header header = plain_;
    header.method = 8;
    header.packed = stream.size();
    header.size = size;
    return one(header, stream);
  };
  const std::string stream = deflated(data_);
  expect_sound(packed(stream, data_.size()));
  refuse(packed(stream + "x", data_.size()), "E0522", "bytes behind its data");
  refuse(packed(stream.substr(0, stream.size() - 1), data_.size()), "E0522", "cut off");
  refuse(packed("", data_.size()), "E0520", "cannot have");
  refuse(packed(deflated(data_ + "more"), data_.size()), "E0522", "go on behind");
  refuse(packed(std::string(100, '\xff'), data_.size()), "E0522", "not a deflated stream");
  refuse(packed(deflated(data_.substr(0, data_.size() - 1)), data_.size()), "E0522", "end too early");
}

TEST_F(Zip, ABombIsRefusedBeforeMemoryIsTaken) {
  const std::string preamble = io::npy_preamble(DType::kInt32, {std::int64_t{1} << 40});
  const std::string stream = deflated(preamble + std::string(1 << 20, '\0'));
  Header bomb = header_of("x.npy", "");
  bomb.method = 8;
  bomb.packed = stream.size();
  const auto claim = [&](std::uint64_t size) {
    Header header = bomb;
    header.size = 0xffffffff;
    header.packed = 0xffffffff;
    header.extra = number(1, 2) + number(16, 2) + number(size, 8) + number(bomb.packed, 8);
    return one(header, stream);
  };
  refuse(claim(preamble.size() + (std::uint64_t{4} << 40U)), "E0520", "cannot have");
  refuse(claim(preamble.size() + (1U << 20U)), "E0514", "cut off");
}

}  // namespace
}  // namespace einfold
