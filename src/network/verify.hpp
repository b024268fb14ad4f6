// SPDX-License-Identifier: MIT
//
// The rules that every network keeps, between all passes.
#pragma once

#include "einfold/network.hpp"

namespace einfold {

/// Throws InternalError, with what is wrong and where, unless
///
///   - every extent is >= 0, and every index of a node or of the output exists;
///   - every dense node stands for an operand of the network and has one group per axis of it, whose extents multiply
///     to the axis' extent;
///   - every affine node has at least one leg, its legs are distinct and their coefficients are not zero;
///   - every output axis has at most 2^63 - 1 entries;
///   - the scale's denominator is positive.
///
/// Cost: linear in the size of the network.
void verify(const Network& network);

/// `network` itself, verified in builds without NDEBUG: for the end of a pass.
[[nodiscard]] Network verified(Network network);

}  // namespace einfold
