// SPDX-License-Identifier: MIT
//
// The options of `conv` as a ConvSpec.
#pragma once

#include "cli/arguments.hpp"
#include "einfold/conv.hpp"

#include <string_view>

namespace einfold::cli {

/// Throws E0805 (not a number, not a list), E0810 (an unknown group mode).
[[nodiscard]] ConvSpec conv_spec(const Arguments& arguments);

/// Throws E0310 with the nearest name, before any file is read.
const conv::OperationInfo& operation_named(std::string_view name);

}  // namespace einfold::cli
