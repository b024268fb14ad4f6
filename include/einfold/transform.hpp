// SPDX-License-Identifier: MIT
//
// Transforms of networks: add a leg, remove a node, join a copy, tie legs. Each takes a network and returns another;
// no tensor data is touched. Output axes are numbered from 0. Source: Dangel, arXiv:2307.02275.
#pragma once

#include "einfold/network.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einfold {

using Axes = std::vector<int>;  ///< positions of output axes

/// A new index in front of the axes of every node of `operands`, and in front of the output (vmap).
[[nodiscard]] Network batch(const Network& network, const std::vector<std::string>& operands, std::string name,
                            std::int64_t extent);

/// The derivative with respect to an operand that occurs once: its node is removed, its axes are appended to the
/// output. A network is linear in each node, so
///
///     close(differentiate(N, w), the appended axes, w) = N        [test: Transform.DerivativeContractsBack]
///
/// A leg that was an output index already then occurs twice there: that is the Kronecker delta.
/// Throws E0207 (no such operand, or it occurs several times: use differentiate_each).
[[nodiscard]] Network differentiate(const Network& network, std::string_view operand);

/// The product rule: one derivative per node of the operand; their sum is the derivative.
[[nodiscard]] std::vector<Network> differentiate_each(const Network& network, std::string_view operand);

/// Joins with a new operand over the output axes `axes`; they leave the output, except those in `keep`.
[[nodiscard]] Network close(const Network& network, const Axes& axes, std::string operand, const Axes& keep = {});

/// The product of two networks that have no index in common after renaming: output axis `first` of `a` becomes one
/// with output axis `second` of `b` for every pair; pairs whose number is in `keep` stay in the output (as a's axis).
/// Output: what remains of a's axes, then of b's. Operands of equal name and shape are one operand.
/// Throws E0208 (paired axes differ in extents).
[[nodiscard]] Network join(const Network& a, const Network& b, const std::vector<std::pair<int, int>>& pairs,
                           const std::vector<int>& keep = {});

/// A network joined with its own copy: the axes `summed` and `kept` are shared. Output: kept, rows, columns.
[[nodiscard]] Network gram(const Network& network, const Axes& summed, const Axes& kept = {});

/// The same for two networks with equal output axes: rows from `a`, columns from `b`.
[[nodiscard]] Network cross_gram(const Network& a, const Network& b, const Axes& summed, const Axes& kept = {});

/// Makes two output axes one: the diagonal. Axis `b` leaves the output. Throws E0208.
[[nodiscard]] Network tie(const Network& network, int a, int b);

/// tie, and the common axis is summed.
[[nodiscard]] Network trace(const Network& network, int a, int b);

/// Takes axes off the output: their indices are summed.
[[nodiscard]] Network sum(const Network& network, const Axes& axes);

/// Deletes an index that only the output has: the value does not depend on it. Throws E0209 if a node has it.
[[nodiscard]] Network drop(const Network& network, IndexId index);

/// One output axis per part: the row-major product of the listed axes, which must all be listed once.
[[nodiscard]] Network group(const Network& network, const std::vector<Axes>& parts);

/// An output axis falls apart into the indices of its group.
[[nodiscard]] Network split(const Network& network, int axis);

[[nodiscard]] Network permute(const Network& network, const Axes& order);

/// Output axis `axis`, of one index, restricted to start, start + step, .. (`length` positions, all inside).
[[nodiscard]] Network narrow(const Network& network, int axis, std::int64_t start, std::int64_t length,
                             std::int64_t step = 1);

/// The output axis placed in a larger one: position p of it becomes `start + p`; all else is zero.
[[nodiscard]] Network embed(const Network& network, int axis, std::string name, std::int64_t extent,
                            std::int64_t start = 0);

/// Output axis `axis`, of one index x, split into new indices y of the given extents: x = row-major(y).
[[nodiscard]] Network ungroup(const Network& network, int axis, const std::vector<Index>& parts);

[[nodiscard]] Network rename(const Network& network, IndexId index, std::string name);

/// The network times numerator / denominator.
[[nodiscard]] Network scaled(const Network& network, std::int64_t numerator, std::int64_t denominator = 1);

/// Replaces y by x everywhere (they must have one extent): in an affine node the coefficients add, a coefficient that
/// becomes zero drops the leg, an equation without legs is dropped if it holds and else makes the network zero.
[[nodiscard]] Network unify(const Network& network, IndexId x, IndexId y);

}  // namespace einfold
