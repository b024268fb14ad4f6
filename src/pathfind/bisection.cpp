// SPDX-License-Identifier: MIT
#include "pathfind/bisection.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace einfold::pathfind {
namespace {

using Sides = std::vector<char>;

constexpr int kCoarsest = 48;         ///< nodes of the coarsest level, about
constexpr std::size_t kLargeNet = 64;  ///< nets of more nodes hardly tell which nodes belong together, and would make passes quadratic

int first_free(const Hypergraph& graph) { return graph.anchored ? 2 : 0; }

int total_weight(const Hypergraph& graph) {
  return std::accumulate(graph.node_weight.begin(), graph.node_weight.end(), 0);
}

double cut_of(const Hypergraph& graph, const Sides& side) {
  double cut = 0;
  for (int net = 0; net < graph.nets(); ++net) {
    const auto nodes = graph.nodes_of[net];
    if (std::ranges::any_of(nodes, [&](int n) { return side[n] != side[nodes.front()]; })) cut += graph.net_weight[net];
  }
  return cut;
}

/// Every node joins the neighbour, or the neighbour's cluster, that shares the heaviest nets with it. Returns a cluster per node.
std::vector<int> clusters_of(const Hypergraph& graph, Random& random, int& clusters) {
  const int heaviest = std::max(1, 3 * total_weight(graph) / (2 * kCoarsest));
  std::vector<int> order(graph.node_weight.size());
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  std::vector<int> cluster(order.size(), -1), weight, near;
  std::vector<double> rating(order.size(), 0);
  clusters = 0;
  if (graph.anchored) {
    for (const int anchor : {0, 1}) cluster[anchor] = clusters++;
    weight.assign(2, heaviest);  // nothing joins them
  }
  for (const int n : order) {
    if (cluster[n] >= 0) continue;
    near.clear();
    for (const int net : graph.nets_of[n]) {
      const auto nodes = graph.nodes_of[net];
      if (nodes.size() > kLargeNet) continue;
      const double share = graph.net_weight[net] / static_cast<double>(nodes.size() - 1);
      for (const int other : nodes) {
        if (other == n) continue;
        if (rating[other] == 0) near.push_back(other);
        rating[other] += share;
      }
    }
    int best = -1;
    double best_rating = 0;
    for (const int other : near) {
      const int joined = graph.node_weight[n] + (cluster[other] < 0 ? graph.node_weight[other] : weight[cluster[other]]);
      // light partners first, so that clusters stay alike
      const double value = rating[other] / joined;
      rating[other] = 0;
      if (joined > heaviest || value <= best_rating) continue;
      best = other;
      best_rating = value;
    }
    if (best < 0 || cluster[best] < 0) {
      weight.push_back(graph.node_weight[n] + (best < 0 ? 0 : graph.node_weight[best]));
      cluster[n] = clusters++;
      if (best >= 0) cluster[best] = cluster[n];
    } else {
      cluster[n] = cluster[best];
      weight[cluster[n]] += graph.node_weight[n];
    }
  }
  return cluster;
}

/// Nets inside a cluster are left out, nets of the same clusters become one.
Hypergraph contracted(const Hypergraph& graph, const std::vector<int>& cluster, int clusters) {
  Hypergraph coarse;
  coarse.anchored = graph.anchored;
  coarse.node_weight.assign(static_cast<std::size_t>(clusters), 0);
  for (int n = 0; n < graph.nodes(); ++n) coarse.node_weight[cluster[n]] += graph.node_weight[n];
  std::unordered_map<std::uint64_t, int> net_with;  // by a hash of its nodes; for look-ups only
  std::vector<int> nodes;
  for (int net = 0; net < graph.nets(); ++net) {
    nodes.clear();
    for (const int n : graph.nodes_of[net]) nodes.push_back(cluster[n]);
    std::ranges::sort(nodes);
    nodes.erase(std::ranges::unique(nodes).begin(), nodes.end());
    if (nodes.size() < 2) continue;
    std::uint64_t key = 0;
    for (const int n : nodes) key += mixed(static_cast<std::uint64_t>(n) + 1);
    const auto [known, is_new] = net_with.try_emplace(key, coarse.nets());
    if (!is_new && std::ranges::equal(coarse.nodes_of[known->second], nodes)) {
      coarse.net_weight[known->second] += graph.net_weight[net];
    } else {
      coarse.net_weight.push_back(graph.net_weight[net]);
      coarse.nodes_of.append(nodes);
    }
  }
  coarse.nets_of = coarse.nodes_of.transposed(clusters);
  return coarse;
}

std::vector<int> breadth_first(const Hypergraph& graph, int start) {
  Sides seen(graph.node_weight.size(), 0);
  std::vector<int> order;
  const auto visit = [&](int n) {
    if (!seen[n]) order.push_back(n);
    seen[n] = 1;
  };
  visit(start);
  for (std::size_t next = 0, other = 0; order.size() < seen.size() || next < order.size();) {
    if (next == order.size()) {  // another component
      while (seen[other]) ++other;
      visit(static_cast<int>(other));
    }
    for (const int net : graph.nets_of[order[next++]])
      for (const int neighbour : graph.nodes_of[net]) visit(neighbour);
  }
  return order;
}

/// The nearer half around a start.
Sides grown(const Hypergraph& graph, int start) {
  Sides side(graph.node_weight.size(), 1);
  int left = total_weight(graph) / 2;
  for (const int n : breadth_first(graph, start)) {
    if (left <= 0) break;
    left -= graph.node_weight[n];
    side[n] = 0;
  }
  return side;
}

/// Fiduccia and Mattheyses' passes.
class Refiner {
 public:
  Refiner(const Hypergraph& graph, Sides& side, double imbalance, const Deadline& deadline)
      : graph_(graph), side_(side), deadline_(deadline), on_(graph.net_weight.size(), {0, 0}) {
    const int total = total_weight(graph);
    most_ = std::clamp(static_cast<int>((1 + imbalance) / 2 * total), (total + 1) / 2, std::max(1, total - 1));
    for (int net = 0; net < graph.nets(); ++net)
      for (const int n : graph.nodes_of[net]) ++on_[net][side[n]];
    for (int n = first_free(graph); n < graph.nodes(); ++n) weight_[side[n]] += graph.node_weight[n], ++nodes_[side[n]];
  }

