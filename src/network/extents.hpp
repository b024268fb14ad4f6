// SPDX-License-Identifier: MIT
//
// The extents of an equation's indices and axes, found from shapes, sizes and padding.
#pragma once

#include "einfold/tensor.hpp"
#include "network/build.hpp"
#include "notation/equation.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace einfold::network {

/// Something with an extent: an index, an affine axis (axes of one name share it), or an axis behind `...`.
struct Variable {
  std::string name;  ///< empty: an affine axis without one
  bool affine_axis = false;
  bool behind_ellipsis = false;
  std::int64_t extent = 0;
};

/// A part of an axis: the variable, and if it is an affine axis its syntax with the variables of its
/// summands.
struct Factor {
  int variable = 0;
  const notation::Axis* syntax = nullptr;  ///< null behind `...`
  std::vector<int> summands = {};          ///< variables, parallel to syntax->summands
};

struct ResolvedAxis {
  std::vector<Factor> factors;  ///< slowest first
  bool plain_index = false;     ///< an index, neither grouped nor affine nor behind `...`
  bool reads_entry_0 = false;   ///< extent 1, broadcast along the factor
  notation::Span span;
};

using ResolvedTerm = std::vector<ResolvedAxis>;

struct Extents {
  std::vector<Variable> variables;
  std::vector<ResolvedTerm> operands;
  ResolvedTerm output;
};

/// Resolves names, `...` and extents. `shapes[i]` is the shape of operand i.
///
/// Two steps alternate until nothing is new, so that the order of operands does not matter:
///   1. sizes, and products  prod(factors of an operand's axis) = its extent  with one unknown factor;
///   2. each affine operand axis with one unknown index proposes the largest extent that keeps its positions
///   inside
///      [-left, extent + right).
/// Linear in the size of the equation.
[[nodiscard]] Extents solve_extents(const notation::Equation& equation, std::span<const Shape> shapes,
                                    const BuildOptions& options);

/// Smallest and largest position of an affine axis: each summand at 0 or at its extent - 1 (extent 0 counts
/// as 1). Nothing if one does not fit in 64 bits.
struct Positions {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
};
[[nodiscard]] std::optional<Positions> positions(const Factor& factor,
                                                 const std::vector<Variable>& variables);

}  // namespace einfold::network
