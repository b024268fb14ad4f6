// SPDX-License-Identifier: MIT
//
// The value of a problem, from its definition and by the steps of a tree, for small networks.
#pragma once

#include "pathfind/problem.hpp"
#include "pathfind/tree.hpp"

#include <map>
#include <vector>

namespace einfold::pathfind {

/// Row-major over `legs`.
struct Array {
  std::vector<int> legs;
  std::vector<double> values;
};

/// Operand -> its data, row-major: random integers.
using Operands = std::map<int, std::vector<double>>;
[[nodiscard]] Operands random_operands(const Problem& problem, unsigned seed);

/// The sum over all points of the whole box.
[[nodiscard]] Array evaluate(const Problem& problem, const Operands& operands);

/// The result of every step, each computed (also of those that need not be).
[[nodiscard]] std::vector<Array> evaluate(const Problem& problem, const Tree& tree, const Operands& operands);

/// A leaf with its distinct legs.
[[nodiscard]] Array array_of(const Problem& problem, int leaf, const Operands& operands);

/// sum over everything but `legs` of the product of arrays and equations.
[[nodiscard]] Array contract(const Problem& problem, const std::vector<const Array*>& arrays,
                             const std::vector<int>& equations, const std::vector<int>& legs);

}  // namespace einfold::pathfind
