// SPDX-License-Identifier: MIT
//
// Writing: a file that appears whole or not at all.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace einfold::io {

/// What a path to write to leads to.
struct Target {
  std::string name;                ///< for messages: quoted
  std::string directory;           ///< canonical, with a slash at its end
  std::string path;
  bool in_place = false;           ///< no regular file, or a link of /proc
  std::optional<struct stat> old;  ///< what is there now
};

/// Follows symbolic links, and checks that the target may be written; opens nothing. Throws E0701 (the system's reason),
/// E0702 (a directory).
[[nodiscard]] Target find_target(const std::string& path);

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
  void open_beside(unsigned mode);
  void close();

  Target target_;
  std::string temporary_;  // empty: written in place
  int descriptor_ = -1;
};

}  // namespace einfold::io
