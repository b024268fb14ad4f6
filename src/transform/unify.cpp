// SPDX-License-Identifier: MIT
//
// Making indices one: unify, tie, trace, and the product of networks (join, gram).
#include "base/checked.hpp"
#include "base/fail.hpp"
#include "einfold/transform.hpp"
#include "transform/edit.hpp"

#include <algorithm>

namespace einfold {

Network unify(const Network& network, IndexId x, IndexId y) {
  if (x == y) return network;
  if (network.extent(x) != network.extent(y)) {
    fail(ErrorKind::kShape, "E0208", "indices '", network.indices.at(x).name, "' and '", network.indices.at(y).name,
         "' cannot be one: extents ", network.extent(x), " and ", network.extent(y));
  }
  Network result = edit::with_groups(network, [&](const Group& group) {
    Group renamed = group;
    std::replace(renamed.begin(), renamed.end(), y, x);
    return renamed;
  });
  std::vector<Affine> kept;
  for (Affine node : result.affine) {
    const auto of_y = edit::find_term(node, y);
    if (of_y != node.terms.end()) {
      const std::int64_t coefficient = of_y->coefficient;
      node.terms.erase(of_y);
      edit::add_term(node, x, coefficient);
    }
    if (!node.terms.empty()) {
      kept.push_back(std::move(node));
    } else if (node.constant != 0) {
      result.zero = true;
    }
  }
  result.affine = std::move(kept);
  result.indices.erase(y);
  return result;
}

namespace {

/// Makes two groups of the output one, index by index.
Network unify_groups(Network network, std::size_t a, std::size_t b) {
  if (network.output[a].size() != network.output[b].size()) {
    fail(ErrorKind::kShape, "E0208", "two output axes cannot be one: their groups have ", network.output[a].size(),
         " and ", network.output[b].size(), " indices");
  }
  for (std::size_t i = 0; i < network.output[a].size(); ++i) {
    network = unify(network, network.output[a][i], network.output[b][i]);
  }
  return network;
}

/// The ids of `b` shifted beyond those of `a`, and its operands merged with a's by name.
Network multiply(const Network& a, const Network& b) {
  const IndexId shift = a.indices.empty() ? 0 : a.indices.rbegin()->first + 1;
  const Network moved = edit::with_ids(b, [&](IndexId id) { return id + shift; });
  Network result = a;
  result.indices.insert(moved.indices.begin(), moved.indices.end());
  for (Dense node : moved.dense) {
    const Operand& operand = b.operands[static_cast<std::size_t>(node.operand)];
    const auto same = std::find(result.operands.begin(), result.operands.end(), operand);
    node.operand = same == result.operands.end() ? result.add_operand(operand.name, operand.shape)
                                                 : static_cast<int>(same - result.operands.begin());
    result.dense.push_back(std::move(node));
  }
  result.affine.insert(result.affine.end(), moved.affine.begin(), moved.affine.end());
  result.output.insert(result.output.end(), moved.output.begin(), moved.output.end());
  result.scale = a.scale.times(b.scale);
  result.zero = a.zero || b.zero;
  return result;
}

template <class Range, class Value>
bool contains(const Range& range, const Value& value) {
  return std::find(range.begin(), range.end(), value) != range.end();
}

}  // namespace

Network tie(const Network& network, int a, int b) {
  Network result = unify_groups(network, static_cast<std::size_t>(a), static_cast<std::size_t>(b));
  result.output.erase(result.output.begin() + b);
  return result;
}

Network trace(const Network& network, int a, int b) {
  const Network tied = tie(network, a, b);
  return sum(tied, {a < b ? a : a - 1});
}

Network join(const Network& a, const Network& b, const std::vector<std::pair<int, int>>& pairs,
             const std::vector<int>& keep) {
  const std::size_t rank_a = a.output.size();
  Network result = multiply(a, b);
  std::vector<std::size_t> removed;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto first = static_cast<std::size_t>(pairs[p].first);
    const std::size_t second = rank_a + static_cast<std::size_t>(pairs[p].second);
    result = unify_groups(std::move(result), first, second);
    removed.push_back(second);
    if (!contains(keep, static_cast<int>(p))) removed.push_back(first);
  }
  std::vector<Group> output;
  for (std::size_t axis = 0; axis < result.output.size(); ++axis) {
    if (!contains(removed, axis)) output.push_back(result.output[axis]);
  }
  result.output = std::move(output);
  return result;
}

Network gram(const Network& network, const Axes& summed, const Axes& kept) {
  return cross_gram(network, network, summed, kept);
}

Network cross_gram(const Network& a, const Network& b, const Axes& summed, const Axes& kept) {
  std::vector<std::pair<int, int>> pairs;
  std::vector<int> keep;
  for (const int axis : summed) pairs.emplace_back(axis, axis);
  for (const int axis : kept) {
    keep.push_back(static_cast<int>(pairs.size()));
    pairs.emplace_back(axis, axis);
  }
  const Network joined = join(a, b, pairs, keep);
  // joined.output: a's axes without the summed ones, then b's without all shared ones.
  Axes rows, order;
  std::vector<int> place(a.output.size(), -1);
  int next = 0;
  for (int axis = 0; axis < static_cast<int>(a.output.size()); ++axis) {
    if (contains(summed, axis)) continue;
    place[static_cast<std::size_t>(axis)] = next++;
    if (!contains(kept, axis)) rows.push_back(axis);
  }
  for (const int axis : kept) order.push_back(place[static_cast<std::size_t>(axis)]);
  for (const int axis : rows) order.push_back(place[static_cast<std::size_t>(axis)]);
  for (int column = next; column < static_cast<int>(joined.output.size()); ++column) order.push_back(column);
  return permute(joined, order);
}

}  // namespace einfold
