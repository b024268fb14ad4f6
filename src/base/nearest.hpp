// SPDX-License-Identifier: MIT
//
// Suggestions for misspelt names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace einfold {

/// " (did you mean 'kfac-reduce'?)", or nothing if no candidate is near.
[[nodiscard]] std::string did_you_mean(std::string_view given, std::span<const std::string> candidates);

}  // namespace einfold
