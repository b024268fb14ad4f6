// SPDX-License-Identifier: MIT
//
// Random networks for property tests, and operands for them.
#pragma once

#include "einfold/network.hpp"

#include <cstdint>
#include <vector>

namespace einfold::test {

struct RandomNetworkOptions {
  /// Bound on the product of all extents, that is, on the work of the reference evaluator.
  std::int64_t most_points = 20'000;
  int most_affine = 3;
  int most_dense = 3;
  /// Whether an extent may be 0 and the network marked zero.
  bool empty_extents = true;
};

/// A valid network; equal seeds give equal networks. It has dense nodes with groups, repeated indices and operands that
/// stand behind two nodes; convolution patterns, ragged or not, deltas, flips, narrowings, flattenings, near copies of
/// another pattern and arbitrary equations of 1 to 4 legs; outputs with groups, repeated and broadcast indices; indices
/// that occur nowhere; extents 0 to 9; and now and then a scale whose value is exact in binary.
[[nodiscard]] Network random_network(std::uint64_t seed, const RandomNetworkOptions& options = {});

/// Integers in [-3, 3], never all equal where there are two, as int64 or float64 (drawn per operand).
[[nodiscard]] std::vector<Tensor> random_operands(const Network& network, std::uint64_t seed);
/// The same as `dtype`.
[[nodiscard]] std::vector<Tensor> random_operands(const Network& network, std::uint64_t seed, DType dtype);

}  // namespace einfold::test