  void run(int passes) {
    for (int pass = 0; pass < passes && !deadline_.passed() && improve(); ++pass) {
    }
  }

 private:
  using Candidate = std::tuple<double, int, int>;  // gain, node, version

  double gain(int n) const {
    const int from = side_[n];
    double sum = 0;
    for (const int net : graph_.nets_of[n]) {
      if (on_[net][from] == 1) sum += graph_.net_weight[net];      // leaves the cut
      if (on_[net][1 - from] == 0) sum -= graph_.net_weight[net];  // enters it
    }
    return sum;
  }

  void move(int n) {
    const int from = side_[n];
    for (const int net : graph_.nets_of[n]) --on_[net][from], ++on_[net][1 - from];
    weight_[from] -= graph_.node_weight[n], weight_[1 - from] += graph_.node_weight[n];
    --nodes_[from], ++nodes_[1 - from];
    side_[n] = static_cast<char>(1 - from);
  }

  bool on_the_cut(int n) const {
    return std::ranges::any_of(graph_.nets_of[n], [&](int net) { return on_[net][0] > 0 && on_[net][1] > 0; });
  }

  /// Moves nodes, the best first and each once, and keeps the best prefix; whether that cut less (or freed a side that was too heavy).
  bool improve() {
    const int count = graph_.nodes();
    std::array<std::priority_queue<Candidate>, 2> queue;
    std::vector<int> version(static_cast<std::size_t>(count), 0);
    const bool all = weight_[0] > most_ || weight_[1] > most_ || count < 2 * kCoarsest;
    if (graph_.anchored) version[0] = version[1] = -1;
    for (int n = first_free(graph_); n < count; ++n)
      if (all || on_the_cut(n)) queue[side_[n]].push({gain(n), n, 0});
    const auto excess = [&] { return std::max({0, weight_[0] - most_, weight_[1] - most_}); };
    std::vector<int> moved;
    double sum = 0;
    std::pair<int, double> best{-excess(), 1e-9};
    std::size_t keep = 0;
    const std::size_t patience = 60 + static_cast<std::size_t>(count) / 40;  // a long run of losses does not come back
    while (moved.size() <= keep + patience) {
      int from = -1;
      for (const int side : {0, 1}) {
        while (!queue[side].empty() && version[std::get<1>(queue[side].top())] != std::get<2>(queue[side].top())) queue[side].pop();
        if (queue[side].empty() || nodes_[side] < 2) continue;
        const int after = weight_[1 - side] + graph_.node_weight[std::get<1>(queue[side].top())];
        if (after > most_ && after >= weight_[side]) continue;
        if (from < 0 || queue[side].top() > queue[from].top()) from = side;
      }
      if (from < 0) break;
      const auto [g, n, unused] = queue[from].top();
      version[n] = -1;
      move(n);
      moved.push_back(n);
      sum += g;
      if (const std::pair now{-excess(), sum}; now > best) {
        best = now;
        keep = moved.size();
      }
      for (const int net : graph_.nets_of[n]) {
        const auto nodes = graph_.nodes_of[net];
        if (nodes.size() > kLargeNet) continue;  // their gains hardly change
        for (const int neighbour : nodes)
          if (version[neighbour] >= 0) queue[side_[neighbour]].push({gain(neighbour), neighbour, ++version[neighbour]});
      }
    }
    while (moved.size() > keep) {
      move(moved.back());
      moved.pop_back();
    }
    return keep > 0;
  }

