// SPDX-License-Identifier: MIT
//
// Networks as text and back: for tables of tests, and for messages of failing ones.
#pragma once

#include "einfold/network.hpp"

#include <string>
#include <string_view>

namespace einfold::test {

/// x[n (c k)] [-i + 2*o + k = 1] -> n o | n=5 c=3 k=2 i=4 o=2 | scale 1/2 * 0.5
///
/// Dense nodes by their operand's name, affine nodes, output, extents, and the scale if it is not 1. "0 *" in front
/// marks the zero network. Indices by name.
[[nodiscard]] std::string to_text(const Network& network);

/// Reads that form. Dense nodes of the same name stand for one operand; ids are in the order of the extents.
/// Throws std::invalid_argument if `text` is not of that form.
[[nodiscard]] Network network_of(std::string_view text);

}  // namespace einfold::test
