// SPDX-License-Identifier: MIT
//
// Memory other than a tensor's.
#pragma once

#include "base/fail.hpp"

#include <new>

namespace einfold::io {

/// The value of `action`; std::bad_alloc becomes E0601.
template <class Action>
auto with_memory_errors(Action action) -> decltype(action()) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    fail(ErrorKind::kMemory, "E0601", "memory ran out while a file was read or written");
  }
}

}  // namespace einfold::io
