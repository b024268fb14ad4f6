// SPDX-License-Identifier: MIT
#include "pathfind/portfolio.hpp"

#include "pathfind/anneal.hpp"
#include "pathfind/elimination.hpp"
#include "pathfind/exact_path.hpp"
#include "pathfind/greedy_path.hpp"
#include "pathfind/parallel.hpp"
#include "pathfind/partition.hpp"
#include "pathfind/reconfigure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

namespace einfold::pathfind {
namespace {

constexpr int kMostAlwaysExact = 14;

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
  const double slower = std::max(1.0, tensors / 2000.0);  // a move is linear in the words of a bit set
  const double most_sweeps = (high ? 4e7 : 2e6) / tensors / slower;
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

  /// One order per sample.
  template <class Construct>
  std::vector<Candidate> candidates(int count, Construct construct) {
    std::vector<Candidate> found(static_cast<std::size_t>(count));
    for_each_trial(count, options_.threads, [&](int trial) {
      if (trial > 0 && late()) return;
      Random random(options_.seed, static_cast<std::uint64_t>(trial));
      found[trial] = evaluated(construct(trial, random));
    });
    return found;
  }

  /// The first is plain.
  SsaPath sampled_greedy(int trial, Random& random) const {
    GreedyOptions greedy;
    if (trial > 0) {
      greedy.m = std::exp2(random.between(-2, 2));
      greedy.temperature = std::exp2(random.between(-10, 0));
    }
    return greedy_path(network_, greedy, random);
  }
  SsaPath sampled_elimination(int trial, Random& random) const {
    const bool small = network_.indices() <= 150;  // counting fill is quadratic in the number of neighbours
    const auto score = small && trial % 2 == 0 ? EliminationScore::kFill : EliminationScore::kSize;
    return elimination_path(network_, score, trial < (small ? 2 : 1) ? 0 : 0.2, random);
  }
  SsaPath sampled_partition(int trial, Random& random) const {
    return partition_path(network_, {.imbalance = trial == 0 ? 0.1 : random.between(0.02, 0.5)}, random);
  }

  Candidate greedy(int count) {
    return best_of(candidates(count, [&](int trial, Random& random) { return sampled_greedy(trial, random); }));
  }
  Candidate elimination(int count) {
    return best_of(candidates(count, [&](int trial, Random& random) { return sampled_elimination(trial, random); }));
  }
  Candidate partition(int count) {
    return best_of(candidates(count, [&](int trial, Random& random) { return sampled_partition(trial, random); }));
  }

  /// Of every kind, so that no kind's weakness is ours: half greedy, a quarter each of the others (eliminations where an index is
  /// on three tensors, else they are slow greedy orders). The best of each kind come first.
  std::vector<Candidate> of_every_kind(int count) {
    const int quarter = std::max(2, count / 4);
    std::vector<std::vector<Candidate>> kinds;
    kinds.push_back(candidates(2 * quarter, [&](int trial, Random& random) { return sampled_greedy(trial, random); }));
    kinds.push_back(candidates(quarter, [&](int trial, Random& random) { return sampled_partition(trial, random); }));
    if (has_hyper_indices())
      kinds.push_back(candidates(quarter, [&](int trial, Random& random) { return sampled_elimination(trial, random); }));
    std::vector<Candidate> result, rest;
    for (auto& kind : kinds) {
      std::ranges::stable_sort(kind, {}, &Candidate::log2_cost);
      result.push_back(std::move(kind.front()));
      std::move(kind.begin() + 1, kind.end(), std::back_inserter(rest));
    }
    std::ranges::stable_sort(rest, {}, &Candidate::log2_cost);
    std::ranges::move(rest, std::back_inserter(result));
    return result;
  }

  /// Anneals and reconfigures the first.
  Candidate improve(std::vector<Candidate> candidates, const Effort& effort) {
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

  bool has_hyper_indices() const {
    std::vector<int> count(static_cast<std::size_t>(network_.indices()), 0);
    for (const auto& tensor : network_.tensors)
      for (const int index : tensor) ++count[index];
    return std::ranges::any_of(count, [](int tensors) { return tensors > 2; });
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
    case Method::kGreedy: return portfolio.greedy(1).path;
    case Method::kRandomGreedy: return portfolio.greedy(32).path;
    case Method::kRandomGreedy128: return portfolio.greedy(128).path;
    case Method::kElimination: return portfolio.elimination(8).path;
    case Method::kPartition: return portfolio.partition(16).path;
    default: break;
  }
  if (tensors <= (options.method == Method::kExact ? kMostInSparse : kMostAlwaysExact)) {
    ExactPath exact = exact_path(network, options.objective);
    if (exact.proven || tensors > kMostAlwaysExact) return std::move(exact.path);
  }
  const Effort effort = effort_of(options.method, tensors);
  return portfolio.improve(portfolio.of_every_kind(effort.samples), effort).path;
}

}  // namespace einfold::pathfind
