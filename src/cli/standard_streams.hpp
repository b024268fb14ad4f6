// SPDX-License-Identifier: MIT
//
// Standard input, output and error as they may be found: closed, full, a pipe without reader.
#pragma once

#include <string>
#include <string_view>

namespace einfold::cli {

/// A write to standard output whose reader has gone away: nobody is left to be told about it.
struct BrokenPipe {};

/// Puts something harmless under the descriptors 0, 1 and 2 where they are closed, so that no file that is opened later
/// is taken for one of them (a write to the closed output still fails), and turns the signals of a pipe without reader and
/// of a file that grows too large into errors of write().
void secure_standard_streams();

/// Standard output, buffered. Throws E0711 (kOutput) or BrokenPipe if it cannot be written.
class StandardOutput {
 public:
  void write(std::string_view text);
  void flush();

 private:
  std::string buffer_;
};

/// A line for people on standard error: `einfold: TEXT`. Never fails.
void narrate(std::string_view text) noexcept;

}  // namespace einfold::cli
