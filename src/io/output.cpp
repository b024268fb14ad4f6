// SPDX-License-Identifier: MIT
#include "io/output.hpp"

#include "base/fail.hpp"
#include "einfold/text.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <ctime>
#include <optional>
#include <system_error>
#include <utility>

namespace einfold::io {
namespace {

constexpr mode_t kPermissions = 07777;

/// A system call again for as long as signals interrupt it.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// The directory of `path` without symbolic links, with a slash at its end; nullopt with errno set.
std::optional<std::string> directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  std::array<char, PATH_MAX> canonical = {};
  if (::realpath(directory.c_str(), canonical.data()) == nullptr) return std::nullopt;
  std::string result = canonical.data();
  if (result.back() != '/') result += '/';
  return result;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }  // npos + 1 is 0

std::optional<std::string> link_at(const std::string& path) {
  std::array<char, PATH_MAX> text = {};
  const ssize_t length = ::readlink(path.c_str(), text.data(), text.size());
  if (length < 0 || static_cast<std::size_t>(length) == text.size()) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(length));
}

/// A name that no other process or thread is likely to use just now.
std::string temporary_name() {
  static std::atomic<unsigned> counter{0};
  std::timespec now = {};
  std::timespec_get(&now, TIME_UTC);
  return cat(".einfold-", ::getpid(), "-", now.tv_nsec, "-", counter++, ".tmp");
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : name_(printable(path)), target_(path) {
  if (path.empty() || path.find('\0') != std::string::npos) failed("open", ENOENT);
  if (last_part(path).empty()) fail(ErrorKind::kOutput, "E0702", name_, " is a directory");
  bool in_place = false;
  constexpr int most_links = 40;
  for (int links = 0;; ++links) {
    const auto directory = directory_of(target_);
    if (!directory) failed("find the directory of", errno);
    directory_ = *directory;
    target_ = directory_ + last_part(target_);
    const auto link = link_at(target_);
    if (!link) break;
    if (directory_.starts_with("/proc/")) {  // such a link is not resolved by its text
      in_place = true;
      break;
    }
    if (links == most_links) failed("open", ELOOP);
    target_ = link->starts_with('/') ? *link : directory_ + *link;
    if (last_part(target_).empty()) fail(ErrorKind::kOutput, "E0702", name_, " is a directory");
  }
  struct stat status = {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) failed("open", errno);
  if (exists && S_ISDIR(status.st_mode)) fail(ErrorKind::kOutput, "E0702", name_, " is a directory");
  if (exists && (in_place || !S_ISREG(status.st_mode))) {
    descriptor_ = uninterrupted(
        [&] { return ::open(target_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY); });
    if (descriptor_ < 0) failed("open", errno);
    return;
  }
  // Replacing needs the right to write to the directory only; a file that is protected stays.
  if (exists && ::faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) failed("write", errno);
  open_beside(exists ? 0600U : 0666U);
  if (exists) {
    // Giving the file to its old owner is a privilege; without it, the file is ours, as any new one. The owner comes
    // first, as changing it clears permission bits.
    static_cast<void>(::fchown(descriptor_, status.st_uid, status.st_gid) == 0);
    if (::fchmod(descriptor_, status.st_mode & kPermissions) != 0) {
      const int error = errno;
      close();
      failed("write", error);
    }
  }
}

void OutputFile::open_beside(unsigned mode) {
  constexpr int most_attempts = 100;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const std::string name = directory_ + temporary_name();
    descriptor_ = uninterrupted(
        [&] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode); });
    if (descriptor_ >= 0) {
      temporary_ = name;
      return;
    }
    if (errno != EEXIST) break;
  }
  failed("write", errno);
}

OutputFile::~OutputFile() { close(); }

void OutputFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void OutputFile::failed(const char* action, int error) const {
  fail(ErrorKind::kOutput, "E0701", "cannot ", action, " ", name_, ": ", std::generic_category().message(error));
}

void OutputFile::write(const void* bytes, std::size_t count) {
  const auto* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = uninterrupted([&] { return ::write(descriptor_, next, count); });
    if (written < 0) failed("write", errno);
    next += written;
    count -= static_cast<std::size_t>(written);
  }
}

void OutputFile::commit() {
  // Pipes and devices cannot be synchronised, and say so.
  if (::fsync(descriptor_) != 0 && !(temporary_.empty() && (errno == EINVAL || errno == EROFS))) {
    failed("write", errno);
  }
  // After an error, even EINTR, the descriptor is closed.
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 && errno != EINTR) failed("write", errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) failed("write", errno);
  temporary_.clear();
  // The new name is on the disk once the directory is. Some file systems cannot do that; the file is whole all the same.
  const int directory = uninterrupted([&] { return ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (directory < 0) return;
  const bool synchronised = ::fsync(directory) == 0 || errno != EIO;
  ::close(directory);
  if (!synchronised) failed("write", EIO);
}

}  // namespace einfold::io
