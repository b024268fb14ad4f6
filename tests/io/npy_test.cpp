// SPDX-License-Identifier: MIT
#include "einfold/io.hpp"
#include "io/files.hpp"
#include "io/npy_header.hpp"

namespace einfold {
namespace {

using namespace test;

io::ArrayHeader parse(const std::string& text) { return io::parse_npy_header(text, "'a.npy'"); }

void refuse(const std::string& text, const char* code, const char* part) {
  expect_error([&] { return parse(text); }, ErrorKind::kFile, code, part);
}

std::string with_shape(const std::string& shape) {
  return "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + "}";
}
std::string with_descr(const std::string& descr) {
  return "{'descr': " + descr + ", 'fortran_order': False, 'shape': (2,)}";
}

TEST(NpyHeader, IsReadInAnyOrderAndSpacing) {
  const io::ArrayHeader expected{DType::kFloat32, std::endian::big, true, {3, 4}};
  EXPECT_EQ(parse("{'descr': '>f4', 'fortran_order': True, 'shape': (3, 4), }     \n"), expected);
  EXPECT_EQ(parse("{\"shape\":(3,4,),\"fortran_order\":True,\"descr\":\">f4\"}"), expected);
  EXPECT_EQ(parse(" { 'shape' : ( 3 , 4 ) , 'descr' : '>f4' , 'fortran_order' : True , } \n"), expected);
  EXPECT_EQ(parse("{'descr': '>f4', 'fortran_order': True, 'shape': (3L, 4L)}"), expected);
  EXPECT_EQ(parse(with_shape("()")).shape, Shape{});
  EXPECT_EQ(parse(with_shape("(0,)")).shape, Shape{0});
  EXPECT_EQ(parse(with_shape("(0, 4611686018427387904)")).shape, (Shape{0, std::int64_t{1} << 62}));
}

TEST(NpyHeader, OnlyItsThreeKeysOnce) {
  refuse("", "E0511", "expected '{'");
  refuse("{}", "E0511", "are needed");
  refuse("{'descr': '<f8', 'shape': ()}", "E0511", "are needed");
  refuse("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'shape': ()}", "E0511", "'shape' is unknown or occurs twice");
  refuse("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}", "E0511", "'descr'");
  refuse("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'x': 1}", "E0511", "'x' is unknown");
  refuse("{'descr': '<f8' 'fortran_order': False, 'shape': ()}", "E0511", "expected ','");
  refuse("{'descr': '<f8',, 'fortran_order': False, 'shape': ()}", "E0511", "expected a string");
  refuse("{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", "E0511", "expected True or False");
  refuse("{'descr': '<f8', 'fortran_order': Falsehood, 'shape': ()}", "E0511", "expected ','");
  refuse("{'descr': '<f8', 'fortran_order': False, 'shape': ()} x", "E0511", "behind the dictionary");
  refuse("{'descr': '<f8', 'fortran_order': False, 'shape': ()", "E0511", "expected ','");
  refuse("{'descr': '<f8", "E0511", "without escapes");
  refuse("{'de\\x73cr': '<f8', 'fortran_order': False, 'shape': ()}", "E0511", "without escapes");
  refuse("[('descr', '<f8')]", "E0511", "expected '{'");
  refuse("__import__('os').system('true')", "E0511", "expected '{'");
  refuse(std::string(9000, '('), "E0511", "expected '{'");
  refuse(with_shape(std::string(9000, '(')), "E0511", "expected an extent");
  refuse(std::string("{'descr\0': 1}", 13), "E0511", "'descr\\x00'");
}

TEST(NpyHeader, AnExtentIsANumberAndNothingElse) {
  for (const char* shape : {"(-8,)", "(True,)", "(8.0,)", "[8]", "8", "(8)", "(0x8,)", "(1_0,)", "(08,)", "(8 8)", "(,)",
                            "(8,,)", "(8", "((8,),)", "('8',)", "(None,)", "(8LL,)", "(-2, -4)", "(+8,)"}) {
    refuse(with_shape(shape), "E0511", "malformed npy header");
  }
  refuse(with_shape("(9223372036854775808,)"), "E0511", "63 bits");
  refuse(with_shape("(18446744073709551616,)"), "E0511", "63 bits");
  refuse(with_shape("(99999999999999999999999999,)"), "E0511", "63 bits");
  refuse(with_shape("(4611686018427387904,)"), "E0513", "64-bit address");
  refuse(with_shape("(4294967296, 4294967296)"), "E0513", "64-bit address");
  std::string ones = "(";
  for (int i = 0; i < 256; ++i) ones += "1,";
  refuse(with_shape(ones + ")"), "E0513", "rank");
}

TEST(NpyHeader, OnlyNativeTypes_OthersAreNamedWithACure) {
  refuse(with_descr("'|u1'"), "E0512", "'|u1', which is not supported; save array.astype('int32')");
  refuse(with_descr("'<u4'"), "E0512", "int64");
  refuse(with_descr("'<u8'"), "E0512", "2**63");
  refuse(with_descr("'<f3'"), "E0512", "float64");
  refuse(with_descr("'<f16'"), "E0512", "float64");
  refuse(with_descr("'<c32'"), "E0512", "complex128");
  refuse(with_descr("'|O'"), "E0512", "never read");
  refuse(with_descr("'|V0'"), "E0512", "array of numbers");
  refuse(with_descr("'|V2'"), "E0512", "safetensors");
  refuse(with_descr("'|S3'"), "E0512", "array of numbers");
  refuse(with_descr("''"), "E0512", "''");
  refuse(with_descr("'f8'"), "E0512", "'f8'");
  refuse(with_descr("'|f8'"), "E0512", "'|f8'");
  refuse(with_descr("'<<f8'"), "E0512", "'<<f8'");
  refuse(with_descr("[('a', '<f8')]"), "E0512", "structured");
  refuse(with_descr("('<f8', (2,))"), "E0511", "expected a string");
}

// Whole files.

std::string npy(const std::string& header, const std::string& data, char version = 1) {
  std::string file = "\x93NUMPY";
  file += {version, '\0'};
  const std::size_t width = version == 1 ? 2 : 4;
  for (std::size_t i = 0; i < width; ++i) file += static_cast<char>(header.size() >> (8 * i) & 255U);
  return file + header + data;
}

class Npy : public ::testing::Test {
 protected:
  Tensor read(const std::string& bytes) {
    put(folder_ / "a.npy", bytes);
    return read_npy(folder_ / "a.npy");
  }
  void refuse_file(const std::string& bytes, const char* code, const char* part) {
    expect_error([&] { return read(bytes); }, ErrorKind::kFile, code, part);
  }
  Folder folder_;
};

TEST_F(Npy, EveryVersionOfTheFormat) {
  const std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}";
  for (const char version : {'\1', '\2', '\3'}) {
    EXPECT_EQ(read(npy(header, std::string("\1\0\0\0\xff\xff\xff\xff", 8), version)).values<int>(),
              (std::vector<int>{1, -1}));
  }
  for (const char version : {'\0', '\4', '\x9', '\xff'}) {
    refuse_file(npy(header, std::string(8, 'x'), version), "E0510", "known are 1.0, 2.0 and 3.0");
  }
}

