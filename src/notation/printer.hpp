// SPDX-License-Identifier: MIT
//
// Equation to text.
#pragma once

#include "notation/equation.hpp"

#include <string>

namespace einfold::notation {

/// The text that `parse(text, equation.notation)` reads as the same equation, always with an arrow.
/// With Notation::kAuto it may be read differently in one case: no term shows that names are meant (`time -> time`).
[[nodiscard]] std::string print(const Equation& equation);

[[nodiscard]] std::string print(const Axis& axis);

}  // namespace einfold::notation
