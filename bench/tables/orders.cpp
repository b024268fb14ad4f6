// SPDX-License-Identifier: MIT
//
// The order that is chosen against every other one.
#include "pathfind/path_text.hpp"
#include "pathfind/replay.hpp"
#include "tables/ordered_case.hpp"
#include "tables/placements.hpp"

#include "timing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <sstream>

namespace einfold::bench {
namespace {

constexpr std::size_t kMostTensors = 5;     ///< which have 105 trees
constexpr std::size_t kSample = 33;         ///< layers: a quarter of them
constexpr double kMostSeconds = 0.003;      ///< of a run of the chosen order, by prediction
constexpr double kHopeless = 100;           ///< times the chosen order's predicted time: not tried
constexpr double kMostIntermediates = 2e9;  ///< bytes
constexpr double kMostLog2Cost = 40;        ///< minutes: no plan is made
constexpr int kPlacements = 60;             ///< of the patterns, drawn at random, over all pairings together
constexpr double kSecondsOfTiming = 0.02;   ///< of one order that is near the fastest
constexpr double kSecondsOfCase = 1.5;      ///< the most promising orders come first

using Steps = std::vector<std::vector<int>>;

/// All pairings of tensors, each tree once.
void all_paths(const std::vector<int>& left, int next, Steps& path, std::vector<Steps>& paths) {
  if (left.size() == 1) return paths.push_back(path);
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = i + 1; j < left.size(); ++j) {
      // Independent pairs come in ascending order: other orders are the same tree.
      const std::vector<int> pair{left[i], left[j]};
      if (!path.empty() && left[i] != next - 1 && left[j] != next - 1 && pair < path.back()) continue;
      std::vector<int> rest;
      for (std::size_t k = 0; k < left.size(); ++k) {
        if (k != i && k != j) rest.push_back(left[k]);
      }
      rest.push_back(next);
      path.push_back(pair);
      all_paths(rest, next + 1, path, paths);
      path.pop_back();
    }
  }
}

/// An order, and what it is called.
struct Candidate {
  plan::Ordered ordered;
  std::string name;
  double predicted = 0;
};

/// Every pairing with its patterns placed as for a path that a user gives, and at random.
std::vector<Candidate> all_orders(const Case& one, const plan::Ordered& chosen) {
  const pathfind::Problem& problem = chosen.numbered.problem;
  std::vector<int> all(problem.leaves.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<Steps> paths;
  Steps steps;
  all_paths(all, static_cast<int>(all.size()), steps, paths);
  const plan::PipelineOptions usual;
  const pathfind::Objective objective{1, usual.search.write_weight};
  const int samples = std::max(1, kPlacements / static_cast<int>(paths.size()));
  std::vector<Candidate> orders;
  for (const Steps& path : paths) {
    const ContractionPath given{path, ContractionPath::Form::kSsa};
    orders.push_back({plan::order(one.network, {.path = given}), to_string(given)});
    const pathfind::SsaPath pairs = pathfind::pairs_of(given, static_cast<int>(all.size()));
    int number = 0;
    for (pathfind::Tree& tree : random_placements(problem, pairs, objective, samples, 1)) {
      plan::Ordered ordered = chosen;
      ordered.slices = plan::cache_slices(problem, tree, usual);
      ordered.tree = std::move(tree);
      orders.push_back({std::move(ordered), to_string(given) + ", placement " + std::to_string(number++)});
    }
  }
  return orders;
}

/// Those within kHopeless of the chosen order by prediction, that one left out; the fastest first.
void keep_promising(const Case& one, const Executable& chosen, std::vector<Candidate>& orders, int threads) {
  const double expected = predicted(chosen, threads);
  std::erase_if(orders, [&](Candidate& candidate) {
    if (candidate.ordered.tree.log2_cost > kMostLog2Cost) return true;
    const Executable executable = one.planned_as(candidate.ordered, threads);
    candidate.predicted = predicted(executable, threads);
    return candidate.predicted > kHopeless * expected || static_cast<double>(executable.workspace_bytes()) > kMostIntermediates;
  });
  std::ranges::stable_sort(orders, {}, &Candidate::predicted);
}

void try_all_orders(Run& run, const cli::Layer& layer, const std::string& operation) {
  const int threads = run.settings.threads;
  const Case one = case_within(layer, operation, kMostSeconds, threads);
  const plan::Ordered order = plan::order(one.network, {});
  const std::size_t tensors = order.numbered.problem.leaves.size();
  if (tensors < 2 || tensors > kMostTensors) return;
  PoolExecutor executor(threads);
  const auto seconds = [&](const Executable& executable, double budget, std::size_t repeats) {
    return time_of([&] { executable.run(one.operands, one.result, executor); }, threads, budget, repeats)
        .best;
  };
  const Executable chosen = one.planned_as(order, threads);
  const double start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  double ours = seconds(chosen, kSecondsOfTiming, 5), best = ours;
  std::string fastest = "the same";
  std::size_t timed = 0;
  std::vector<Candidate> orders = all_orders(one, order);
  const std::size_t known = orders.size();
  keep_promising(one, chosen, orders, threads);
  for (const Candidate& candidate : orders) {
    if (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - start > kSecondsOfCase) break;
    const Executable other = one.planned_as(candidate.ordered, threads);
    ++timed;
    const double once = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    other.run(one.operands, one.result, executor);
    if (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - once > 3 * best) continue;  // with the pages of its workspace
    const double found = seconds(other, kSecondsOfTiming, 5);
    if (found >= best) continue;
    best = found;
    fastest = candidate.name;
  }
  // before and after, for a machine's speed changes
  ours = std::min(ours, seconds(chosen, kSecondsOfTiming, 5));
  best = std::min(best, ours);
  std::ostringstream line;
  line.precision(3);
  line << one.name << " | " << timed << " of " << known << " | " << 1e3 * ours << " | " << 1e3 * best
       << " | " << ours / best << " | " << (best < ours ? fastest : "the same");
  std::printf("order | %s\n", line.str().c_str());
  std::fflush(stdout);
  run.report.orders.push_back(line.str());
}

}  // namespace

void order_tables(Run& run) {
  for (const cli::Layer& layer : sampled_layers(run, kSample)) {
    for (const char* operation : {"kfc", "kfac-reduce", "per-example-squared-norm", "ggn-diagonal",
                                  "ggn-gram", "gradient-gram", "hessian-diagonal-weight"}) {
      try_all_orders(run, layer, operation);
    }
  }
}

}  // namespace einfold::bench
