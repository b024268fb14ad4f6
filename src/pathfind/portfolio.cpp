// SPDX-License-Identifier: MIT
#include "pathfind/portfolio.hpp"

#include "pathfind/branch.hpp"
#include "pathfind/constructions.hpp"
#include "pathfind/deadline.hpp"
#include "pathfind/exact_path.hpp"
#include "pathfind/large_tree.hpp"
#include "pathfind/parallel.hpp"
#include "pathfind/polish.hpp"
#include "pathfind/small_part.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace einfold::pathfind {
namespace {

constexpr int kMostAlwaysExact = 14;
constexpr int kSamplesPerRound = 1000;   ///< at most, of a kind
constexpr double kPairsPerSecond = 2e8;  ///< of exact searches: two of 2 ns a pair fit with room to spare

struct Candidate {
  double log2_cost = std::numeric_limits<double>::infinity();
  SsaPath path;
  Construction kind = Construction::kGreedy;
  int lineage = 0;  ///< of the construction it was improved from
};

/// How much is done in a round, about in proportion to time.
struct Effort {
  double samples;             ///< of constructions, in units of the table below
  int sketched;               ///< so many are reconfigured a little, for raw costs say little about what an order can become
  int polished;               ///< the best of these are annealed, and as many of those found before
  std::int64_t moves;         ///< of each annealing
  int most_leaves, most_subtrees;
};

/// The first round takes milliseconds at 100 tensors and a second at 10,000; each of the next ones more.
Effort effort_of(int round, int tensors) {
  const double n = tensors;
  const double samples = std::clamp(250 / n, 0.08, 1.0);
  const double moves = std::clamp(400 * n, 1e4, 6e5) * std::min(10.0, std::pow(3.0, round));
  Effort effort{samples, std::min(6 + 2 * round, 10), std::min(3 + round, 6), static_cast<std::int64_t>(std::min(moves, 4e6)), 9, 8000};
  if (round > 0) return effort;
  effort.samples *= 0.3;
  effort.most_leaves = 8;
  effort.most_subtrees = n < 2000 ? 2000 : 4000;
  return effort;
}

/// About, on a core of 3 GHz; by what is done and not by a clock, so that it is the same every time.
double seconds_of(const Effort& effort, int tensors) {
  constexpr double kOfMove = 1.25e-7, kOfUnit = 2e-3;  // of annealing; of all kinds of constructions, per tensor
  return kOfMove * static_cast<double>(effort.moves) * 2 * effort.polished + kOfUnit * effort.samples * tensors;
}

/// Seconds that a contraction is likely to take.
double seconds_of_run(double log2_cost) {
  constexpr double kMultiplicationsPerSecond = 1e10;
  return std::exp2(std::min(log2_cost, 1000.0)) / kMultiplicationsPerSecond;
}

/// Samples of each kind where one unit is done. Cheap ones and those that scatter most are drawn more often.
int units_of(Construction kind, bool has_hyper_indices) {
  switch (kind) {
    case Construction::kGreedy: return 24;
    case Construction::kPartition: return 3;
    case Construction::kLine: return 6;
    case Construction::kFront: return 12;
    case Construction::kSweep: return 8;
    case Construction::kCommunities: return 4;
    // where every index is on two tensors, eliminations are slow greedy orders and dissections slow partitions
    case Construction::kElimination: return has_hyper_indices ? 8 : 2;
    case Construction::kDissection: return has_hyper_indices ? 4 : 0;
  }
  return 0;
}

class Portfolio {
 public:
  Portfolio(const FlatNetwork& network, const PathOptions& options)
      : network_(network), options_(options), deadline_(options.max_seconds) {}

  /// The best of several samples of one kind.
  SsaPath best_of(Construction kind, int samples) {
    std::vector<Candidate> found(static_cast<std::size_t>(samples));
    for_each_trial(samples, options_.threads, [&](int sample) { found[sample] = constructed(kind, sample, deadline_); });
    const auto best = std::ranges::min_element(found, {}, &Candidate::log2_cost);
    return or_greedy(best->path);
  }

  SsaPath branches(int most) const {
    return or_greedy(branch_path(network_, options_.objective, {.most_branches = most}, deadline_));
  }