TEST_F(Npy, BigEndianElementsAreSwapped) {
  const auto file = [](const char* type, const char* shape, const std::string& data) {
    return npy(std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': " + shape + "}", data);
  };
  EXPECT_EQ(read(file(">i4", "(2,)", std::string("\0\0\1\2\xff\xff\xff\xfe", 8))).values<int>(),
            (std::vector<int>{258, -2}));
  EXPECT_EQ(read(file(">f8", "()", std::string("\x3f\xf8\0\0\0\0\0\0", 8))).at<double>({}), 1.5);
  EXPECT_EQ(read(file(">c8", "(1,)", std::string("\x3f\xc0\0\0\xbf\x80\0\0", 8))).values<std::complex<float>>().front(),
            std::complex<float>(1.5F, -1.0F));
  EXPECT_EQ(read(file(">f2", "(1,)", "\x3e\x01")).to(DType::kFloat64).values<double>().front(), 1.5 + 1.0 / 1024);
  EXPECT_EQ(read(file("=i4", "(1,)", std::string("\1\0\0\0", 4))).values<int>().front(), 1);
}

TEST_F(Npy, FortranOrderIsTheFirstAxisFastest) {
  std::string data;
  for (char i = 0; i < 6; ++i) data += std::string{i, 0, 0, 0};
  const Tensor tensor = read(npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3)}", data));
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor.values<int>(), (std::vector<int>{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(read(npy("{'descr': '<i4', 'fortran_order': True, 'shape': ()}", data.substr(20))).at<int>({}), 5);
  EXPECT_EQ(read(npy("{'descr': '<i4', 'fortran_order': True, 'shape': (4, 0, 2)}", "")).size(), 0);
}

TEST_F(Npy, BoolsMayBeAnyByte) {
  const Tensor tensor = read(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", std::string("\0\2\xff", 3)));
  EXPECT_EQ(tensor.values<bool>(), (std::vector<bool>{false, true, true}));
  EXPECT_EQ(bytes(tensor), std::string("\0\1\1", 3));
}

TEST_F(Npy, WhatIsNoNpyIsShown) {
  refuse_file("", "E0510", "is empty");
  refuse_file("PK\3\4 something", "E0510", "starts with 'PK\\x03\\x04 s'");
  refuse_file("\x93NUM", "E0510", "starts with");
  refuse_file("\x93NUMPY", "E0514", "cut off");
}

TEST_F(Npy, SizesAreCheckedBeforeMemoryIsTaken) {
  const auto file = [](const char* shape, std::size_t count) {
    return npy(std::string("{'descr': '<f8', 'fortran_order': False, 'shape': ") + shape + "}", std::string(count, 'x'));
  };
  refuse_file(file("(1000000000,)", 8), "E0514", "has 8 bytes of elements instead of 8000000000: it is cut off");
  refuse_file(file("(288230376151711743,)", 8), "E0514", "cut off");
  refuse_file(file("(9,)", 71), "E0514", "cut off");
  refuse_file(file("(9,)", 73), "E0514", "there is something behind the array");
  refuse_file(file("(0,)", 1), "E0514", "behind");
  refuse_file(file("(0, 4294967296, 4294967296)", 8), "E0514", "behind");
  EXPECT_EQ(read(file("(0, 4294967296, 4294967296)", 0)).size(), 0);
}

TEST_F(Npy, AHeaderIsAtMost64KiB) {
  std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (0,)}";
  header.resize(65536, ' ');
  EXPECT_EQ(read(npy(header, "", 2)).size(), 0);
  refuse_file(npy(header + ' ', "", 2), "E0511", "at most 65536");
  refuse_file(npy("", "", 2).substr(0, 8) + "\xff\xff\xff\xff", "E0511", "4294967295 bytes");
  refuse_file(npy(header, "", 2).substr(0, 100), "E0514", "cut off");
}

}  // namespace
}  // namespace einfold
