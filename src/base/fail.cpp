// SPDX-License-Identifier: MIT
#include "base/fail.hpp"

namespace einfold {

void invariant_failed(const char* condition, const char* file, int line) {
  throw InternalError(cat("broken invariant: ", condition, " (", file, ":", line,
                          "). This is a bug of einfold, please report it."));
}

}  // namespace einfold
