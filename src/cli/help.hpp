// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command.hpp"

#include <string>

namespace einfold::cli {

/// The text of --help without a command.
[[nodiscard]] std::string help();
[[nodiscard]] std::string help(const Command& command);

}  // namespace einfold::cli