  /// Of every kind, so that no kind's weakness is ours; the most promising are improved, in rounds. All rounds of kAuto are rounds of
  /// kAutoHq, which goes on until some bring nothing.
  SsaPath all_kinds(Method method) {
    std::vector<Candidate> elite;
    int in_vain = 0;
    double spent = 0, gain = kFirstGain;
    for (int round = 0; round < kMostRounds; ++round) {
      const Effort effort = effort_of(round, network_.size());
      const double expected = seconds_of(effort, network_.size());
      const bool pays = round == 0 || (spent + expected <= kMostSecondsOfAuto && expected <= gain * seconds_of_run(elite.front().log2_cost));
      if (!pays && (method == Method::kAuto || in_vain >= kPatience)) break;
      const double before = elite.empty() ? std::numeric_limits<double>::infinity() : elite.front().log2_cost;
      run_round(round, effort, elite);
      if (deadline_.passed()) break;
      spent += expected;
      if (round > 0) gain = 1 - std::exp2(elite.front().log2_cost - before);
      in_vain = elite.front().log2_cost < before - kWorthMentioning ? 0 : in_vain + 1;
    }
    return elite.front().path;
  }

 private:
  static constexpr int kMostRounds = 40, kPatience = 3;
  static constexpr double kWorthMentioning = 0.01;
  static constexpr double kFirstGain = 0.1;  ///< part of the cost that a second round is expected to save
  static constexpr double kMostSecondsOfAuto = 5;
  static constexpr std::array kHottest{0.7, 2.0, 0.3, 1.2, 0.5, 0.2};

  void run_round(int round, const Effort& effort, std::vector<Candidate>& elite) const {
    std::vector<Candidate> fresh = sampled(effort, round, elite);
    improve(fresh, effort.sketched, {.most_leaves = 8, .most_subtrees = effort.most_subtrees / 4}, round, 0, deadline_.within(0.3));
    fresh.resize(std::min<std::size_t>(fresh.size(), effort.polished));
    // what is best so far is annealed again, less hot
    const std::size_t again = std::min<std::size_t>(elite.size(), fresh.size());
    std::copy_n(elite.begin(), again, std::back_inserter(fresh));
    std::ranges::stable_sort(fresh, cheaper);
    const Polish polish{.window = network_.size() <= 1024 ? 1024 : 512,
                        .passes = round == 0 ? 1 : 2,
                        .hottest = kHottest[round % kHottest.size()],
                        .moves = effort.moves,
                        .most_leaves = effort.most_leaves,
                        .most_subtrees = effort.most_subtrees};
    improve(fresh, static_cast<int>(fresh.size()), polish, round, 1, deadline_);
    std::ranges::move(fresh, std::back_inserter(elite));
    keep_best(elite, effort.polished);
  }

  /// The path, or a plain greedy order where nothing was found in time.
  SsaPath or_greedy(SsaPath path) const {
    return path.empty() ? constructed(Construction::kGreedy, 0, deadline_).path : path;
  }

