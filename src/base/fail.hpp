// SPDX-License-Identifier: MIT
//
// Throwing errors, and invariants of our own.
#pragma once

#include "einfold/error.hpp"

#include <sstream>
#include <string>
#include <type_traits>

namespace einfold {

/// All arguments, printed one after the other.
template <class... Args>
[[nodiscard]] std::string cat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

template <class... Args>
[[noreturn]] void fail(ErrorKind kind, const char* code, const Args&... message) {
  throw Error(kind, code, cat(message...));
}

[[noreturn]] void invariant_failed(const char* condition, const char* file, int line);

}  // namespace einfold

/// Our own promise. A condition that is not of type bool (a string literal, say) does not compile.
#define EINFOLD_INVARIANT(condition)                                                       \
  do {                                                                                     \
    static_assert(std::is_same_v<decltype(condition), bool>);                              \
    if (!(condition)) ::einfold::invariant_failed(#condition, __FILE__, __LINE__);         \
  } while (false)
