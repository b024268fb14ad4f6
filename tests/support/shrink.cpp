// SPDX-License-Identifier: MIT
#include "support/shrink.hpp"

#include "network/verify.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace einfold::test {
namespace {

template <class T>
std::vector<T> without(std::vector<T> list, std::size_t position) {
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(position));
  return list;
}

/// Sets every operand's shape to what its nodes say, and removes indices that `removed` took from everywhere.
Network consistent(Network network) {
  for (const Dense& node : network.dense) {
    Shape& shape = network.operands[static_cast<std::size_t>(node.operand)].shape;
    shape.clear();
    for (const Group& group : node.axes) shape.push_back(network.extent(group));
  }
  return network;
}

Network removed(Network network, IndexId id) {
  const auto clean = [&](std::vector<Group>& axes) {
    for (Group& group : axes) std::erase(group, id);
  };
  for (Dense& node : network.dense) clean(node.axes);
  clean(network.output);
  for (Affine& node : network.affine) std::erase_if(node.terms, [&](const Term& term) { return term.index == id; });
  std::erase_if(network.affine, [](const Affine& node) { return node.terms.empty(); });
  network.indices.erase(id);
  return consistent(std::move(network));
}

std::vector<Network> smaller(const Network& network) {
  std::vector<Network> result;
  const auto add = [&](auto change) {
    Network next = network;
    change(next);
    result.push_back(std::move(next));
  };
  for (std::size_t i = 0; i < network.dense.size(); ++i) add([&](Network& n) { n.dense = without(n.dense, i); });
  for (std::size_t i = 0; i < network.affine.size(); ++i) add([&](Network& n) { n.affine = without(n.affine, i); });
  for (std::size_t i = 0; i < network.output.size(); ++i) add([&](Network& n) { n.output = without(n.output, i); });
  if (network.scale != Scale{}) add([](Network& n) { n.scale = {}; });
  for (const auto& [id, index] : network.indices) result.push_back(removed(network, id));
  for (const auto& [id, index] : network.indices) {
    if (index.extent <= 1) continue;
    add([id = id](Network& n) {
      --n.indices.at(id).extent;
      n = consistent(std::move(n));
    });
  }
  return result;
}

bool is_valid(const Network& network) {
  try {
    verify(network);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

bool fails_or_throws(const Network& network, const std::function<bool(const Network&)>& fails) {
  try {
    return fails(network);
  } catch (const std::exception&) {
    return true;
  }
}

}  // namespace

Network shrunk(Network network, const std::function<bool(const Network&)>& fails) {
  for (;;) {
    std::vector<Network> candidates = smaller(network);
    const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Network& candidate) {
      return is_valid(candidate) && fails_or_throws(candidate, fails);
    });
    if (found == candidates.end()) return network;
    network = std::move(*found);
  }
}

}  // namespace einfold::test
