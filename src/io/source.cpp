// SPDX-License-Identifier: MIT
#include "io/source.hpp"

#include "base/fail.hpp"
#include "einfold/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace einfold::io {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

InputFile::InputFile(const std::string& path) : name_(printable(path)) {
  if (path.find('\0') != std::string::npos) fail(ErrorKind::kFile, "E0501", name_, " is no file name");
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  do {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) fail(ErrorKind::kFile, "E0501", "cannot open ", name_, ": ", reason(errno));
  struct stat status = {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail(ErrorKind::kFile, "E0502", name_, S_ISDIR(status.st_mode) ? " is a directory" : " is not a regular file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read_at(std::uint64_t offset, void* target, std::size_t count) const {
  EINFOLD_INVARIANT(offset <= size_ && count <= size_ - offset);
  auto* next = static_cast<char*>(target);
  while (count > 0) {
    const ssize_t got = ::pread(descriptor_, next, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(ErrorKind::kFile, "E0501", "cannot read ", name_, ": ", reason(errno));
    if (got == 0) fail(ErrorKind::kFile, "E0503", name_, " has become shorter while it was read");
    next += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

std::string InputFile::text_at(std::uint64_t offset, std::size_t count) const {
  std::string text(count, '\0');
  read_at(offset, text.data(), count);
  return text;
}

void Source::read(void* target, std::size_t count) {
  EINFOLD_INVARIANT(count <= remaining_);
  next(target, count);
  remaining_ -= count;
}

void RangeSource::next(void* target, std::size_t count) {
  file_.read_at(offset_, target, count);
  offset_ += count;
}

}  // namespace einfold::io
