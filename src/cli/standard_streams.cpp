// SPDX-License-Identifier: MIT
#include "cli/standard_streams.hpp"

#include "einfold/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace einfold::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

/// 0, or why not all of `text` could be written.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

void secure_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // open() takes the lowest free descriptor, so these come in order. Writing to the second one is an error on purpose.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    const int flags = descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", flags) != descriptor) return;
  }
}

void StandardOutput::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void StandardOutput::flush() {
  const int error = write_all(STDOUT_FILENO, buffer_);
  buffer_.clear();
  if (error == EPIPE) throw BrokenPipe();
  if (error != 0) {
    throw Error(ErrorKind::kOutput, "E0711", "cannot write to standard output: " + std::generic_category().message(error));
  }
}

void narrate(std::string_view text) noexcept {
  // Standard error is where failures are told; its own have nowhere to go.
  try {
    static_cast<void>(write_all(STDERR_FILENO, "einfold: " + std::string(text) + "\n"));
  } catch (...) {
    static_cast<void>(write_all(STDERR_FILENO, text));
  }
}

}  // namespace einfold::cli
