// SPDX-License-Identifier: MIT
//
// Peak resident memory of a stretch of code (Linux).
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace digits {

/// From its construction on: how far the resident memory rose above what it was.
class PeakMemory {
 public:
  PeakMemory() {
    malloc_trim(0);                                // memory kept from earlier runs would hide what this one needs
    std::ofstream("/proc/self/clear_refs") << 5;  // the high-water mark starts anew
    start_ = bytes_of("VmRSS:");
  }
  [[nodiscard]] std::int64_t extra_bytes() const { return std::max<std::int64_t>(0, bytes_of("VmHWM:") - start_); }

 private:
  static std::int64_t bytes_of(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind(key, 0) != 0) continue;
      std::istringstream value(line.substr(key.size()));
      std::int64_t kibibytes = 0;
      value >> kibibytes;
      return kibibytes * 1024;
    }
    return 0;
  }

  std::int64_t start_ = 0;
};

}  // namespace digits
