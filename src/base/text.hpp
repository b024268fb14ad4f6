// SPDX-License-Identifier: MIT
//
// Values as people write them. Names that come from outside: einfold/text.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace einfold {

/// Extents: [32, 3, 7].
[[nodiscard]] std::string to_text(std::span<const std::int64_t> extents);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace einfold
