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

[[noreturn]] void failed(const char* action, const std::string& name, int error) {
  fail(ErrorKind::kOutput, "E0701", "cannot ", action, " ", name, ": ", std::generic_category().message(error));
}

void require_writable(const std::string& path, const std::string& name) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) failed("write", name, errno);
}

}  // namespace

Target find_target(const std::string& path) {
  Target target{.name = printable(path), .directory = {}, .path = path, .in_place = false, .old = {}};
  const auto is_directory = [&] { fail(ErrorKind::kOutput, "E0702", target.name, " is a directory"); };
  if (path.empty() || path.find('\0') != std::string::npos) failed("open", target.name, ENOENT);
  if (last_part(path).empty()) is_directory();
  constexpr int most_links = 40;
  for (int links = 0;; ++links) {
    const auto directory = directory_of(target.path);
    if (!directory) failed("find the directory of", target.name, errno);
    target.directory = *directory;
    target.path = target.directory + last_part(target.path);
    const auto link = link_at(target.path);
    if (!link) break;
    if (target.directory.starts_with("/proc/")) {  // such a link is not resolved by its text
      target.in_place = true;
      break;
    }
    if (links == most_links) failed("open", target.name, ELOOP);
    target.path = link->starts_with('/') ? *link : target.directory + *link;
    if (last_part(target.path).empty()) is_directory();
  }
  struct stat status = {};
  if (::stat(target.path.c_str(), &status) == 0) {
    target.old = status;
  } else if (errno != ENOENT) {
    failed("open", target.name, errno);
  }
  if (target.old && S_ISDIR(status.st_mode)) is_directory();
  target.in_place = target.old && (target.in_place || !S_ISREG(status.st_mode));
  // Replacing needs the right to write to the directory only; a file that is protected stays all the same.
  if (target.old) require_writable(target.path, target.name);
  if (!target.in_place) require_writable(target.directory, target.name);
  return target;
}

OutputFile::OutputFile(const std::string& path) : target_(find_target(path)) {
  if (target_.in_place) {
    descriptor_ = uninterrupted(
        [&] { return ::open(target_.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY); });
    if (descriptor_ < 0) failed("open", target_.name, errno);
    return;
  }
  open_beside(target_.old ? 0600U : 0666U);
  if (target_.old) {
    // Giving the file to its old owner is a privilege; without it, the file is ours, as any new one. The owner comes
    // first, as changing it clears permission bits.
    static_cast<void>(::fchown(descriptor_, target_.old->st_uid, target_.old->st_gid) == 0);
    if (::fchmod(descriptor_, target_.old->st_mode & kPermissions) != 0) {
      const int error = errno;
      close();
      failed("write", target_.name, error);
    }
  }
}

void OutputFile::open_beside(unsigned mode) {
  constexpr int most_attempts = 100;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const std::string name = target_.directory + temporary_name();
    descriptor_ = uninterrupted(
        [&] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode); });
    if (descriptor_ >= 0) {
      temporary_ = name;
      return;
    }
    if (errno != EEXIST) break;
  }
  failed("write", target_.name, errno);
}

OutputFile::~OutputFile() { close(); }

void OutputFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void OutputFile::write(const void* bytes, std::size_t count) {
  const auto* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = uninterrupted([&] { return ::write(descriptor_, next, count); });
    if (written < 0) failed("write", target_.name, errno);
    next += written;
    count -= static_cast<std::size_t>(written);
  }
}

void OutputFile::commit() {
  // Pipes and devices cannot be synchronised, and say so.
  const bool on_disk = uninterrupted([&] { return ::fsync(descriptor_); }) == 0;
  if (!on_disk && !(temporary_.empty() && (errno == EINVAL || errno == EROFS))) {
    failed("write", target_.name, errno);
  }
  // After an error, even EINTR, the descriptor is closed.
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 && errno != EINTR) failed("write", target_.name, errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.path.c_str()) != 0) failed("write", target_.name, errno);
  temporary_.clear();
  // The new name is on the disk once the directory is. Some file systems cannot do that; the file is whole all the same.
  const int directory = uninterrupted([&] { return ::open(target_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (directory < 0) return;
  const bool synchronised = uninterrupted([&] { return ::fsync(directory); }) == 0 || errno != EIO;
  ::close(directory);
  if (!synchronised) {
    fail(ErrorKind::kOutput, "E0701", target_.name, " is written, but its folder could not be synchronised: ",
         std::generic_category().message(EIO));
  }
}

}  // namespace einfold::io
