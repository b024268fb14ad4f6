// SPDX-License-Identifier: MIT
#include "api/share.hpp"

#include "plan/pipeline.hpp"
#include "transform/part.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace einfold {
namespace {

/// Of one network's intermediates, only so many are looked for in others: the most expensive ones.
constexpr std::size_t kMostIntermediates = 8;

struct Costed {
  Network network;
  plan::Ordered ordered;
  double cost = 0;
};

Costed costed(Network network) {
  plan::Ordered ordered = plan::order(network, {});
  const double cost = ordered.simplified.network.zero ? 0 : std::exp2(ordered.tree.log2_cost);
  return {std::move(network), std::move(ordered), cost};
}

/// The network with every occurrence of `definition` read from the operand `name`, which holds the definition's value.
std::optional<Network> reading(const Network& network, const Network& definition, const std::string& name) {
  const Scale& scale = definition.scale;
  if (scale.numerator == 0 || scale.real != 1.0) return std::nullopt;
  std::optional<Network> result;
  while (true) {
    const Network& now = result ? *result : network;
    const auto found = find_occurrence(now, definition);
    if (!found) return result;
    Network next = replaced(now, found->part, name, found->axes);
    const std::int64_t sign = scale.numerator < 0 ? -1 : 1;
    next.scale = next.scale.times(sign * scale.denominator, sign * scale.numerator);
    result = std::move(next);
  }
}

/// The cheaper of the network itself and of those that read the definition instead of computing it.
std::optional<Costed> cheaper(const Costed& now, const Network& definition, const std::string& name) {
  std::optional<Costed> best;
  for (const Network* network : {&now.network, &now.ordered.simplified.network}) {
    if (network->zero) continue;
    auto rewritten = reading(*network, definition, name);
    if (!rewritten) continue;
    Costed candidate = costed(*std::move(rewritten));
    if (candidate.cost < (best ? best->cost : now.cost)) best = std::move(candidate);
  }
  return best;
}

/// The sub-trees of an order as networks, the most expensive first; neither operands nor the whole.
std::vector<Network> intermediates(const plan::Ordered& ordered) {
  const Network& network = ordered.simplified.network;
  if (network.zero) return {};
  const auto leaves = network.dense.size();
  struct Subtree {
    Part part;
    double log2_points = 0;
  };
  std::vector<Subtree> nodes(leaves);
  for (std::size_t i = 0; i < leaves; ++i) nodes[i] = {{{i}, {}}, -1};
  for (const pathfind::Step& step : ordered.tree.steps) {
    Subtree node{{{}, {step.equations.begin(), step.equations.end()}}, step.log2_points};
    for (const int child : {step.a, step.b}) {
      if (child < 0) continue;
      const Subtree& below = nodes[static_cast<std::size_t>(child)];
      node.part.dense.insert(node.part.dense.end(), below.part.dense.begin(), below.part.dense.end());
      node.part.affine.insert(node.part.affine.end(), below.part.affine.begin(), below.part.affine.end());
      node.log2_points = std::max(node.log2_points, below.log2_points);
    }
    std::sort(node.part.dense.begin(), node.part.dense.end());
    std::sort(node.part.affine.begin(), node.part.affine.end());
    nodes.push_back(std::move(node));
  }
  nodes.pop_back();
  nodes.erase(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(leaves));
  std::stable_sort(nodes.begin(), nodes.end(), [](const Subtree& a, const Subtree& b) { return a.log2_points > b.log2_points; });
  if (nodes.size() > kMostIntermediates) nodes.resize(kMostIntermediates);
  std::vector<Network> networks;
  for (const Subtree& node : nodes) {
    if (!node.part.dense.empty()) networks.push_back(cut(network, node.part));
  }
  return networks;
}

class Sharing {
 public:
  explicit Sharing(const std::vector<std::vector<Network>>& results) {
    // Small ones first: they can occur in larger ones.
    std::vector<std::size_t> order(results.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto nodes = [&](std::size_t i) {
      std::size_t count = 0;
      for (const Network& term : results[i]) count += term.dense.size() + term.affine.size();
      return count;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return nodes(a) < nodes(b); });
    for (const std::size_t i : order) {
      Entry entry{"result " + std::to_string(i + 1), {}, {}, static_cast<int>(i)};
      for (const Network& term : results[i]) entry.terms.push_back(costed(term));
      if (results[i].size() == 1) entry.definition = results[i].front();
      entries_.push_back(std::move(entry));
    }
  }

  std::vector<SharedStep> run() {
    read_results();
    while (add_intermediate()) {
    }
    std::vector<SharedStep> steps;
    for (const Entry& entry : entries_) {
      SharedStep step{entry.name, {}, entry.result};
      for (const Costed& term : entry.terms) step.terms.push_back(term.network);
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  struct Entry {
    std::string name;
    std::vector<Costed> terms;
    std::optional<Network> definition;  // over the original operands
    int result = -1;
  };

  void read_results() {
    for (std::size_t reader = 1; reader < entries_.size(); ++reader) {
      for (std::size_t source = reader; source-- > 0;) {
        if (!entries_[source].definition) continue;
        for (Costed& term : entries_[reader].terms) {
          if (auto better = cheaper(term, *entries_[source].definition, entries_[source].name)) term = *std::move(better);
        }
      }
    }
  }

  /// Adds the first intermediate of which two or more terms are cheaper by more than it costs.
  bool add_intermediate() {
    if (added_ == kMostAdded) return false;
    for (const Entry& entry : entries_) {
      for (const Costed& term : entry.terms) {
        for (Network& definition : intermediates(term.ordered)) {
          if (try_intermediate(std::move(definition))) return true;
        }
      }
    }
    return false;
  }

  bool try_intermediate(Network definition) {
    const std::string name = "shared " + std::to_string(added_ + 1);
    Costed made = costed(definition);
    double saved = -made.cost;
    std::size_t readers = 0, first = entries_.size();
    std::vector<Entry> entries = entries_;
    for (std::size_t e = 0; e < entries.size(); ++e) {
      for (Costed& term : entries[e].terms) {
        auto better = cheaper(term, definition, name);
        if (!better) continue;
        saved += term.cost - better->cost;
        term = *std::move(better);
        ++readers;
        first = std::min(first, e);
      }
    }
    if (readers < 2 || saved <= 0) return false;
    Entry entry{name, {}, std::nullopt, -1};
    entry.terms.push_back(std::move(made));
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(first), std::move(entry));
    entries_ = std::move(entries);
    ++added_;
    return true;
  }

  static constexpr int kMostAdded = 16;
  std::vector<Entry> entries_;
  int added_ = 0;
};

}  // namespace

std::vector<SharedStep> share(const std::vector<std::vector<Network>>& results) { return Sharing(results).run(); }

}  // namespace einfold
