// SPDX-License-Identifier: MIT
#include "network/verify.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace einfold {
namespace {

template <class... Args>
[[noreturn]] void broken(const Args&... what) {
  throw InternalError(cat("broken network: ", what..., ". This is a bug of einfold, please report it."));
}

/// Product of the group's extents; `where` is only printed.
template <class... Where>
std::int64_t checked_extent(const Network& network, const Group& group, const Where&... where) {
  std::int64_t product = 1;
  bool overflow = false;
  bool empty = false;
  for (const IndexId id : group) {
    const auto found = network.indices.find(id);
    if (found == network.indices.end()) broken(where..., " has index ", id, ", which does not exist");
    const std::int64_t extent = found->second.extent;
    empty = empty || extent == 0;
    const auto next = checked::multiply(product, extent);
    overflow = overflow || !next;
    product = next.value_or(1);
  }
  if (empty) return 0;
  if (overflow) broken(where..., " has more than 2^63 - 1 entries");
  return product;
}

void verify_dense(const Network& network, std::size_t number) {
  const Dense& node = network.dense[number];
  if (node.operand < 0 || static_cast<std::size_t>(node.operand) >= network.operands.size()) {
    broken("dense node ", number, " stands for operand ", node.operand, " of ", network.operands.size());
  }
  const Operand& operand = network.operands[static_cast<std::size_t>(node.operand)];
  if (node.axes.size() != operand.shape.size()) {
    broken("dense node ", number, " has ", node.axes.size(), " axes, its operand '", operand.name, "' has ",
           operand.shape.size());
  }
  for (std::size_t axis = 0; axis < node.axes.size(); ++axis) {
    const std::int64_t extent = checked_extent(network, node.axes[axis], "axis ", axis, " of dense node ", number);
    if (extent != operand.shape[axis]) {
      broken("axis ", axis, " of dense node ", number, " has extent ", extent, ", its operand '", operand.name,
             "' has ", operand.shape[axis]);
    }
  }
}

void verify_affine(const Network& network, std::size_t number) {
  const Affine& node = network.affine[number];
  if (node.terms.empty()) broken("affine node ", number, " has no leg (0 = ", node.constant, ")");
  std::vector<IndexId> legs;
  for (const Term& term : node.terms) {
    if (!network.indices.contains(term.index)) {
      broken("affine node ", number, " has index ", term.index, ", which does not exist");
    }
    if (term.coefficient == 0) broken("affine node ", number, " has coefficient 0 at index ", term.index);
    legs.push_back(term.index);
  }
  std::sort(legs.begin(), legs.end());
  const auto twice = std::adjacent_find(legs.begin(), legs.end());
  if (twice != legs.end()) broken("affine node ", number, " has index ", *twice, " on two legs");
}

}  // namespace

void verify(const Network& network) {
  for (const auto& [id, index] : network.indices) {
    if (index.extent < 0) broken("index ", id, " ('", index.name, "') has extent ", index.extent);
  }
  for (std::size_t number = 0; number < network.dense.size(); ++number) verify_dense(network, number);
  for (std::size_t number = 0; number < network.affine.size(); ++number) verify_affine(network, number);
  for (std::size_t axis = 0; axis < network.output.size(); ++axis) {
    checked_extent(network, network.output[axis], "output axis ", axis);
  }
  if (network.scale.denominator <= 0) broken("the scale has denominator ", network.scale.denominator);
}

Network verified(Network network) {
#ifndef NDEBUG
  verify(network);
#endif
  return network;
}

}  // namespace einfold
