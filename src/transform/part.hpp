// SPDX-License-Identifier: MIT
//
// A part of a network computed on its own: cut out, and replaced by one dense node. Sums distribute over products, so
//
//     value(replaced(N, part, t)) with value(cut(N, part)) bound to t = value(N)       [test: Part.ReplacedByItsValue]
#pragma once

#include "einfold/network.hpp"

#include <optional>
#include <string>
#include <vector>

namespace einfold {

/// Some nodes of a network, by position, ascending.
struct Part {
  std::vector<std::size_t> dense, affine;

  friend bool operator==(const Part&, const Part&) = default;
};

/// The indices of the part that other nodes or the output have, ascending.
[[nodiscard]] std::vector<IndexId> open_indices(const Network& network, const Part& part);

/// The part as a network: one output axis per open index, scale 1.
[[nodiscard]] Network cut(const Network& network, const Part& part);

/// The network with one dense node in place of the part, of an operand that may be there already. `axes`: of that node.
[[nodiscard]] Network replaced(const Network& network, const Part& part, std::string operand, std::vector<Group> axes);

/// The same with one axis per open index.
[[nodiscard]] Network replaced(const Network& network, const Part& part, std::string operand);

/// A part whose value, but for the scale, is that of another network read along `axes`.
struct Occurrence {
  Part part;
  std::vector<Group> axes;
};

/// Where `definition` occurs in `network`: the same operands joined by the same equations, and what it sums is nowhere else.
/// Its output axes may coincide in the network (a diagonal is read then). Finds nothing for a definition that is zero,
/// has no dense node, or has an index that is on none of its nodes.
[[nodiscard]] std::optional<Occurrence> find_occurrence(const Network& network, const Network& definition);

}  // namespace einfold
