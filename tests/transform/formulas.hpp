// SPDX-License-Identifier: MIT
//
// Networks to transform, and their values by the reference evaluator, operands matched by name.
#pragma once

#include "einfold/einsum.hpp"
#include "einfold/reference.hpp"
#include "einfold/transform.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

namespace einfold::test {

using Bound = std::map<std::string, Tensor>;

/// Integers for every operand of the networks, the same for the same name.
inline Bound operands_for(const std::vector<Network>& networks) {
  Bound bound;
  for (const Network& network : networks)
    for (const Operand& operand : network.operands) {
      bound.emplace(operand.name, integers(operand.shape, 100 + std::hash<std::string>{}(operand.name) % 50));
    }
  return bound;
}

inline Tensor value(const Network& network, const Bound& bound) {
  std::vector<Tensor> operands;
  for (const Operand& operand : network.operands) operands.push_back(bound.at(operand.name));
  return evaluate_reference(network, operands);
}

/// The equation's network, its operands named "0", "1", ..
inline Network network_of(const char* equation, const std::vector<EinsumShape>& shapes, const Sizes& sizes = {}) {
  return compile(equation, shapes, {.sizes = sizes, .notation = Notation::kNamed}).network();
}

/// Networks of every kind of node: dense, affine on operands and output, groups, diagonals, deltas.
inline std::vector<Network> samples() {
  return {network_of("i j, j k -> i k", {Shape{3, 4}, Shape{4, 2}}),
          network_of("n c 2*o+k-1, d c k -> n d o", {Shape{2, 2, 7}, Shape{3, 2, 3}}),
          network_of("n c o1+k1-1 o2+k2, d c k1 k2 -> n d o1 o2", {Shape{2, 1, 4, 4}, Shape{2, 1, 2, 3}}),
          network_of("i, j -> i j i", {Shape{3}, Shape{2}}),
          network_of("(g c) i, g -> i (g c)", {Shape{6, 3}, Shape{2}}),
          network_of("o d, k -> i=2*o+k-1 d", {Shape{4, 2}, Shape{3}}, {{"i", 8}})};
}

/// Visits all positions of a shape, row-major.
inline void for_each_position(const Shape& shape, const std::function<void(const Shape&)>& visit) {
  Shape position(shape.size(), 0);
  for (std::int64_t left = element_count(shape); left > 0; --left) {
    visit(position);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++position[axis] < shape[axis]) break;
      position[axis] = 0;
    }
  }
}

/// The tensor with entry formula(position).
inline std::vector<double> by_formula(const Shape& shape, const std::function<double(const Shape&)>& formula) {
  std::vector<double> values;
  for_each_position(shape, [&](const Shape& position) { values.push_back(formula(position)); });
  return values;
}

}  // namespace einfold::test
