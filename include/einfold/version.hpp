// SPDX-License-Identifier: MIT
//
// Which einfold this is.
#pragma once

namespace einfold {

/// "0.1.0"
[[nodiscard]] const char* version() noexcept;

}  // namespace einfold
