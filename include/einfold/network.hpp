// SPDX-License-Identifier: MIT
//
// The tensor network: dense nodes (operands), affine nodes (0/1 tensors of integer equations), an output and a scale.
// Immutable data by convention: transforms take a network and return another. Holds no tensor data.
#pragma once

#include "einfold/tensor.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace einfold {

using IndexId = std::int32_t;

/// A label of the network. Names are for people, ids for code; two indices may have the same name.
struct Index {
  std::string name;
  std::int64_t extent = 1;

  friend bool operator==(const Index&, const Index&) = default;
};

/// The indices of one axis, slowest first (row-major). Empty: an axis of extent 1.
using Group = std::vector<IndexId>;

/// A tensor that is bound when the network is evaluated. Several nodes may stand for one operand.
struct Operand {
  std::string name;
  Shape shape;

  friend bool operator==(const Operand&, const Operand&) = default;
};

/// A node for `Network::operands[operand]`. An index that occurs twice reads the diagonal.
struct Dense {
  int operand = 0;
  std::vector<Group> axes;

  friend bool operator==(const Dense&, const Dense&) = default;
};

struct Term {
  IndexId index = 0;
  std::int64_t coefficient = 0;

  friend bool operator==(const Term&, const Term&) = default;
};

/// The 0/1 tensor that is 1 where  sum_j coefficient_j x_j = constant,  every x_j within its own extent.
///
/// No leg is special. The convolution pattern i = S o + D k - P is  -i + S o + D k = P;  the Kronecker delta is
/// i - x = 0;  flattening is  -i + K2 k1 + k2 = 0.
struct Affine {
  std::vector<Term> terms;
  std::int64_t constant = 0;

  friend bool operator==(const Affine&, const Affine&) = default;
};

/// The factor in front of the network: an exact rational times a real number.
struct Scale {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
  double real = 1.0;

  [[nodiscard]] double value() const noexcept;
  /// Whether an integer network times this factor is an integer again, exactly.
  [[nodiscard]] bool is_integer() const noexcept { return denominator == 1 && real == 1.0; }
  /// Reduced product; what no longer fits in 63 bits moves into `real`.
  [[nodiscard]] Scale times(std::int64_t numerator, std::int64_t denominator = 1) const;
  [[nodiscard]] Scale times(const Scale& other) const;

  friend bool operator==(const Scale&, const Scale&) = default;
};

/// value[output] = scale * sum over all indices not in the output of  prod(dense) * prod(affine).
///
/// An index only in the output broadcasts; one that occurs nowhere multiplies the value by its extent. An index that
/// occurs twice in the output writes a diagonal, zeros elsewhere.
struct Network {
  std::map<IndexId, Index> indices;
  std::vector<Operand> operands;
  std::vector<Dense> dense;
  std::vector<Affine> affine;
  std::vector<Group> output;
  Scale scale;
  bool zero = false;  ///< the value is zero whatever the operands are

  /// A new index with an id greater than all others.
  IndexId add_index(std::string name, std::int64_t extent);
  /// A new operand; returns its position.
  int add_operand(std::string name, Shape shape);

  [[nodiscard]] std::int64_t extent(IndexId index) const { return indices.at(index).extent; }
  [[nodiscard]] std::int64_t extent(const Group& group) const;  ///< product; throws E0204 on overflow
  [[nodiscard]] Shape shape() const;                            ///< of the output

  friend bool operator==(const Network&, const Network&) = default;
};

}  // namespace einfold