  /// An order from nothing; only the plain greedy one does not heed the deadline.
  Candidate constructed(Construction kind, int sample, const Deadline& deadline) const {
    const bool plain = kind == Construction::kGreedy && sample == 0;
    if (!plain && deadline.passed()) return {};
    Random random(options_.seed, 100'000 * static_cast<std::uint64_t>(kind) + static_cast<std::uint64_t>(sample));
    Candidate candidate = evaluated(construct(kind, network_, sample, random, plain ? Deadline() : deadline));
    candidate.kind = kind;
    candidate.lineage = 100'000 * static_cast<int>(kind) + sample;
    return candidate;
  }

  /// Twice as many of the kind that the best so far came from.
  std::vector<Candidate> sampled(const Effort& effort, int round, const std::vector<Candidate>& elite) const {
    struct Trial {
      Construction kind;
      int sample;
    };
    const std::vector<int> occurrences = occurrences_in(network_.tensors, network_.indices());
    const bool has_hyper_indices = std::ranges::any_of(occurrences, [](int count) { return count > 2; });
    std::vector<Trial> trials;
    for (const Construction kind : kAllConstructions) {
      const int often = !elite.empty() && elite.front().kind == kind ? 2 : 1;
      const int count = often * static_cast<int>(std::ceil(effort.samples * units_of(kind, has_hyper_indices)));
      for (int sample = 0; sample < count; ++sample) trials.push_back({kind, kSamplesPerRound * round + sample});
    }
    std::vector<Candidate> found(trials.size());
    const Deadline deadline = deadline_.within(0.4);
    for_each_trial(static_cast<int>(trials.size()), options_.threads,
                   [&](int trial) { found[trial] = constructed(trials[trial].kind, trials[trial].sample, deadline); });
    // the best of each kind first
    std::vector<Candidate> result, rest;
    for (std::size_t first = 0, end = 0; first < trials.size(); first = end) {
      while (end < trials.size() && trials[end].kind == trials[first].kind) ++end;
      std::stable_sort(found.begin() + first, found.begin() + end, cheaper);
      result.push_back(std::move(found[first]));
      std::move(found.begin() + first + 1, found.begin() + end, std::back_inserter(rest));
    }
    std::ranges::stable_sort(result, cheaper);
    std::ranges::stable_sort(rest, cheaper);
    std::ranges::move(rest, std::back_inserter(result));
    return result;
  }

  /// Polishes the first of the candidates and puts the best in front; the others are dropped.
  void improve(std::vector<Candidate>& candidates, int count, const Polish& polish, int round, int phase, const Deadline& deadline) const {
    candidates.resize(std::min<std::size_t>(candidates.size(), static_cast<std::size_t>(count)));
    for_each_trial(static_cast<int>(candidates.size()), options_.threads, [&](int trial) {
      Candidate& candidate = candidates[trial];
      if (candidate.path.empty() || deadline.passed()) return;
      Random random(options_.seed, 10'000'000 + 1000 * static_cast<std::uint64_t>(2 * round + phase) + static_cast<std::uint64_t>(trial));
      Candidate better = evaluated(polished(network_, candidate.path, options_.objective, polish, random, deadline));
      if (better.log2_cost >= candidate.log2_cost) return;
      candidate.log2_cost = better.log2_cost;
      candidate.path = std::move(better.path);
    });
    std::ranges::stable_sort(candidates, cheaper);
  }

  /// Of those improved from one construction only one, so that not all are variants of the best.
  static void keep_best(std::vector<Candidate>& candidates, int count) {
    std::ranges::stable_sort(candidates, cheaper);
    std::vector<Candidate> kept;
    for (Candidate& candidate : candidates) {
      if (static_cast<int>(kept.size()) == count) break;
      if (std::ranges::find(kept, candidate.lineage, &Candidate::lineage) == kept.end()) kept.push_back(std::move(candidate));
    }
    candidates = std::move(kept);
  }

  static bool cheaper(const Candidate& a, const Candidate& b) { return a.log2_cost < b.log2_cost; }

  Candidate evaluated(SsaPath path) const {
    if (path.empty()) return {};
    Candidate candidate;
    candidate.log2_cost = log2_cost_of(network_, path, options_.objective);
    candidate.path = std::move(path);
    return candidate;
  }

  const FlatNetwork& network_;
  const PathOptions& options_;
  Deadline deadline_;
};

}  // namespace

SsaPath find_path(const FlatNetwork& network, const PathOptions& options) {
  const int tensors = network.size();
  if (tensors < 2) return {};
  if (tensors == 2) return {{0, 1}};
  Portfolio portfolio(network, options);
  switch (options.method) {
    case Method::kGreedy: return portfolio.best_of(Construction::kGreedy, 1);
    case Method::kRandomGreedy: return portfolio.best_of(Construction::kGreedy, 32);
    case Method::kRandomGreedy128: return portfolio.best_of(Construction::kGreedy, 128);
    case Method::kElimination: return portfolio.best_of(Construction::kElimination, 8);
    case Method::kDissection: return portfolio.best_of(Construction::kDissection, 8);
    case Method::kPartition: return portfolio.best_of(Construction::kPartition, 16);
    case Method::kCommunities: return portfolio.best_of(Construction::kCommunities, 16);
    case Method::kSweep: return portfolio.best_of(Construction::kFront, 16);
    case Method::kBranchAll: return portfolio.branches(0);
    case Method::kBranch2: return portfolio.branches(2);
    case Method::kBranch1: return portfolio.branches(1);
    case Method::kAuto:
    case Method::kAutoHq:
    case Method::kExact: break;
  }
  SsaPath exact;
  if (tensors <= (options.method == Method::kExact ? kMostInSparse : kMostAlwaysExact)) {
    const double pairs = std::min(1e9, options.max_seconds * kPairsPerSecond);
    ExactPath found = exact_path(network, options.objective, {.most_pairs = static_cast<std::int64_t>(pairs)});
    if (found.proven) return std::move(found.path);
    exact = std::move(found.path);
  }
  SsaPath path = portfolio.all_kinds(options.method);
  const auto cost = [&](const SsaPath& of) { return log2_cost_of(network, of, options.objective); };
  return !exact.empty() && cost(exact) < cost(path) ? exact : path;
}

}  // namespace einfold::pathfind
