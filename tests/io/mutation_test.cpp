// SPDX-License-Identifier: MIT
//
// Every truncation and every change of one byte of small files: each is read as something, or is an Error of kind
// kFile. Any other exception, and any crash, is a failure.
#include "einfold/io.hpp"
#include "io/files.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <functional>
#include <random>
#include <set>

namespace einfold {
namespace {

using namespace test;

using Reader = std::function<void(const std::string& path)>;

/// A file without a disk, which makes tens of thousands of them quick.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("einfold", 0)) {}
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  void put(const std::string& bytes) const {
    ASSERT_EQ(::ftruncate(descriptor_, 0), 0);
    ASSERT_EQ(::pwrite(descriptor_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }

 private:
  int descriptor_;
};

/// What became of many files that resemble one another.
class Trial {
 public:
  explicit Trial(Reader reader) : reader_(std::move(reader)) {}

  int read = 0;
  std::set<std::string> codes;

  void file(const std::string& bytes) {
    file_.put(bytes);
    const auto error = error_of([&] { reader_(file_.path()); });
    if (!error) {
      ++read;
      return;
    }
    ASSERT_EQ(error->kind(), ErrorKind::kFile) << error->what();
    ASSERT_TRUE(error->code().starts_with("E05")) << error->what();
    codes.insert(error->code());
  }

  /// Every file that is shorter or longer than the whole one must be refused.
  void truncations_and_additions(const std::string& whole) {
    for (std::size_t length = 0; length < whole.size(); ++length) file(whole.substr(0, length));
    for (const std::string& more : {std::string(1, '\0'), std::string("x"), std::string(22, '\0'), whole}) {
      file(whole + more);
      file(more + whole);
    }
    EXPECT_EQ(read, 0);
  }

  /// Every byte, each of its bits, and some values that mean something.
  void changes(const std::string& whole) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::set<char> values = {'\0', '\xff', '0', ' ', '\''};
      for (int bit = 0; bit < 8; ++bit) values.insert(static_cast<char>(whole[at] ^ (1 << bit)));
      values.erase(whole[at]);
      for (const char value : values) {
        std::string bytes = whole;
        bytes[at] = value;
        file(bytes);
      }
    }
  }

  /// Two bytes at once.
  void random_changes(const std::string& whole, int count) {
    std::mt19937 random(7);
    for (int i = 0; i < count; ++i) {
      std::string bytes = whole;
      for (int change = 0; change < 2; ++change) bytes[random() % bytes.size()] = static_cast<char>(random());
      file(bytes);
    }
  }

 private:
  Reader reader_;
  MemoryFile file_;
};

const std::vector<NamedTensor>& seeds() {
  static const std::vector<NamedTensor> tensors = {{"w", random_tensor(DType::kFloat32, {2, 3}, 1)},
                                                   {"mask", random_tensor(DType::kBool, {5}, 2)},
                                                   {"b", random_tensor(DType::kInt64, {}, 3)}};
  return tensors;
}

/// The bytes of a file called `name` with these tensors.
std::string seed(const std::string& name, Compression compression = Compression::kStored) {
  const Folder folder;
  if (name.ends_with(".npy")) save(folder / name, seeds().front().tensor);
  else save(folder / name, seeds(), compression);
  return contents(folder / name);
}

void expect_refused(const Reader& reader, const std::string& whole, const std::set<std::string>& codes, int most_read) {
  Trial sizes(reader);
  sizes.truncations_and_additions(whole);
  Trial changes(reader);
  changes.changes(whole);
  EXPECT_EQ(changes.codes, codes);
  EXPECT_LE(changes.read, most_read) << "of " << whole.size() << " bytes";
  changes.random_changes(whole, 20'000);
}

const Reader kReadNpy = [](const std::string& path) { static_cast<void>(read_npy(path)); };
const Reader kReadNpz = [](const std::string& path) { static_cast<void>(read_npz(path)); };
const Reader kReadSafetensors = [](const std::string& path) { static_cast<void>(read_safetensors(path)); };

// What may change unnoticed: elements, and spaces of the header.
TEST(Mutation, Npy) {
  expect_refused(kReadNpy, seed("a.npy"), {"E0510", "E0511", "E0512", "E0514"}, 24 * 13 + 2 * 90);
}

const std::set<std::string> kNpzCodes = {"E0510", "E0511", "E0512", "E0514", "E0520", "E0521", "E0522"};

// Times, the versions of the writer and attributes: the CRC protects the rest.
TEST(Mutation, NpzStored) {
  expect_refused(kReadNpz, seed("a.npz"), kNpzCodes, 3 * 26 * 13);
}

TEST(Mutation, NpzDeflated) {
  expect_refused(kReadNpz, seed("a.npz", Compression::kDeflated), kNpzCodes, 3 * 26 * 13);
}

// There is no checksum: names and elements may change.
TEST(Mutation, Safetensors) {
  const std::string whole = seed("a.safetensors");
  expect_refused(kReadSafetensors, whole, {"E0530", "E0532"}, static_cast<int>(whole.size() * 13) / 2);
}

}  // namespace
}  // namespace einfold
