// SPDX-License-Identifier: MIT
//
// Bad files are exit code 3, outputs that cannot be written 6; inputs and old files stay as they are.
#include "cli/program.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace einfold::test {
namespace {

using Files = Program;

/// An npy file of version 1.0 with this header, as it is.
std::string npy(const std::string& header, const std::string& data) {
  const std::string text = header + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(text.size() & 0xffU) +
         static_cast<char>(text.size() >> 8U) + text + data;
}

std::string header(const std::string& descr, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
}

TEST_F(Files, ThatAreNoNpyAreRefused) {
  const std::string data(24, '\0');
  const std::string good = npy(header("'<f8'", "(3,)"), data);
  put(folder / "good.npy", good);
  EXPECT_EQ(ok(words("einsum i->i good.npy")), "float64 [3]\n[0.0 0.0 0.0]\n");
  const std::vector<std::string> bad = {
      "",
      "\x93NUMPY",
      "hello, world",
      good.substr(0, 9),
      good.substr(0, good.size() - 1),
      good + "x",
      npy("", data),
      npy("[]", data),
      npy("{'descr': f(), 'fortran_order': False, 'shape': (3,)}", data),
      npy(std::string(9000, '('), data),
      npy(header("'<f8'", "(3,)") + std::string(1, '\0'), data),
      npy("{'descr': '<f8', 'shape': (3,)}", data),
      npy("{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", data),
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}", data),
      npy(header("'<f8'", "(-8,)"), data),
      npy(header("'<f8'", "(-2, -4)"), data),
      npy(header("'<f8'", "(True,)"), data),
      npy(header("'<f8'", "(3.0,)"), data),
      npy(header("'<f8'", "[3]"), data),
      npy(header("'<f8'", "(4611686018427387904,)"), data),
      npy(header("'<f8'", "(18446744073709551616,)"), data),
      npy(header("'<f8'", "(4294967296, 4294967296)"), data),
      npy(header("'<f8'", "(1000000000,)"), data),
      npy(header("'|O'", "(3,)"), data),
      npy(header("'|V1000000000000'", "(3,)"), data),
      npy(header("'<f3'", "(8,)"), data),
      npy(header("[('a', '<f8')]", "(3,)"), data),
      std::string("\x93NUMPY\x00\x00", 8) + good.substr(8),
      std::string("\x93NUMPY\x09\x09", 8) + good.substr(8),
      std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12) + good.substr(10),
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    SCOPED_TRACE(i);
    put(folder / "bad.npy", bad[i]);
    fails(3, "'bad.npy'", words("einsum i->i bad.npy"));
  }
}

TEST_F(Files, OfNumPysOlderWaysAreRead) {
  put(folder / "long.npy", npy(header("'<i4'", "(2L,)"), std::string("\x07\x00\x00\x00\xff\xff\xff\xff", 8)));
  EXPECT_EQ(ok(words("einsum i->i long.npy")), "int32 [2]\n[ 7 -1]\n");
  put(folder / "big.npy", npy(header("'>i4'", "(2,)"), std::string("\x00\x00\x00\x07\xff\xff\xff\xff", 8)));
  EXPECT_EQ(ok(words("einsum i->i big.npy")), "int32 [2]\n[ 7 -1]\n");
}

TEST_F(Files, CutShortAtAnyByteAreRefused) {
  const NamedTensor a{"a", normal({3}, 1)};
  for (const std::string name : {"t.npz", "t.safetensors"}) {
    einfold::save(folder / name, std::span(&a, 1));
    const std::string whole = contents(folder / name);
    for (std::size_t size = 0; size < whole.size(); size += 7) {
      put(folder / name, whole.substr(0, size));
      fails(3, name, {"einsum", "i->i", name + ":a"});
    }
    put(folder / name, whole + "suffix");
    fails(3, name, {"einsum", "i->i", name + ":a"});
    put(folder / name, whole);
    fails(3, "has no 'b'", {"einsum", "i->i", name + ":b"});
    fails(3, "has no ''", {"einsum", "i->i", name + ":"});
    ok({"einsum", "i->i", name + ":a"});
  }
}

TEST_F(Files, OfSafetensorsThatLieAreRefused) {
  const auto with = [](const std::string& json, std::uint64_t claimed) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(claimed >> (8 * i) & 0xffU);
    return bytes + json + std::string(8, '\0');
  };
  const std::string good = R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  put(folder / "t.safetensors", with(good, good.size()));
  ok(words("einsum i->i t.safetensors:a"));
  const std::vector<std::string> bad = {
      with(good, 0), with(good, std::uint64_t{1} << 63U), with(good, 1000), with("not json", 8), "",
      with(R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}})", good.size()),
      with(R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,8]}})", good.size()),
      with(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}})", good.size()),
      with(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}})", good.size()),
      with(std::string(5000, '['), 5000)};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    SCOPED_TRACE(i);
    put(folder / "t.safetensors", bad[i]);
    fails(3, "'t.safetensors'", words("einsum i->i t.safetensors:a"));
  }
}

TEST_F(Files, ThatAreNoRegularFilesAreNotRead) {
  ASSERT_EQ(::mkfifo((folder / "pipe.npy").c_str(), 0600), 0);
  std::filesystem::create_directory(folder / "d.npy");
  std::filesystem::create_symlink("/dev/zero", folder / "zero.npy");
  std::filesystem::create_symlink("loop.npy", folder / "loop.npy");
  for (const char* name : {"pipe.npy", "d.npy", "zero.npy", "loop.npy", "none.npy"}) fails(3, name, {"einsum", "i->", name});
}

