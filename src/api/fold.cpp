// SPDX-License-Identifier: MIT
#include "api/fold.hpp"

#include "plan/pipeline.hpp"
#include "transform/part.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace einfold {
namespace {

/// A product of all constants may have so many times their elements, or this many in any case.
constexpr double kMostGrowth = 2.0, kSmallProduct = 1 << 16;

double cost_of(double log2_points, double log2_size) {
  return std::exp2(log2_points) + plan::PipelineOptions{}.search.write_weight * std::exp2(log2_size);
}

bool is_constant(const Network& network, std::size_t node, const std::set<std::string>& constants) {
  return constants.contains(network.operands[static_cast<std::size_t>(network.dense[node].operand)].name);
}

void collect(const pathfind::Tree& tree, int leaves, int node, Part& part) {
  if (node < 0) return;
  if (node < leaves) {
    part.dense.push_back(static_cast<std::size_t>(node));
    return;
  }
  const pathfind::Step& step = tree.steps[static_cast<std::size_t>(node - leaves)];
  part.affine.insert(part.affine.end(), step.equations.begin(), step.equations.end());
  collect(tree, leaves, step.a, part);
  collect(tree, leaves, step.b, part);
}

Part part_of(const pathfind::Tree& tree, int leaves, int node) {
  Part part;
  collect(tree, leaves, node, part);
  std::sort(part.dense.begin(), part.dense.end());
  std::sort(part.affine.begin(), part.affine.end());
  return part;
}

/// Parts to compute ahead, and what a run then costs.
struct Choice {
  std::vector<Part> parts;
  double cost = 0;
};

/// The largest sub-trees of constants.
Choice constant_subtrees(const plan::Ordered& ordered, const std::set<std::string>& constants) {
  const Network& network = ordered.simplified.network;
  const auto leaves = static_cast<int>(network.dense.size());
  std::vector<bool> constant;
  for (std::size_t i = 0; i < network.dense.size(); ++i) constant.push_back(is_constant(network, i, constants));
  const auto holds = [&](int node) { return node < 0 || constant[static_cast<std::size_t>(node)]; };
  Choice choice;
  const auto take = [&](int node) {
    if (node >= leaves && holds(node)) choice.parts.push_back(part_of(ordered.tree, leaves, node));
  };
  for (const pathfind::Step& step : ordered.tree.steps) {
    constant.push_back(step.a >= 0 && holds(step.a) && holds(step.b));
    if (constant.back()) continue;
    if (step.same_as < 0) choice.cost += cost_of(step.log2_points, step.log2_size);
    take(step.a);
    take(step.b);
  }
  if (constant.back()) take(static_cast<int>(constant.size()) - 1);
  return choice;
}

/// Constants that share indices, with the equations between them alone, as one tensor for each group.
std::vector<Part> connected_constants(const Network& network, const std::set<std::string>& constants) {
  struct Group {
    Part part;
    std::set<IndexId> indices;
  };
  std::vector<Group> groups;
  const auto add = [&](Group added) {
    std::vector<Group> apart;
    for (Group& group : groups) {
      const bool shares = std::any_of(group.indices.begin(), group.indices.end(),
                                      [&](IndexId id) { return added.indices.contains(id); });
      if (!shares) {
        apart.push_back(std::move(group));
        continue;
      }
      added.indices.merge(group.indices);
      added.part.dense.insert(added.part.dense.end(), group.part.dense.begin(), group.part.dense.end());
    }
    apart.push_back(std::move(added));
    groups = std::move(apart);
  };
  for (std::size_t i = 0; i < network.dense.size(); ++i) {
    if (!is_constant(network, i, constants)) continue;
    Group group{{{i}, {}}, {}};
    for (const auto& axis : network.dense[i].axes) group.indices.insert(axis.begin(), axis.end());
    add(std::move(group));
  }
  std::vector<Part> parts;
  for (Group& group : groups) {
    for (std::size_t e = 0; e < network.affine.size(); ++e) {
      const auto& terms = network.affine[e].terms;
      const bool inside = std::all_of(terms.begin(), terms.end(),
                                      [&](const Term& term) { return group.indices.contains(term.index); });
      if (inside) group.part.affine.push_back(e);
    }
    std::sort(group.part.dense.begin(), group.part.dense.end());
    if (group.part.dense.size() + group.part.affine.size() > 1) parts.push_back(std::move(group.part));
  }
  return parts;
}

bool grows_too_much(const Network& network, const std::vector<Part>& parts) {
  double before = 0, after = 0;
  for (const Part& part : parts) {
    for (const std::size_t node : part.dense) {
      double elements = 1;
      for (const auto& axis : network.dense[node].axes) {
        for (const IndexId id : axis) elements *= static_cast<double>(network.extent(id));
      }
      before += elements;
    }
    double elements = 1;
    for (const IndexId id : open_indices(network, part)) elements *= static_cast<double>(network.extent(id));
    after += elements;
  }
  return after > std::max(kSmallProduct, kMostGrowth * before);
}

class Folding {
 public:
  explicit Folding(const std::set<std::string>& constants) : constants_(constants) {}

  void add(const Network& term) {
    const plan::Ordered ordered = plan::order(term, {});
    const Network& network = ordered.simplified.network;
    if (network.zero) {
      folded_.terms.push_back(term);
      return;
    }
    const Choice subtrees = constant_subtrees(ordered, constants_);
    std::vector<Part> parts = subtrees.parts;
    if (std::vector<Part> joined = connected_constants(network, constants_);
        !joined.empty() && joined != parts && !grows_too_much(network, joined)) {
      const Network rest = without(network, definitions_of(network, joined));
      if (std::exp2(plan::order(rest, {}).tree.log2_cost) < subtrees.cost) parts = std::move(joined);
    }
    if (parts.empty()) {
      folded_.terms.push_back(term);
      return;
    }
    std::vector<Product> products = definitions_of(network, parts);
    folded_.terms.push_back(without(network, products));
    for (Product& product : products) {
      const auto& operands = folded_.terms.back().operands;
      const bool used = std::any_of(operands.begin(), operands.end(),
                                    [&](const Operand& operand) { return operand.name == product.operand; });
      if (used) folded_.products.push_back(std::move(product));
    }
  }

  Folded take() && { return std::move(folded_); }

 private:
  [[nodiscard]] std::vector<Product> definitions_of(const Network& network, const std::vector<Part>& parts) const {
    std::vector<Product> products;
    for (const Part& part : parts) {
      const std::size_t number = folded_.products.size() + products.size() + 1;
      products.push_back({"product of constants " + std::to_string(number), cut(network, part)});
    }
    return products;
  }

  /// Equal products are one: the first takes all its occurrences, which leaves none for the others.
  static Network without(Network network, const std::vector<Product>& products) {
    for (const Product& product : products) {
      while (const auto found = find_occurrence(network, product.network)) {
        network = replaced(network, found->part, product.operand, found->axes);
      }
    }
    return network;
  }

  const std::set<std::string>& constants_;
  Folded folded_;
};

}  // namespace

Folded fold(const std::vector<Network>& terms, const std::set<std::string>& constants) {
  Folding folding(constants);
  for (const Network& term : terms) folding.add(term);
  return std::move(folding).take();
}

}  // namespace einfold
