// SPDX-License-Identifier: MIT
#include "cli/text_file.hpp"

#include "einfold/error.hpp"
#include "einfold/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace einfold::cli {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

[[noreturn]] void unreadable(const std::string& name, const std::string& why) {
  throw Error(ErrorKind::kFile, "E0501", "cannot read " + name + ": " + why);
}

class Descriptor {
 public:
  explicit Descriptor(const std::string& path, const std::string& name)
      : number_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (number_ < 0) unreadable(name, std::strerror(errno));
  }
  ~Descriptor() {
    if (number_ != STDIN_FILENO) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::string read_text_file(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : printable(path);
  if (path.find('\0') != std::string::npos) unreadable(name, "no path has a zero byte");
  const Descriptor file(path, name);
  std::string text;
  std::array<char, 1 << 16> part{};
  for (;;) {
    const ssize_t count = ::read(file.number(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) unreadable(name, std::strerror(errno));
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > kMostBytes) throw Error(ErrorKind::kFile, "E0502", name + " has more than 256 MiB: this is no text to be read");
  }
}

std::string equation_text(std::string_view argument) {
  if (argument != "-" && !argument.starts_with('@')) return std::string(argument);
  std::string text = read_text_file(std::string(argument == "-" ? argument : argument.substr(1)));
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace einfold::cli
