// SPDX-License-Identifier: MIT
//
// Text to Equation.
#pragma once

#include "notation/equation.hpp"

#include <string_view>

namespace einfold::notation {

/// Reads an equation, in time linear in its length (n log n in the length of one affine axis).
///
///     equation  := terms ["->" term]                 without an arrow: indices that occur once (compact spelling only)
///     terms     := term { "," term }
///     term      := { axis | "..." }
///     axis      := index | group | affine | "1"
///     group     := "(" { axis } ")"
///     affine    := [ name "=" ] [ "-" ] summand { ("+"|"-") summand }
///     summand   := index | integer "*" index | integer
///
/// Throws E0101 .. E0110, kind kEquation.
[[nodiscard]] Equation parse(std::string_view text, Notation notation = Notation::kAuto);

/// A pattern of einops' functions: the named spelling, where moreover
///
///     an integer above 1 is an axis of that extent: an index with the name "2", the next one "2'1", ..;
///     `...` may stand in a group of the output, and on the operand alone.
[[nodiscard]] Equation parse_einops(std::string_view text);

}  // namespace einfold::notation
