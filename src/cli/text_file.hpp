// SPDX-License-Identifier: MIT
//
// Long arguments from files and from standard input.
#pragma once

#include <string>
#include <string_view>

namespace einfold::cli {

/// The whole file; "-" is standard input. Throws E0501 if it cannot be read, E0502 if it has more than 256 MiB.
[[nodiscard]] std::string read_text_file(const std::string& path);

/// The argument itself; or for @FILE, and - for standard input, what is in there, with line ends as spaces and none at the end.
[[nodiscard]] std::string equation_text(std::string_view argument);

}  // namespace einfold::cli
