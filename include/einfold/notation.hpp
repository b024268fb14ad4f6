// SPDX-License-Identifier: MIT
//
// What a caller says about an equation besides its text: the spelling, extents, padding.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace einfold {

/// How an equation is spelled: `ij,jk->ik` (every letter an index) or `row c, c col -> row col` (identifiers).
enum class Notation {
  kAuto,     ///< named if the text shows a sign of it (white space inside a term, `( ) + * = _ '`, a digit), else compact
  kCompact,
  kNamed,
};

/// Extents by name, of indices and of named affine axes: {{"h", 8}}.
using Sizes = std::map<std::string, std::int64_t>;

/// How far the positions of an affine axis may leave its extent when the extent of an index is inferred from it.
struct Padding {
  std::int64_t left = 0;
  std::int64_t right = 0;

  friend bool operator==(const Padding&, const Padding&) = default;
};

/// Padding by the name of the affine axis.
using Pads = std::map<std::string, Padding>;

}  // namespace einfold
