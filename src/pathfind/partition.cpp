// SPDX-License-Identifier: MIT
#include "pathfind/partition.hpp"

#include "pathfind/bisection.hpp"
#include "pathfind/small_part.hpp"

#include <algorithm>
#include <array>

namespace einfold::pathfind {
namespace {

using Part = std::vector<int>;  // tensors

/// Cuts parts of one network.
class Cutter {
 public:
  Cutter(const FlatNetwork& network, double imbalance, Random& random, const Deadline& deadline)
      : network_(network), imbalance_(imbalance), random_(random), deadline_(deadline), net_of_(network.log2_extents.size(), -1) {}

  std::array<Part, 2> halves(const Part& part) {
    return cut(part, hypergraph_of(part, [](int, std::vector<int>&) {}, 0));
  }

  /// `anchors(index, nodes)` adds 0 and 1 for indices that the left and the right need.
  template <class F>
  std::array<Part, 2> anchored_halves(const Part& part, F anchors) {
    Hypergraph graph = hypergraph_of(part, anchors, 2);
    graph.anchored = true;
    return cut(part, graph);
  }

  /// f(index) for the indices on both.
  template <class F>
  void for_cut(const std::array<Part, 2>& halves, F f) {
    std::vector<int> seen;
    for (const int t : halves[0])
      for (const int x : network_.tensors[t])
        if (net_of_[x] < 0) net_of_[x] = 0, seen.push_back(x);
    for (const int t : halves[1])
      for (const int x : network_.tensors[t])
        if (net_of_[x] == 0) net_of_[x] = 1, f(x);
    for (const int x : seen) net_of_[x] = -1;
  }

 private:
  std::array<Part, 2> cut(const Part& part, const Hypergraph& graph) {
    const std::vector<char> side = bisect(graph, imbalance_, random_, deadline_);
    const std::size_t first = side.size() - part.size();
    std::array<Part, 2> halves;
    for (std::size_t n = 0; n < part.size(); ++n) halves[side[first + n]].push_back(part[n]);
    return halves;
  }

  template <class F>
  Hypergraph hypergraph_of(const Part& part, F anchors, int first) {
    std::vector<std::vector<int>> nodes_of;
    std::vector<int> indices;
    for (std::size_t n = 0; n < part.size(); ++n) {
      for (const int x : network_.tensors[part[n]]) {
        if (net_of_[x] < 0) {
          net_of_[x] = static_cast<int>(nodes_of.size());
          anchors(x, nodes_of.emplace_back());
          indices.push_back(x);
        }
        nodes_of[net_of_[x]].push_back(first + static_cast<int>(n));
      }
    }
    Hypergraph graph;
    graph.node_weight.assign(static_cast<std::size_t>(first) + part.size(), 1);
    std::fill_n(graph.node_weight.begin(), first, 0);
    for (std::size_t net = 0; net < nodes_of.size(); ++net) {
      net_of_[indices[net]] = -1;
      if (nodes_of[net].size() < 2) continue;
      graph.nodes_of.append(nodes_of[net]);
      graph.net_weight.push_back(network_.log2_extents[indices[net]]);
    }
    graph.nets_of = graph.nodes_of.transposed(graph.nodes());
    return graph;
  }

  const FlatNetwork& network_;
  double imbalance_;
  Random& random_;
  const Deadline& deadline_;
  std::vector<int> net_of_;  ///< per index; -1 between calls
};

Part everything(const FlatNetwork& network) {
  Part part;
  for (int t = 0; t < network.size(); ++t) part.push_back(t);
  return part;
}

}  // namespace

std::array<std::vector<int>, 2> halves_of(const FlatNetwork& network, double imbalance, Random& random, const Deadline& deadline) {
  return Cutter(network, imbalance, random, deadline).halves(everything(network));
}

SsaPath partition_path(const FlatNetwork& network, const PartitionOptions& options, Random& random, const Deadline& deadline) {
  const std::vector<int> occurrences = occurrences_in(network.tensors, network.indices());
  const std::size_t cutoff = static_cast<std::size_t>(std::clamp(options.cutoff, 2, 12));
  Cutter cutter(network, options.imbalance, random, deadline);
  SsaPath path;
  std::vector<int> results;  // of parts that are done and wait for their other half
  struct Task {
    Part part;
    bool join = false;
  };
  std::vector<Task> tasks{{everything(network)}};
  while (!tasks.empty()) {
    if (deadline.passed()) return {};
    const Task task = std::move(tasks.back());
    tasks.pop_back();
    if (task.join) {
      const int b = results.back();
      results.pop_back();
      path.emplace_back(results.back(), b);
      results.back() = network.size() + static_cast<int>(path.size()) - 1;
    } else if (task.part.size() <= cutoff) {
      std::vector<const std::vector<int>*> tensors;
      for (const int t : task.part) tensors.push_back(&network.tensors[t]);
      results.push_back(join_best(network, tensors, task.part, occurrences, path));
    } else {
      tasks.push_back({{}, true});
      for (Part& half : cutter.halves(task.part)) tasks.push_back({std::move(half)});
    }
  }
  return path;
}

std::vector<int> line_of(const FlatNetwork& network, const PartitionOptions& options, Random& random, const Deadline& deadline) {
  Cutter cutter(network, options.imbalance, random, deadline);
  const std::vector<int> occurrences = occurrences_in(network.tensors, network.indices());
  std::vector<int> placed(occurrences.size(), 0), here(occurrences.size(), 0);  // per index: tensors on the left, in the part
  std::vector<Part> parts{everything(network)};  // the leftmost is the last
  std::vector<int> line;
  while (!parts.empty()) {
    if (deadline.passed()) return {};
    const Part part = std::move(parts.back());
    parts.pop_back();
    if (part.size() == 1) {
      for (const int x : network.tensors[part[0]]) ++placed[x];
      line.push_back(part[0]);
      continue;
    }
    for (const int t : part)
      for (const int x : network.tensors[t]) ++here[x];
    std::array<Part, 2> halves = cutter.anchored_halves(part, [&](int x, std::vector<int>& nodes) {
      if (placed[x] > 0) nodes.push_back(0);
      if (placed[x] + here[x] < occurrences[x] || network.in_output[x]) nodes.push_back(1);
    });
    for (const int t : part)
      for (const int x : network.tensors[t]) --here[x];
    parts.push_back(std::move(halves[1]));
    parts.push_back(std::move(halves[0]));
  }
  return line;
}

std::vector<int> dissection_depths(const FlatNetwork& network, const PartitionOptions& options, Random& random, const Deadline& deadline) {
  std::vector<int> depth(network.log2_extents.size(), -1);
  Cutter cutter(network, options.imbalance, random, deadline);
  std::vector<Part> parts{everything(network)};
  int level = 0;
  for (; !parts.empty() && !deadline.passed(); ++level) {
    std::vector<Part> next;
    for (const Part& part : parts) {
      if (static_cast<int>(part.size()) <= std::max(2, options.cutoff)) continue;
      std::array<Part, 2> halves = cutter.halves(part);
      cutter.for_cut(halves, [&](int x) {
        if (depth[x] < 0) depth[x] = level;
      });
      for (Part& half : halves) next.push_back(std::move(half));
    }
    parts = std::move(next);
  }
  std::ranges::replace(depth, -1, level);
  return depth;
}

}  // namespace einfold::pathfind
