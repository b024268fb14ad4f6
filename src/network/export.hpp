// SPDX-License-Identifier: MIT
//
// Networks for programs that know einsum but no affine axes.
#pragma once

#include "einfold/network.hpp"

#include <span>
#include <string>
#include <vector>

namespace einfold {

/// A term of the exported equation, one letter per axis.
struct ExportOperand {
  int operand = -1;  ///< of the network, seen through `offset` and `strides`; -1: a 0/1 tensor
  Shape shape;

  /// The entry at position p is element  offset + sum_a strides[a] p[a]  of the operand in row-major order.
  /// No element is seen twice, but where `shape` has the operand's broadcast axes.
  std::int64_t offset = 0;
  Strides strides;

  /// The entry at position p is 1 if  sum_a coefficients[a] p[a] = constant,  else 0. All coefficients 0: ones.
  std::vector<std::int64_t> coefficients;
  std::int64_t constant = 0;

  friend bool operator==(const ExportOperand&, const ExportOperand&) = default;
};

/// value = scale * reshape(einsum(equation, operands), output_shape)
struct Export {
  std::string equation;  ///< compact spelling, for example "abc,dbe,ecf->adf"
  std::vector<ExportOperand> operands;
  Shape output_shape;
  Scale scale;
};

enum class Alphabet { kLowerCase = 26, kBothCases = 52 };

/// Writes the network as an einsum of dense tensors.
///
/// An affine node becomes a view of operands, without a 0/1 tensor, where it amounts to a reshape or a slice:
///
///     one leg       a fixed position
///     two legs      deltas, narrowing, strides, flips: the solutions are a range t,  i = i0 + r t,  x = x0 + s t
///     more          i = sum_j a_j x_j + b,  always inside i's extent, each i hit at most once (|a_j| exceeds what the
///                   finer terms span): dense convolutions, sub-sampling. On the output: every i hit, in row-major order
///
/// Every other node is an operand with entries 0 and 1. An index only in the output brings a vector of ones; one
/// repeated in the output a delta. Plain einsum multiplies what lies outside by 0, so NaN and infinities there do
/// spread.
///
/// Ensures  evaluating the export gives the network's value [test: Export.KeepsTheValue_OfRandomNetworks].
/// Throws   E0230 (more letters needed than the alphabet has), E0227 (coefficients that do not fit in 64 bits).
[[nodiscard]] Export to_einsum(const Network& network, Alphabet alphabet = Alphabet::kBothCases);

/// The tensor of one term: a view of the bound operand, or a tensor of 0 and 1 of type `pattern_type`.
[[nodiscard]] Tensor materialise(const ExportOperand& term, std::span<const Tensor> operands, DType pattern_type);

}  // namespace einfold
