// SPDX-License-Identifier: MIT
#include "einfold/io.hpp"
#include "io/files.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace einfold {
namespace {

using namespace test;

const Tensor& some() {
  static const Tensor tensor = random_tensor(DType::kFloat32, {40, 50}, 1);
  return tensor;
}

unsigned permissions(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

TEST(Output, AFullDeviceIsAnError_AndStaysADevice) {
  const Folder folder;
  const std::string link = folder / "full.npy";
  std::filesystem::create_symlink("/dev/full", link);
  for (const char* name : {"full.npy", "full.npz", "full.safetensors"}) {
    if (!std::filesystem::is_symlink(folder / name)) std::filesystem::create_symlink("/dev/full", folder / name);
    expect_error([&] { save(folder / name, some()); }, ErrorKind::kOutput, "E0701", "No space left");
  }
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
  EXPECT_EQ(folder.count(), 3U);
}

/// In the scope, files cannot grow beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_ = {};
  void (*handler_)(int) = nullptr;
};

TEST(Output, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const Folder folder;
  for (const char* name : {"a.npy", "a.npz", "a.safetensors"}) {
    const std::string path = folder / name;
    save(path, Tensor::scalar(1.5));
    const std::string old = contents(path);
    for (const rlim_t limit : {0, 1, 100, 200, 5000, 8000}) {
      const FileSizeLimit limited(limit);
      expect_error([&] { save(path, some()); }, ErrorKind::kOutput, "E0701", "File too large");
    }
    EXPECT_EQ(contents(path), old);
    save(path, some());
    EXPECT_NE(contents(path), old);
  }
  EXPECT_EQ(folder.count(), 3U);
}

TEST(Output, AFailedWriteOfANewFileLeavesNothing) {
  const Folder folder;
  const FileSizeLimit limited(1000);
  expect_error([&] { save(folder / "a.npz", some()); }, ErrorKind::kOutput, "E0701");
  EXPECT_EQ(folder.count(), 0U);
}

TEST(Output, FoldersThatCannotBeWrittenAreErrors) {
  const Folder folder;
  expect_error([&] { save(folder / "no/a.npy", some()); }, ErrorKind::kOutput, "E0701", "No such file");
  std::filesystem::create_directory(folder / "d.npy");
  expect_error([&] { save(folder / "d.npy", some()); }, ErrorKind::kOutput, "E0702", "is a directory");
  put(folder / "file", "x");
  expect_error([&] { save(folder / "file/a.npy", some()); }, ErrorKind::kOutput, "E0701", "Not a directory");
  expect_error([&] { save("/proc/a.npy", some()); }, ErrorKind::kOutput, "E0701");
  expect_error([&] { save(folder / (std::string(300, 'x') + ".npy"), some()); }, ErrorKind::kOutput, "E0701", "too long");
  std::string nul = folder / "a";
  nul += '\0';
  expect_error([&] { save(nul + ".npy", some()); }, ErrorKind::kOutput, "E0701");
  EXPECT_EQ(folder.count(), 2U);
}

/// In the scope, root is a user whom permissions bind.
class Unprivileged {
 public:
  Unprivileged() : user_(::geteuid()) {
    EXPECT_EQ(user_ == 0 ? ::seteuid(65534) : 0, 0);
  }
  ~Unprivileged() {
    EXPECT_EQ(::seteuid(user_), 0);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  uid_t user_;
};

TEST(Output, PermissionsAreHonoured) {
  const Folder folder;
  ::chmod((folder / "").c_str(), 0777);
  put(folder / "a.npy", "protected");
  ::chmod((folder / "a.npy").c_str(), 0444);
  std::filesystem::create_directory(folder / "closed");
  ::chmod((folder / "closed").c_str(), 0555);
  {
    const Unprivileged user;
    // Replacing the file would need permission for the folder only; it is protected all the same.
    expect_error([&] { save(folder / "a.npy", some()); }, ErrorKind::kOutput, "E0701", "Permission denied");
    expect_error([&] { save(folder / "closed/a.npy", some()); }, ErrorKind::kOutput, "E0701", "Permission denied");
    save(folder / "b.npy", some());
  }
  EXPECT_EQ(contents(folder / "a.npy"), "protected");
  expect_equal(read_npy(folder / "b.npy"), some());
  ::chmod((folder / "b.npy").c_str(), 0);
  const Unprivileged user;
  expect_error([&] { return read_npy(folder / "b.npy"); }, ErrorKind::kFile, "E0501", "Permission denied");
}

TEST(Output, KeepsPermissions_AndHonoursTheUmaskForNewFiles) {
  const Folder folder;
  const mode_t before = ::umask(027);
  save(folder / "a.npy", some());
  EXPECT_EQ(permissions(folder / "a.npy"), 0640U);
  ::chmod((folder / "a.npy").c_str(), 0604);
  save(folder / "a.npy", some());
  EXPECT_EQ(permissions(folder / "a.npy"), 0604U);
  ::umask(before);
}

TEST(Output, FollowsSymbolicLinks_WhichStay) {
  const Folder folder;
  std::filesystem::create_directory(folder / "d");
  save(folder / "d/a.npy", Tensor::scalar(1.0));
  std::filesystem::create_symlink("d/a.npy", folder / "first.npy");
  std::filesystem::create_symlink("first.npy", folder / "second.npy");
  std::filesystem::create_symlink("d/new.npy", folder / "dangling.npy");
  save(folder / "second.npy", some());
  save(folder / "dangling.npy", some());
  for (const char* link : {"first.npy", "second.npy", "dangling.npy"}) {
    EXPECT_TRUE(std::filesystem::is_symlink(folder / link));
    expect_equal(read_npy(folder / link), some());
  }
  EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(folder / "d/new.npy")));
  std::filesystem::create_symlink("loop.npy", folder / "loop.npy");
  expect_error([&] { save(folder / "loop.npy", some()); }, ErrorKind::kOutput, "E0701");
}

