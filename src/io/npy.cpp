// SPDX-License-Identifier: MIT
#include "io/npy.hpp"

#include "base/fail.hpp"
#include "einfold/text.hpp"
#include "io/bytes.hpp"
#include "io/npy_header.hpp"

#include <algorithm>

namespace einfold::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostHeaderBytes = 64 * 1024;

std::string next_bytes(Source& source, std::size_t count) {
  if (count > source.remaining()) {
    fail(ErrorKind::kFile, "E0514", source.name(), " ends within its npy header: it is cut off");
  }
  std::string bytes(count, '\0');
  source.read(bytes.data(), count);
  return bytes;
}

}  // namespace

Tensor read_npy_from(Source& source) {
  std::string start(std::min<std::uint64_t>(source.remaining(), kMagic.size()), '\0');
  source.read(start.data(), start.size());
  if (start != kMagic) {
    fail(ErrorKind::kFile, "E0510", source.name(), " is not an npy file: it ",
         start.empty() ? "is empty" : "starts with " + printable(start));
  }
  const std::string version = next_bytes(source, 2);
  const bool known = version[0] >= 1 && version[0] <= 3 && version[1] == 0;
  if (!known) {
    fail(ErrorKind::kFile, "E0510", source.name(), " has version ", int{static_cast<unsigned char>(version[0])}, '.',
         int{static_cast<unsigned char>(version[1])}, " of the npy format; known are 1.0, 2.0 and 3.0");
  }
  const std::size_t width = version[0] == 1 ? 2 : 4;
  const std::uint64_t length = number_at(next_bytes(source, width).data(), width);
  if (length > kMostHeaderBytes) {
    fail(ErrorKind::kFile, "E0511", source.name(), " has an npy header of ", length, " bytes; at most ",
         kMostHeaderBytes, " are read");
  }
  const std::string text = next_bytes(source, length);
  return read_elements(source, parse_npy_header(text, source.name()), "E0514");
}

}  // namespace einfold::io
