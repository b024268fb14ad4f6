// SPDX-License-Identifier: MIT
#include "pathfind/sweep.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <tuple>

namespace einfold::pathfind {
namespace {

std::vector<std::vector<int>> tensors_with_indices(const FlatNetwork& network) {
  std::vector<std::vector<int>> with(network.log2_extents.size());
  for (int t = 0; t < network.size(); ++t)
    for (const int x : network.tensors[t]) with[x].push_back(t);
  return with;
}

/// Appends what hangs together with those at the end of `order`, from `next` on; distances are negative for what was not reached.
void breadth_first(const FlatNetwork& network, const std::vector<std::vector<int>>& with, std::size_t next, std::vector<int>& distance,
                   std::vector<int>& order) {
  for (; next < order.size(); ++next) {
    for (const int x : network.tensors[order[next]]) {
      for (const int neighbour : with[x]) {
        if (distance[neighbour] >= 0) continue;
        distance[neighbour] = distance[order[next]] + 1;
        order.push_back(neighbour);
      }
    }
  }
}

class Sweep {
 public:
  Sweep(const FlatNetwork& network, const std::vector<double>& positions, double straightness)
      : network_(network), positions_(positions), straightness_(straightness), with_(tensors_with_indices(network)) {
    for (const auto& with : with_) outside_.push_back(static_cast<int>(with.size()));
    version_.assign(network.tensors.size(), 0);
    inside_.assign(network.tensors.size(), 0);
  }

  SsaPath run(const Deadline& deadline) {
    std::vector<int> order(positions_.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](int t) { return positions_[t]; });
    SsaPath path;
    int front = -1;
    for (std::size_t start = 0; start < order.size();) {
      if (deadline.passed()) return {};
      int t = -1;
      while (t < 0 && !candidates_.empty()) {
        const auto [score, youth, tensor, version] = candidates_.top();
        candidates_.pop();
        if (version == version_[tensor]) t = tensor;
      }
      for (; t < 0 && start < order.size(); ++start)  // nothing hangs together with the front
        if (!inside_[order[start]]) t = order[start];
      if (t < 0) break;
      if (front >= 0) path.emplace_back(front, t);
      front = front < 0 ? t : network_.size() + static_cast<int>(path.size()) - 1;
      take(t);
    }
    return path;
  }

 private:
  /// Score, youth, tensor, version. Of equal scores the youngest is first: on a level front of a lattice the
  /// sweep then goes row by row, and the edge of what is swept of a level stays as short as a row. The oldest
  /// first would grow an island with an edge twice as long.
  using Candidate = std::tuple<double, int, int, int>;
  /// Whose scores an index of many tensors has found anew each time.
  static constexpr std::size_t kMostNeighbours = 64;

  /// By how much the front grows.
  double growth(int t) const {
    double sum = 0;
    for (const int x : network_.tensors[t]) {
      const bool in_front = outside_[x] < static_cast<int>(with_[x].size());
      const bool stays = outside_[x] > 1 || network_.in_output[x];
      if (stays && !in_front) sum += network_.log2_extents[x];
      if (!stays && in_front) sum -= network_.log2_extents[x];
    }
    return sum;
  }

  void take(int t) {
    inside_[t] = 1;
    version_[t] = -1;
    for (const int x : network_.tensors[t]) --outside_[x];
    for (const int x : network_.tensors[t]) {
      if (with_[x].size() > kMostNeighbours && outside_[x] % 16 != 0) continue;
      for (const int neighbour : with_[x]) {
        if (inside_[neighbour]) continue;
        const double score = growth(neighbour) + straightness_ * positions_[neighbour];
        candidates_.push({score, --youth_, neighbour, ++version_[neighbour]});
      }
    }
  }

  const FlatNetwork& network_;
  const std::vector<double>& positions_;
  double straightness_;
  std::vector<std::vector<int>> with_;  ///< per index
  std::vector<int> outside_;            ///< per index: tensors not yet in the front
  std::vector<int> version_;            ///< per tensor: of its latest score
  std::vector<char> inside_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
  int youth_ = 0;
};

}  // namespace

std::vector<double> distances_from_afar(const FlatNetwork& network, Random& random) {
  const auto with = tensors_with_indices(network);
  std::vector<int> distance, order;
  const auto from = [&](int start) {
    distance[start] = 0;
    order.push_back(start);
    breadth_first(network, with, order.size() - 1, distance, order);
  };
  for (int start = random.below(network.size()), again = 0; again < 2; ++again, start = order.back()) {
    distance.assign(network.tensors.size(), -1);
    std::vector<int>().swap(order);
    from(start);
  }
  for (int t = 0; t < network.size(); ++t)
    if (distance[t] < 0) from(t);
  return {distance.begin(), distance.end()};
}

std::vector<double> distances_from_cut(const FlatNetwork& network, const std::array<std::vector<int>, 2>& halves) {
  const auto with = tensors_with_indices(network);
  std::vector<char> side(network.tensors.size(), 0);
  for (const int t : halves[1]) side[t] = 1;
  std::vector<int> distance(network.tensors.size(), -1), order;
  for (int t = 0; t < network.size(); ++t) {
    const bool at_cut = std::ranges::any_of(network.tensors[t], [&](int x) {
      return std::ranges::any_of(with[x], [&](int other) { return side[other] != side[t]; });
    });
    if (!at_cut) continue;
    distance[t] = 0;
    order.push_back(t);
  }
  breadth_first(network, with, 0, distance, order);
  std::vector<double> signed_distance;
  for (int t = 0; t < network.size(); ++t) signed_distance.push_back(side[t] ? distance[t] : -1 - distance[t]);
  return signed_distance;
}

std::vector<double> smoothed_positions(const FlatNetwork& network, const std::vector<int>& line, int rounds) {
  const auto with = tensors_with_indices(network);
  std::vector<int> order = line;
  std::vector<double> position(line.size()), mean(with.size());
  const auto space_evenly = [&] {
    for (std::size_t at = 0; at < order.size(); ++at) position[order[at]] = static_cast<double>(at);
  };
  space_evenly();
  for (int round = 0; round < rounds; ++round) {
    for (int again = 0; again < 4; ++again) {
      for (std::size_t x = 0; x < with.size(); ++x) {
        double sum = 0;
        for (const int t : with[x]) sum += position[t];
        mean[x] = sum / static_cast<double>(std::max<std::size_t>(1, with[x].size()));
      }
      for (int t = 0; t < network.size(); ++t) {
        double sum = 0, weight = 0;
        for (const int x : network.tensors[t]) sum += network.log2_extents[x] * mean[x], weight += network.log2_extents[x];
        if (weight > 0) position[t] = sum / weight;
      }
    }
    std::ranges::stable_sort(order, {}, [&](int t) { return position[t]; });
    space_evenly();
  }
  return position;
}

SsaPath sweep_path(const FlatNetwork& network, const std::vector<double>& positions, double straightness, const Deadline& deadline) {
  return Sweep(network, positions, straightness).run(deadline);
}

}  // namespace einfold::pathfind