TEST(Output, APipeIsWrittenInPlace) {
  const Folder folder;
  const std::string pipe = folder / "a.npy";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = contents(pipe); });
  save(pipe, some());
  reader.join();
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  put(folder / "b.npy", got);
  expect_equal(read_npy(folder / "b.npy"), some());
}

TEST(Output, AnOpenFileUnderProcIsWrittenInPlace) {
  const Folder folder;
  const int descriptor = ::open((folder / "a").c_str(), O_RDWR | O_CREAT, 0600);
  std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(descriptor), folder / "link.npy");
  save(folder / "link.npy", some());
  struct stat open = {}, named = {};
  ::fstat(descriptor, &open);
  ::stat((folder / "a").c_str(), &named);
  EXPECT_EQ(open.st_ino, named.st_ino);
  ::close(descriptor);
  std::filesystem::rename(folder / "a", folder / "a.npy");
  expect_equal(read_npy(folder / "a.npy"), some());
}

TEST(Output, WritersOfOneFileAtATimeLeaveOneOfTheirFiles) {
  const Folder folder;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) save(folder / "a.npy", Tensor::from({5000}, std::vector<double>(5000, t)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<double> values = read_npy(folder / "a.npy").values<double>();
  EXPECT_EQ(values, std::vector<double>(5000, values.front()));
  EXPECT_EQ(folder.count(), 1U);
}

TEST(Output, APipeWithoutEndingGetsNpy) {
  const Folder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = contents(folder / "pipe"); });
  save(folder / "pipe", some());
  reader.join();
  put(folder / "a.npy", got);
  expect_equal(read_npy(folder / "a.npy"), some());
}

TEST(Output, CheckingTellsWhatSavingWould_AndWritesNothing) {
  const Folder folder;
  save(folder / "old.npy", some());
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(folder / "d.npy");
  for (const char* good : {"old.npy", "new.npz", "pipe"}) check_output(folder / good);  // does not wait for a reader
  expect_equal(read_npy(folder / "old.npy"), some());
  EXPECT_EQ(folder.count(), 3U);
  expect_error([&] { check_output(folder / "a.txt"); }, ErrorKind::kUsage, "E0821");
  expect_error([&] { check_output(folder / "none/a.npy"); }, ErrorKind::kOutput, "E0701", "No such file");
  expect_error([&] { check_output(folder / "d.npy"); }, ErrorKind::kOutput, "E0702");
  expect_error([&] { check_output(folder / ""); }, ErrorKind::kOutput, "E0702");
}

TEST(Input, OnlyRegularFilesAreRead) {
  const Folder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("loop", folder / "loop");
  const auto refuse = [&](const std::string& path, const char* code, const char* part) {
    expect_error([&] { return read_npy(path); }, ErrorKind::kFile, code, part);
    expect_error([&] { return read_npz(path); }, ErrorKind::kFile, code, part);
    expect_error([&] { return read_safetensors(path); }, ErrorKind::kFile, code, part);
  };
  refuse(folder / "pipe", "E0502", "is not a regular file");
  refuse(folder / "", "E0502", "is a directory");
  refuse("/dev/zero", "E0502", "is not a regular file");
  refuse(folder / "loop", "E0501", "symbolic links");
  refuse(folder / "none", "E0501", "No such file");
  refuse("", "E0501", "No such file");
  refuse(std::string("a\0b", 3), "E0501", "is no file name");
  refuse(folder / "a\n\x1b[31m", "E0501", "a\\x0a\\x1b[31m'");
}

}  // namespace
}  // namespace einfold
