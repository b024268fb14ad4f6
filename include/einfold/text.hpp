// SPDX-License-Identifier: MIT
//
// Names in messages: what the caller gave may be any bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace einfold {

/// 'text', with everything but printable UTF-8 escaped and cut off after 100 bytes.
[[nodiscard]] std::string printable(std::string_view text);

/// " (did you mean 'kfac-reduce'?)", or nothing if no candidate is near.
[[nodiscard]] std::string did_you_mean(std::string_view given, std::span<const std::string> candidates);

}  // namespace einfold
