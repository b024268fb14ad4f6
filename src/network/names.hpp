// SPDX-License-Identifier: MIT
//
// Names that an equation can be written with.
#pragma once

#include "einfold/network.hpp"

#include <map>
#include <string>

namespace einfold {

/// A name for every index: its own where that is an identifier and free, otherwise with primes (at most 3) or a number.
[[nodiscard]] std::map<IndexId, std::string> unique_names(const Network& network);

}  // namespace einfold
