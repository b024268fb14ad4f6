// SPDX-License-Identifier: MIT
#include "einfold/io.hpp"
#include "io/bytes.hpp"
#include "io/files.hpp"

namespace einfold {
namespace {

using namespace test;

/// A file with this header and so many bytes of data, 0, 1, 2, ..
std::string file_of(const std::string& header, std::size_t data_bytes) {
  std::string file;
  io::append_number(file, header.size(), 8);
  file += header;
  for (std::size_t i = 0; i < data_bytes; ++i) file += static_cast<char>(i);
  return file;
}

std::string entry(const std::string& name, const std::string& type, const std::string& shape, const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets + "]}";
}

class Safetensors : public ::testing::Test {
 protected:
  std::vector<NamedTensor> read(const std::string& file) {
    put(folder_ / "a.safetensors", file);
    return read_safetensors(folder_ / "a.safetensors");
  }
  void refuse(const std::string& header, std::size_t data_bytes, const char* code, const char* part) {
    expect_error([&] { return read(file_of(header, data_bytes)); }, ErrorKind::kFile, code, part);
  }
  Folder folder_;
};

TEST_F(Safetensors, AreReadInAnyOrderAndSpacing) {
  const auto tensors = read(file_of("{ " + entry("b", "I32", "2", "4,12") + " ,\n" + entry("a", "BF16", "2,1", "0,4") +
                                        ", \"__metadata__\": {\"format\": \"pt\"} }   ", 12));
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "b");
  EXPECT_EQ(tensors[0].tensor.values<int>(), (std::vector<int>{0x07060504, 0x0b0a0908}));
  EXPECT_EQ(tensors[1].tensor.dtype(), DType::kBFloat16);
  EXPECT_EQ(tensors[1].tensor.shape(), (Shape{2, 1}));
  EXPECT_EQ(read(file_of("{\"a\":{\"data_offsets\":[0,4],\"shape\":[],\"dtype\":\"F32\"}}", 4)).front().tensor.rank(), 0);
  EXPECT_EQ(read(file_of("{" + entry("\\u0061\\n", "F32", "", "0,4") + "}", 4)).front().name, "a\n");
  EXPECT_EQ(read(file_of("{" + entry("a", "F32", "0,4611686018427387904", "0,0") + "," + entry("b", "F32", "1", "0,4") + "}", 4)).size(), 2U);
  EXPECT_EQ(bytes(read(file_of("{" + entry("a", "BOOL", "3", "0,3") + "}", 3)).front().tensor), std::string("\0\1\1", 3));
}

TEST_F(Safetensors, TheLengthOfTheHeaderFits) {
  const auto refuse_file = [&](const std::string& file, const char* part) {
    expect_error([&] { return read(file); }, ErrorKind::kFile, "E0530", part);
  };
  refuse_file("", "it has 0 bytes");
  refuse_file("1234567", "it has 7 bytes");
  refuse_file(std::string(8, '\0'), "not a JSON object");
  refuse_file(std::string("\3\0\0\0\0\0\0\0{}", 10), "a header of 3 bytes, where 2 follow");
  refuse_file(std::string("\0\0\0\0\0\0\0\x80{}", 10), "a header of 9223372036854775808 bytes");
  refuse_file(std::string(8, '\xff') + "{}", "a header of 18446744073709551615 bytes");
  std::string header = "{}";
  header.resize(std::size_t{16} << 20U, ' ');
  EXPECT_TRUE(read(file_of(header, 0)).empty());
  refuse_file(file_of(header + ' ', 0), "at most 16777216");
}

TEST_F(Safetensors, TheHeaderIsJsonOfTheOneForm) {
  const auto malformed = [&](const std::string& header, const char* part) { refuse(header, 4, "E0530", part); };
  const std::string good = entry("a", "F32", "1", "0,4");
  EXPECT_EQ(read(file_of("{" + good + "}", 4)).size(), 1U);
  malformed("[]", "not a JSON object");
  malformed(" {" + good + "}", "not a JSON object");
  malformed("\xef\xbb\xbf{" + good + "}", "not a JSON object");
  malformed(std::string("{}\0", 3), "not a JSON object");
  malformed("{" + good, "not JSON, at byte");
  malformed("{" + good + "}}", "not JSON, at byte");
  malformed("{" + good + ",}", "not JSON, at byte");
  malformed("{" + good + "} x", "not JSON, at byte");
  malformed("{" + entry("\xff", "F32", "1", "0,4") + "}", "not JSON, at byte");
  malformed("{" + entry("\\ud800", "F32", "1", "0,4") + "}", "not JSON, at byte");
  malformed("{" + good + "," + good + "}", "the name 'a' occurs twice");
  malformed("{\"a\":1}", "a number where the format has none");
  malformed("{\"a\":[]}", "a list where");
  malformed("{\"a\":null}", "null where");
  malformed("{\"a\":true}", "a boolean where");
  malformed("{\"a\":\"x\"}", "a string where");
  malformed("{\"a\":{}}", "tensor 'a' needs dtype, shape and data_offsets");
  malformed("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "tensor 'a' needs");
  malformed("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "the key 'dtype' of tensor 'a'");
  malformed("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", "the key 'x' of tensor 'a'");
  malformed("{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}", "a number where");
  malformed("{\"a\":{\"dtype\":[],\"shape\":[1],\"data_offsets\":[0,4]}}", "a list where");
  malformed("{\"a\":{\"dtype\":{},\"shape\":[1],\"data_offsets\":[0,4]}}", "an object where");
  malformed("{\"__metadata__\":{\"x\":1}," + good + "}", "a number where");
  malformed("{\"__metadata__\":{\"x\":{}}," + good + "}", "an object where");
  malformed("{\"__metadata__\":{\"x\":\"\",\"x\":\"\"}," + good + "}", "'x' occur twice");
  malformed("{\"__metadata__\":[]," + good + "}", "a list where");
  malformed("{\"__metadata__\":{},\"__metadata__\":{}," + good + "}", "occurs twice");
  malformed("{\"a\":" + std::string(1'000'000, '['), "a list where");
  malformed("{\"a\":" + std::string(1'000'000, '{'), "not JSON");
  std::string nested = "{";
  for (int i = 0; i < 100'000; ++i) nested += "\"a\":{";
  malformed(nested, "the key 'a' of tensor 'a' is unknown");
  for (const char* shape : {"-1", "1.0", "1e0", "18446744073709551616", "9223372036854775808", "\"1\"", "[1]", "null", "true", "{}"}) {
    malformed("{" + entry("a", "F32", shape, "0,4") + "}", "where the format has none");
  }
  for (const char* offsets : {"0", "0,4,4", "", "-1,3", "0,4.0", "0,[4]"}) {
    malformed("{" + entry("a", "F32", "1", offsets) + "}", "where the format has none");
  }
}

TEST_F(Safetensors, OffsetsFillTheData) {
  const auto sizes = [&](const std::string& entries, std::size_t data_bytes, const char* part) {
    refuse("{" + entries + "}", data_bytes, "E0532", part);
  };
  sizes(entry("a", "F32", "1", "0,5"), 5, "needs 4 bytes, but its offsets are 0 and 5");
  sizes(entry("a", "F32", "1", "4,0"), 4, "needs 4 bytes, but its offsets are 4 and 0");
  sizes(entry("a", "F32", "2", "0,4"), 4, "needs 8 bytes");
  sizes(entry("a", "F32", "1", "0,4"), 5, "something behind the last tensor");
  sizes(entry("a", "F32", "1", "0,4"), 3, "cut off");
  sizes(entry("a", "F32", "1", "18446744073709551612,18446744073709551615"), 4, "needs 4 bytes");
  sizes(entry("a", "F32", "1", "18446744073709551611,18446744073709551615"), 4, "starts at byte 18446744073709551611");
  sizes(entry("a", "F32", "1", "1,5"), 5, "starts at byte 1 of the data");
  sizes(entry("a", "F32", "1", "0,4") + "," + entry("b", "F32", "1", "0,4"), 4, "tensor 'b', starts at byte 0");
  sizes(entry("a", "F32", "1", "0,4") + "," + entry("b", "F32", "1", "3,7"), 7, "tensor 'b', starts at byte 3");
  sizes(entry("a", "F32", "1", "0,4") + "," + entry("b", "F32", "1", "5,9"), 9, "tensor 'b', starts at byte 5");
  sizes(entry("a", "F32", "4611686018427387904,4", "0,0"), 0, "64-bit address");
  sizes(entry("a", "F32", "4294967296,4294967296", "0,0"), 0, "64-bit address");
  sizes(entry("a", "F32", "1000000000000", "0,4"), 4, "needs 4000000000000 bytes");
  std::string ones = "1";
  for (int i = 0; i < 255; ++i) ones += ",1";
  sizes(entry("a", "F32", ones, "0,4"), 4, "rank");
}

TEST_F(Safetensors, AnUnsupportedTypeMattersOnlyWhereItIsRead) {
  const std::string file = file_of("{" + entry("a", "U8", "3", "0,3") + "," + entry("b", "F32", "1", "3,7") + "," +
                                       entry("c", "F4", "2", "7,8") + "}", 8);
  expect_error([&] { return read(file); }, ErrorKind::kFile, "E0531", "tensor 'a', has elements of type U8");
  EXPECT_EQ(read_safetensors(folder_ / "a.safetensors", "b").size(), 1);
  expect_error([&] { return load(folder_ / "a.safetensors:c"); }, ErrorKind::kFile, "E0531", "F4");
  refuse("{" + entry("a", "U8", "3", "0,4") + "}", 4, "E0532", "needs 3 bytes");
  refuse("{" + entry("a", "F128", "1", "0,16") + "}", 16, "E0530", "the unknown type 'F128'");
  refuse("{" + entry("a", "", "1", "0,4") + "}", 4, "E0530", "the unknown type ''");
}

TEST_F(Safetensors, AtMostAHundredThousandTensors) {
  std::string header = "{";
  for (int i = 0; i < 100'000; ++i) header += (i == 0 ? "" : ",") + entry(std::to_string(i), "F32", "0", "0,0");
  EXPECT_EQ(read(file_of(header + "}", 0)).size(), 100'000U);
  refuse(header + "," + entry("more", "F32", "0", "0,0") + "}", 0, "E0530", "more than 100000 tensors");
}

}  // namespace
}  // namespace einfold
