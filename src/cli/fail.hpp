// SPDX-License-Identifier: MIT
//
// Mistakes in the command itself: exit code 2.
#pragma once

#include "einfold/error.hpp"
#include "einfold/text.hpp"

#include <sstream>

namespace einfold::cli {

/// All parts, printed one after the other.
template <class... Parts>
[[noreturn]] void usage_error(const char* code, const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(ErrorKind::kUsage, code, message.str());
}

}  // namespace einfold::cli
