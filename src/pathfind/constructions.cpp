// SPDX-License-Identifier: MIT
#include "pathfind/constructions.hpp"

#include "pathfind/communities.hpp"
#include "pathfind/elimination.hpp"
#include "pathfind/greedy_path.hpp"
#include "pathfind/partition.hpp"
#include "pathfind/sweep.hpp"

#include <cmath>
#include <vector>

namespace einfold::pathfind {

SsaPath construct(Construction kind, const FlatNetwork& network, int sample, Random& random, const Deadline& deadline) {
  const EliminationScore score = sample % 2 == 0 ? EliminationScore::kFill : EliminationScore::kSize;
  const double imbalance = sample == 0 ? 0.1 : random.between(0.02, 0.5);
  const double noise = sample < 2 ? 0 : random.between(0.05, 0.4);
  switch (kind) {
    case Construction::kGreedy: {
      if (sample == 0) break;
      const double m = std::exp2(random.between(-2, 2));
      return greedy_path(network, {.m = m, .temperature = std::exp2(random.between(-10, 0))}, random, deadline);
    }
    case Construction::kPartition:
      return partition_path(network, {.imbalance = imbalance}, random, deadline);
    case Construction::kLine: {
      const std::vector<int> line = line_of(network, {.imbalance = imbalance}, random, deadline);
      if (line.empty()) return {};
      const int rounds = sample % 2 == 0 ? 0 : 10;
      return sweep_path(network, smoothed_positions(network, line, rounds), std::exp2(random.between(-9, 0)), deadline);
    }
    case Construction::kFront: {
      const auto halves = halves_of(network, imbalance, random, deadline);
      return sweep_path(network, distances_from_cut(network, halves), std::exp2(random.between(-6, 2)), deadline);
    }
    case Construction::kSweep:
      return sweep_path(network, distances_from_afar(network, random), std::exp2(random.between(-8, 2)), deadline);
    case Construction::kCommunities: return community_path(network, sample == 0 ? 8 : 3 + random.below(8), random, deadline);
    case Construction::kElimination: return elimination_path(network, {score, noise, nullptr}, random, deadline);
    case Construction::kDissection: {
      const int cutoff = sample < 2 ? 40 : 8 << random.below(5);
      const std::vector<int> depths = dissection_depths(network, {.imbalance = imbalance, .cutoff = cutoff}, random, deadline);
      return elimination_path(network, {score, noise, &depths}, random, deadline);
    }
  }
  return greedy_path(network, {}, random, deadline);
}

}  // namespace einfold::pathfind
