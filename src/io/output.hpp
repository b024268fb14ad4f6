// SPDX-License-Identifier: MIT
//
// Writing: a file that appears whole or not at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace einfold::io {

/// A new file beside the target, which takes its place in `commit`; removed again if that is never reached.
///
/// A symbolic link is followed. A target that exists and is no regular file, or is reached through a link of /proc (as
/// /dev/stdout), is written in place. An existing file's permissions are kept; a new one's follow the umask.
/// Throws E0701 (the system's reason), E0702 (a directory).
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* bytes, std::size_t count);
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }

  /// Everything is on the disk, then under the target's name.
  void commit();

 private:
  [[noreturn]] void failed(const char* action, int error) const;
  void open_beside(unsigned mode);
  void close();

  std::string name_;       // for messages: quoted
  std::string directory_;  // canonical
  std::string target_;
  std::string temporary_;  // empty: written in place
  int descriptor_ = -1;
};

}  // namespace einfold::io
