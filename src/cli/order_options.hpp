// SPDX-License-Identifier: MIT
//
// --optimize, --minimize, --max-seconds and --seed.
#pragma once

#include "cli/arguments.hpp"
#include "einfold/order.hpp"

namespace einfold::cli {

/// Throws E0805, E0810, E0832; E0501 for a file with a path that cannot be read. Names of searches are checked where they are used.
[[nodiscard]] OrderOptions order_options(const Arguments& arguments);

}  // namespace einfold::cli
