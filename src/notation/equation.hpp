// SPDX-License-Identifier: MIT
//
// The syntax of an equation as plain data. What it means for given shapes is decided in network/build.
#pragma once

#include "einfold/notation.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace einfold::notation {

/// Bytes [begin, end) of the source.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// coefficient * index, a part of an affine axis.
struct Summand {
  std::string index;
  std::int64_t coefficient = 1;
  Span span;
};

enum class AxisKind {
  kIndex,     ///< `name`
  kAffine,    ///< `name` (may be empty) = sum of `summands` + `constant`
  kGroup,     ///< the product of `members`, slowest first
  kOne,       ///< extent 1
  kEllipsis,  ///< any number of axes
};

/// One axis of a term. Members of a group are kIndex, kAffine or kOne (and kEllipsis in einops' functions): a group
/// inside a group is row-major like the group itself, so it is dissolved. Summands are unique by index and sorted:
/// greatest |coefficient|, then code points.
struct Axis {
  AxisKind kind = AxisKind::kOne;
  std::string name;
  std::vector<Summand> summands;
  std::int64_t constant = 0;
  std::vector<Axis> members;
  Span span;
};

struct Term {
  std::vector<Axis> axes;
  Span span;
};

/// `operands -> output`; an output that was not written is filled in.
struct Equation {
  std::vector<Term> operands;
  Term output;
  Notation notation = Notation::kNamed;  ///< the spelling it was read in, or is to be printed in
  std::string source;                    ///< the text that the spans refer to; may be empty
};

// Equal up to where it was written: spans and source do not count.
[[nodiscard]] bool operator==(const Summand& a, const Summand& b);
[[nodiscard]] bool operator==(const Axis& a, const Axis& b);
[[nodiscard]] bool operator==(const Term& a, const Term& b);
[[nodiscard]] bool operator==(const Equation& a, const Equation& b);

/// Brings the summands of an affine axis into their order and adds up like terms.
/// Returns the position of a summand whose total coefficient does not fit in 64 bits, or -1.
[[nodiscard]] std::ptrdiff_t normalise(std::vector<Summand>& summands);

}  // namespace einfold::notation