TEST_F(Files, WithAnyBytesInTheirNamesWork) {
  const std::string name = "caf\xe9\n\x1b[31m.npy";
  std::filesystem::copy(folder / "m23.npy", folder / name);
  EXPECT_EQ(ok({"einsum", "ij->i", name}), "int64 [2]\n[ 6 15]\n");
  const Outcome outcome = run({"einsum", "ij->i", name, "-o", "out" + name, "--json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(read_npy(folder / ("out" + name)).shape(), Shape{2});
  fails(3, "\\x1b", {"einsum", "ij->i", "no" + name});
  fails(3, "", {"einsum", "ij->i", std::string(120'000, 'a') + ".npy"});
}

TEST_F(Files, ThatCannotBeWrittenAreKnownBeforeAnythingIsRead) {
  std::filesystem::create_directory(folder / "d.npy");
  std::filesystem::create_directory(folder / "d");
  fails(6, "is a directory", words("einsum i-> none.npy -o d.npy"));
  fails(6, "is a directory", words("einsum i-> none.npy -o d"));
  fails(6, "is a directory", words("einsum i-> none.npy -o d/"));
  fails(6, "No such file", words("einsum i-> none.npy -o none/a.npy"));
  fails(6, "", words("einsum i-> none.npy -o m23.npy/a.npy"));
  fails(6, "No such file", words("conv unfold --x none.npy --kernel 1 -o none/a.npy"));
  if (::geteuid() == 0) return;  // root may write everywhere
  std::filesystem::permissions(folder / "d", std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  fails(6, "Permission denied", words("einsum i-> none.npy -o d/a.npy"));
  std::filesystem::permissions(folder / "m23.npy", std::filesystem::perms::owner_read);
  fails(6, "Permission denied", words("einsum i-> none.npy -o m23.npy"));
}

TEST_F(Files, OnAFullDeviceAreAnError) {
  std::filesystem::create_symlink("/dev/full", folder / "full.npz");
  for (const char* target : {"full.npz", "/dev/full"}) fails(6, "No space left", {"einsum", "ij->i", "m23.npy", "-o", target});
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "full.npz"));
}

TEST_F(Files, ThatGrowTooLargeLeaveTheOldOne) {
  put(folder / "out.npy", "precious");
  const std::size_t files = folder.count();
  const Outcome outcome = run({"einsum", "ij->ijr", "m23.npy", "--size", "r=10000", "-o", "out.npy"}, [] {
    const rlimit limit = {4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  });
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  EXPECT_EQ(contents(folder / "out.npy"), "precious");
  EXPECT_EQ(folder.count(), files);
}

TEST_F(Files, ResultsAreWrittenInPlace_IntoPipesAndThroughLinks) {
  ASSERT_EQ(::mkfifo((folder / "pipe.npy").c_str(), 0600), 0);
  const int pipe = ::open((folder / "pipe.npy").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ok(words("einsum ij->i m23.npy -o pipe.npy"));
  std::string got(1000, '\0');
  got.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(pipe, got.data(), got.size()))));
  ::close(pipe);
  put(folder / "got.npy", got);
  EXPECT_EQ(read_npy(folder / "got.npy").values<std::int64_t>(), (std::vector<std::int64_t>{6, 15}));
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe.npy"));

  put(folder / "old.npy", "old");
  std::filesystem::create_symlink("old.npy", folder / "link.npy");
  ok(words("einsum ij->i m23.npy -o link.npy"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.npy"));
  EXPECT_EQ(read_npy(folder / "old.npy").shape(), Shape{2});

  put(folder / "stdout.npy", ok(words("einsum ij->i m23.npy -o /dev/stdout")));
  EXPECT_EQ(read_npy(folder / "stdout.npy").shape(), Shape{2});
}

TEST_F(Files, MayBeInputAndOutputAtOnce) {
  ok(words("einsum ij->ji m23.npy -o m23.npy"));
  EXPECT_EQ(read_npy(folder / "m23.npy").values<std::int64_t>(), (std::vector<std::int64_t>{1, 4, 2, 5, 3, 6}));
  const std::string before = contents(folder / "m23.npy");
  fails(4, "", words("einsum ii->i m23.npy -o m23.npy"));
  EXPECT_EQ(contents(folder / "m23.npy"), before);
}

TEST_F(Files, KeepTypesThatTheyHave) {
  save("half.npy", normal({3}, 1).to(DType::kFloat16));
  const NamedTensor brain{"a", normal({3}, 1).to(DType::kBFloat16)};
  einfold::save(folder / "brain.safetensors", std::span(&brain, 1));
  ok(words("einsum i->i half.npy -o out.npz"));
  EXPECT_EQ(read_npz(folder / "out.npz", "result").dtype(), DType::kFloat16);
  ok(words("einsum i->i brain.safetensors:a -o out.safetensors"));
  EXPECT_EQ(read_safetensors(folder / "out.safetensors", "result").dtype(), DType::kBFloat16);
  fails(4, "bfloat16", words("einsum i->i brain.safetensors:a -o b.npy"));
}

}  // namespace
}  // namespace einfold::test
