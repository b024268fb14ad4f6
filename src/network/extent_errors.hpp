// SPDX-License-Identifier: MIT
//
// What is known about extents and where it came from, and the messages made of it.
#pragma once

#include "network/extents.hpp"
#include "notation/diagnostic.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::network {

/// An axis of an operand.
struct Place {
  std::size_t operand = 0;
  std::size_t axis = 0;
};

/// Where an extent came from.
struct Source {
  enum Kind { kSizes, kAxis, kProposal };
  Kind kind = kSizes;
  Place place = {};
  std::optional<std::int64_t> axis_extent = {};  ///< of the axis, where the extent is a part of it
  const Factor* affine = nullptr;                ///< of a proposal
};

struct Facts {
  const notation::Equation& equation;
  const Extents& extents;
  std::vector<std::optional<Source>> sources;  ///< by variable; none: not known yet
};

/// An extent that an affine axis proposes.
struct Candidate {
  Place place;
  const Factor* factor;
  std::int64_t extent;
};

[[noreturn]] void fail_two_extents(const Facts& facts, int variable, std::int64_t extent,
                                   const Source& source);
[[noreturn]] void fail_unknown_name(const Facts& facts, std::string_view option, const std::string& name);
[[noreturn]] void fail_negative(const std::string& what, std::int64_t value);
/// A group whose factors are all known. `product`: of the factors, none if it does not fit.
[[noreturn]] void fail_product(const Facts& facts, Place place, std::int64_t extent,
                               std::optional<std::int64_t> product);
[[noreturn]] void fail_division(const Facts& facts, Place place, std::int64_t extent, int unknown,
                                std::optional<std::int64_t> divisor);
[[noreturn]] void fail_no_room(const Facts& facts, Place place, const Factor& factor, std::size_t unknown,
                               Positions reached, Padding pad);
[[noreturn]] void fail_two_proposals(const Facts& facts, int variable,
                                     const std::vector<Candidate>& candidates);
[[noreturn]] void fail_unknown_extents(const Facts& facts, std::span<const Shape> shapes);
[[noreturn]] void fail_overflow(const Facts& facts, const notation::Axis& affine);

}  // namespace einfold::network
