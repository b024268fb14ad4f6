// SPDX-License-Identifier: MIT
//
// Adding legs, removing nodes, and reshaping the output.
#include "einfold/transform.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "transform/edit.hpp"

#include <algorithm>

namespace einfold {
namespace {

bool contains(const Axes& axes, std::size_t axis) {
  return std::find(axes.begin(), axes.end(), static_cast<int>(axis)) != axes.end();
}

std::string names_of(const std::vector<Operand>& operands) {
  std::string names;
  for (const Operand& operand : operands) names += (names.empty() ? "" : ", ") + operand.name;
  return names;
}

/// The index of an output axis that must consist of one.
IndexId only_index(const Network& network, int axis) {
  const Group& group = network.output.at(static_cast<std::size_t>(axis));
  if (group.size() != 1) {
    fail(ErrorKind::kShape, "E0210", "output axis ", axis, " is a group of ", group.size(),
         " indices where one is needed: split it first");
  }
  return group.front();
}

}  // namespace

Network batch(const Network& network, const std::vector<std::string>& operands, std::string name,
              std::int64_t extent) {
  Network result = network;
  const IndexId index = result.add_index(std::move(name), extent);
  for (std::size_t i = 0; i < result.operands.size(); ++i) {
    Operand& operand = result.operands[i];
    if (std::find(operands.begin(), operands.end(), operand.name) == operands.end()) continue;
    operand.shape.insert(operand.shape.begin(), extent);
    for (Dense& node : result.dense) {
      if (node.operand == static_cast<int>(i)) node.axes.insert(node.axes.begin(), Group{index});
    }
  }
  result.output.insert(result.output.begin(), Group{index});
  return result;
}

std::vector<Network> differentiate_each(const Network& network, std::string_view operand) {
  std::vector<Network> derivatives;
  for (std::size_t i = 0; i < network.dense.size(); ++i) {
    const Dense& node = network.dense[i];
    if (network.operands[static_cast<std::size_t>(node.operand)].name != operand) continue;
    Network derivative = network;
    derivative.dense.erase(derivative.dense.begin() + static_cast<std::ptrdiff_t>(i));
    derivative.output.insert(derivative.output.end(), node.axes.begin(), node.axes.end());
    derivatives.push_back(edit::without_unused_operands(derivative));
  }
  if (derivatives.empty()) {
    fail(ErrorKind::kArgument, "E0207", "the network has no operand '", operand, "'; it has: ",
         names_of(network.operands));
  }
  return derivatives;
}

Network differentiate(const Network& network, std::string_view operand) {
  std::vector<Network> derivatives = differentiate_each(network, operand);
  if (derivatives.size() != 1) {
    fail(ErrorKind::kArgument, "E0207", "operand '", operand, "' occurs ", derivatives.size(),
         " times: its derivative is a sum, see differentiate_each");
  }
  return std::move(derivatives.front());
}

Network close(const Network& network, const Axes& axes, std::string operand, const Axes& keep) {
  Network result = network;
  Dense node;
  Shape shape;
  for (const int axis : axes) {
    node.axes.push_back(network.output.at(static_cast<std::size_t>(axis)));
    shape.push_back(network.extent(node.axes.back()));
  }
  node.operand = result.add_operand(std::move(operand), std::move(shape));
  result.dense.push_back(std::move(node));
  result.output.clear();
  for (std::size_t axis = 0; axis < network.output.size(); ++axis) {
    if (!contains(axes, axis) || contains(keep, axis)) result.output.push_back(network.output[axis]);
  }
  return result;
}

Network sum(const Network& network, const Axes& axes) {
  Network result = network;
  result.output.clear();
  for (std::size_t axis = 0; axis < network.output.size(); ++axis) {
    if (!contains(axes, axis)) result.output.push_back(network.output[axis]);
  }
  return result;
}

Network drop(const Network& network, IndexId index) {
  const auto in_group = [&](const Group& group) {
    return std::find(group.begin(), group.end(), index) != group.end();
  };
  for (const Dense& node : network.dense) {
    if (std::any_of(node.axes.begin(), node.axes.end(), in_group)) {
      fail(ErrorKind::kArgument, "E0209", "index '", network.indices.at(index).name, "' belongs to an operand");
    }
  }
  for (const Affine& node : network.affine) {
    if (edit::coefficient_of(node, index) != 0) {
      fail(ErrorKind::kArgument, "E0209", "index '", network.indices.at(index).name, "' belongs to a pattern");
    }
  }
  Network result = network;
  result.output.clear();
  for (const Group& group : network.output) {
    Group rest = group;
    std::erase(rest, index);
    if (!rest.empty() || group.empty()) result.output.push_back(std::move(rest));
  }
  result.indices.erase(index);
  return result;
}

Network group(const Network& network, const std::vector<Axes>& parts) {
  Network result = network;
  result.output.clear();
  for (const Axes& part : parts) {
    Group joined;
    for (const int axis : part) {
      const Group& next = network.output.at(static_cast<std::size_t>(axis));
      joined.insert(joined.end(), next.begin(), next.end());
    }
    result.output.push_back(std::move(joined));
  }
  return result;
}

Network split(const Network& network, int axis) {
  Network result = network;
  const Group group = network.output.at(static_cast<std::size_t>(axis));
  result.output.erase(result.output.begin() + axis);
  for (std::size_t i = 0; i < group.size(); ++i) {
    result.output.insert(result.output.begin() + axis + static_cast<std::ptrdiff_t>(i), Group{group[i]});
  }
  return result;
}

Network permute(const Network& network, const Axes& order) {
  Network result = network;
  result.output.clear();
  for (const int axis : order) result.output.push_back(network.output.at(static_cast<std::size_t>(axis)));
  return result;
}

Network narrow(const Network& network, int axis, std::int64_t start, std::int64_t length, std::int64_t step) {
  const IndexId x = only_index(network, axis);
  const auto last = checked::multiply_add(start, step, length - 1);
  const std::int64_t extent = network.extent(x);
  if (length < 0 || start < 0 || (length > 0 && (start >= extent || !last || *last < 0 || *last >= extent))) {
    fail(ErrorKind::kShape, "E0211", "positions ", start, " + ", step, " * (0 .. ", length - 1,
         ") are not all inside an axis of extent ", extent);
  }
  Network result = network;
  const IndexId y = result.add_index(network.indices.at(x).name, length);
  result.affine.push_back({{{x, 1}, {y, -step}}, start});
  if (step == 0) result.affine.back() = {{{x, 1}}, start};
  result.output[static_cast<std::size_t>(axis)] = {y};
  return result;
}

Network embed(const Network& network, int axis, std::string name, std::int64_t extent, std::int64_t start) {
  Network result = network;
  const Group group = network.output.at(static_cast<std::size_t>(axis));
  if (start < 0 || start > extent - network.extent(group)) {
    fail(ErrorKind::kShape, "E0211", "an axis of extent ", network.extent(group), " does not fit at position ", start,
         " of one of extent ", extent);
  }
  const IndexId whole = result.add_index(std::move(name), extent);
  Affine place{{{whole, -1}}, -start};
  std::int64_t radix = 1;
  for (auto part = group.rbegin(); part != group.rend(); ++part) {
    edit::add_term(place, *part, radix);
    radix *= network.extent(*part);
  }
  result.affine.push_back(std::move(place));
  result.output[static_cast<std::size_t>(axis)] = {whole};
  return result;
}

Network ungroup(const Network& network, int axis, const std::vector<Index>& parts) {
  const IndexId x = only_index(network, axis);
  Network result = network;
  Group group;
  for (const Index& part : parts) group.push_back(result.add_index(part.name, part.extent));
  if (result.extent(group) != network.extent(x)) {
    fail(ErrorKind::kShape, "E0211", "an axis of extent ", network.extent(x), " does not split into parts of ",
         result.extent(group));
  }
  Affine radix_of{{{x, -1}}, 0};
  std::int64_t radix = 1;
  for (auto part = group.rbegin(); part != group.rend(); ++part) {
    edit::add_term(radix_of, *part, radix);
    radix *= result.extent(*part);
  }
  result.affine.push_back(std::move(radix_of));
  result.output[static_cast<std::size_t>(axis)] = std::move(group);
  return result;
}

Network rename(const Network& network, IndexId index, std::string name) {
  Network result = network;
  result.indices.at(index).name = std::move(name);
  return result;
}

Network scaled(const Network& network, std::int64_t numerator, std::int64_t denominator) {
  Network result = network;
  result.scale = network.scale.times(numerator, denominator);
  return result;
}

}  // namespace einfold