  const Hypergraph& graph_;
  Sides& side_;
  const Deadline& deadline_;
  int most_ = 0;
  std::array<int, 2> weight_{}, nodes_{};
  std::vector<std::array<int, 2>> on_;  ///< per net: nodes on either side
};

Sides bisect_small(const Hypergraph& graph, double imbalance, Random& random, const Deadline& deadline) {
  Sides best;
  double least = 0;
  for (int trial = 0; trial < 4; ++trial) {
    // the first from an anchor, the others from a node far from a random one
    const bool from_anchor = graph.anchored && trial == 0;
    Sides side = grown(graph, from_anchor ? 0 : breadth_first(graph, random.below(graph.nodes())).back());
    if (graph.anchored) {
      if (side[0] == 1)
        for (char& s : side) s = static_cast<char>(1 - s);
      side[0] = 0;
      side[1] = 1;
    }
    for (const char s : {char{0}, char{1}})
      if (std::count(side.begin() + first_free(graph), side.end(), s) == 0) side.back() = s;
    Refiner(graph, side, imbalance, deadline).run(6);
    const double cut = cut_of(graph, side);
    if (best.empty() || cut < least) {
      least = cut;
      best = std::move(side);
    }
  }
  return best;
}

}  // namespace

Lists Lists::transposed(int count) const {
  Lists result;
  result.start_.assign(static_cast<std::size_t>(count) + 1, 0);
  for (const int item : items_) ++result.start_[item + 1];
  for (int item = 0; item < count; ++item) result.start_[item + 1] += result.start_[item];
  result.items_.resize(items_.size());
  std::vector<int> next(result.start_.begin(), result.start_.end() - 1);
  for (int list = 0; list < size(); ++list)
    for (const int item : (*this)[list]) result.items_[next[item]++] = list;
  return result;
}

std::vector<char> bisect(const Hypergraph& graph, double imbalance, Random& random, const Deadline& deadline) {
  if (graph.nodes() > 2 * kCoarsest && !deadline.passed()) {
    int clusters = 0;
    const std::vector<int> cluster = clusters_of(graph, random, clusters);
    if (clusters < 0.9 * graph.nodes()) {
      const Sides coarse = bisect(contracted(graph, cluster, clusters), imbalance, random, deadline);
      Sides side;
      for (const int c : cluster) side.push_back(coarse[c]);
      Refiner(graph, side, imbalance, deadline).run(3);
      return side;
    }
  }
  return bisect_small(graph, imbalance, random, deadline);
}

}  // namespace einfold::pathfind
