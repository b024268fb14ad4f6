// SPDX-License-Identifier: MIT
#include "pathfind/portfolio.hpp"

#include "pathfind/anneal.hpp"
#include "pathfind/greedy_path.hpp"
#include "pathfind/parallel.hpp"
#include "pathfind/reconfigure.hpp"
#include "pathfind/subsets.hpp"

#include <algorithm>
#include <chrono>

namespace einfold::pathfind {
namespace {

/// How much is done; about proportional to time.
struct Effort {
  int samples;        ///< of constructions
  int improved;       ///< the best of these are improved
  Annealing annealing;
  int most_leaves;    ///< of reconfigured subtrees
  int most_subtrees;
};

Effort effort_of(Method method, int tensors) {
  const bool high = method == Method::kAutoHq || method == Method::kExact;
  Effort effort{high ? 128 : 32, high ? 16 : 4, {}, high ? 10 : 8, high ? 20'000 : 4'000};
  // moves per annealing: large networks get fewer sweeps
  const double most_sweeps = (high ? 4e7 : 2e6) / tensors;
  effort.annealing.temperatures = std::clamp(static_cast<int>(most_sweeps / 10), 8, high ? 60 : 30);
  effort.annealing.sweeps =
      std::clamp(static_cast<int>(most_sweeps / effort.annealing.temperatures), 1, high ? 100 : 30);
  if (tensors > 1000) effort.samples = std::max(4, effort.samples * 1000 / tensors);
  return effort;
}

struct Candidate {
  double log2_cost = std::numeric_limits<double>::infinity();
  SsaPath path;
};

class Portfolio {
 public:
  Portfolio(const FlatNetwork& network, const PathOptions& options)
      : network_(network), options_(options), start_(std::chrono::steady_clock::now()) {}

  /// The greedy orders of these samples; the first is plain.
  std::vector<Candidate> candidates(int count) {
    std::vector<Candidate> found(static_cast<std::size_t>(count));
    for_each_trial(count, options_.threads, [&](int trial) {
      if (trial > 0 && late()) return;
      Random random(options_.seed, static_cast<std::uint64_t>(trial));
      GreedyOptions greedy;
      if (trial > 0) {
        greedy.m = std::exp2(random.between(-2, 2));
        greedy.temperature = std::exp2(random.between(-10, 0));
      }
      found[trial] = evaluated(greedy_path(network_, greedy, random));
    });
    return found;
  }

  Candidate sample(int count) { return best_of(candidates(count)); }

  Candidate improve(std::vector<Candidate> candidates, const Effort& effort) {
    std::ranges::stable_sort(candidates, {}, &Candidate::log2_cost);
    candidates.resize(std::min<std::size_t>(candidates.size(), static_cast<std::size_t>(effort.improved)));
    for_each_trial(static_cast<int>(candidates.size()), options_.threads, [&](int trial) {
      Candidate& candidate = candidates[trial];
      if (candidate.path.empty() || (trial > 0 && late())) return;
      Random random(options_.seed, 1'000'000 + static_cast<std::uint64_t>(trial));
      FlatTree tree(network_, candidate.path);
      if (!late()) anneal(tree, options_.objective, effort.annealing, random);
      reconfigure(tree, options_.objective, effort.most_leaves, effort.most_subtrees);
      candidate = evaluated(tree.path());
    });
    return best_of(candidates);
  }

 private:
  static Candidate best_of(const std::vector<Candidate>& candidates) {
    return *std::ranges::min_element(candidates, {}, &Candidate::log2_cost);
  }

  Candidate evaluated(SsaPath path) const {
    const double cost = FlatTree(network_, path).log2_cost(options_.objective);
    return {cost, std::move(path)};
  }

  bool late() const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    return elapsed.count() > options_.max_seconds;
  }

  const FlatNetwork& network_;
  const PathOptions& options_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

SsaPath find_path(const FlatNetwork& network, const PathOptions& options) {
  const int tensors = network.size();
  if (tensors < 2) return {};
  if (tensors == 2) return {{0, 1}};
  Portfolio portfolio(network, options);
  switch (options.method) {
    case Method::kGreedy: return portfolio.sample(1).path;
    case Method::kRandomGreedy: return portfolio.sample(32).path;
    case Method::kRandomGreedy128: return portfolio.sample(128).path;
    default: break;
  }
  const int most_exact = options.method == Method::kExact ? kMostInSubsets : 14;
  if (tensors <= most_exact) {
    BestTree best = best_tree(network, options.objective);
    if (!best.path.empty()) return best.path;
  }
  const Effort effort = effort_of(options.method, tensors);
  return portfolio.improve(portfolio.candidates(effort.samples), effort).path;
}

}  // namespace einfold::pathfind
