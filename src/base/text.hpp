// SPDX-License-Identifier: MIT
//
// Values as people write them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace einfold {

/// Extents: [32, 3, 7].
[[nodiscard]] std::string to_text(std::span<const std::int64_t> extents);

}  // namespace einfold
