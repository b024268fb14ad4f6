// SPDX-License-Identifier: MIT
#include "einfold/version.hpp"

namespace einfold {

const char* version() noexcept { return EINFOLD_VERSION; }

}  // namespace einfold
