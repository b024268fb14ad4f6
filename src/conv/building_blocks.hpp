// SPDX-License-Identifier: MIT
//
// The one convolution network, and the handful of networks that all operations are transforms of.
#pragma once

#include "conv/geometry.hpp"
#include "einfold/network.hpp"
#include "einfold/transform.hpp"

namespace einfold::conv {

/// `count` consecutive axes from `first`.
[[nodiscard]] Axes axes_from(int first, int count);

/// Axes glued together in order.
[[nodiscard]] Axes operator+(Axes a, const Axes& b);

/// F:  x[n (g c) i..], weight[(g d) c k..], one affine node -i + S o + D k = P_l per dimension -> n (g d) o..
[[nodiscard]] Network convolution(const Geometry& geometry);

/// bias[e] -> n e p.., a bias for the axis of channels of an output (or, transposed, of an input).
[[nodiscard]] Network bias_of_output(const Geometry& geometry);
[[nodiscard]] Network bias_of_input(const Geometry& geometry);

/// dF/dweight:  n (g d) o.. | (g d) c k..  with the deltas as repeated indices.
[[nodiscard]] Network weight_jacobian(const Geometry& geometry);
/// dF/dx:  n (g d) o.. | n (g c) i..
[[nodiscard]] Network input_jacobian(const Geometry& geometry);
/// The same for one example:  (g d) o.. | (g c) i..  (the Toeplitz matrix)
[[nodiscard]] Network toeplitz(const Geometry& geometry);

/// The weight VJP of v, one per example:  n | (g d) c k..
[[nodiscard]] Network per_example_gradient(const Geometry& geometry);
/// The same of s, for each vector:  v n | (g d) c k..
[[nodiscard]] Network per_example_gradients(const Geometry& geometry);

/// The unfolded input:  n g (c k..) (o..), and the unfolded output of the transposed convolution:  n g (d k..) (i..)
[[nodiscard]] Network unfolded(const Geometry& geometry);
[[nodiscard]] Network transpose_unfolded(const Geometry& geometry);

/// A tensor in output space as it is:  operand[n (g d) o..] -> n g d o..
[[nodiscard]] Network output_space(const Geometry& geometry, std::string operand);

/// The input VJP of `operand` in output space:  n (g c) i..
[[nodiscard]] Network input_vjp(const Geometry& geometry, std::string operand);

}  // namespace einfold::conv
