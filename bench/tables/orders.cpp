// SPDX-License-Identifier: MIT
//
// The order that is chosen against every other one.
#include "tables/ordered_case.hpp"

#include "timing.hpp"

#include <cstdio>
#include <numeric>
#include <sstream>

namespace einfold::bench {
namespace {

constexpr std::size_t kMostTensors = 5;     ///< which have 105 trees
constexpr double kMostSeconds = 0.02;       ///< of a run of the chosen order, by prediction
constexpr double kHopeless = 20;            ///< times the chosen order's predicted time: not tried
constexpr double kMostIntermediates = 2e9;  ///< bytes

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

void try_all_orders(Run& run, const cli::Layer& layer, const std::string& operation) {
  const int threads = run.settings.threads;
  const Case one = case_within(layer, operation, kMostSeconds, threads);
  const std::size_t tensors = one.network.dense.size();
  if (tensors < 2 || tensors > kMostTensors) return;
  PoolExecutor executor(threads);
  const auto seconds = [&](const Executable& executable, double budget, std::size_t repeats) {
    return time_of([&] { executable.run(one.operands, one.result, executor); }, threads, budget, repeats)
        .best;
  };
  const Executable chosen = one.planned({}, threads);
  const double expected = predicted(chosen, threads);
  double ours = seconds(chosen, run.settings.seconds, 5), best = ours;
  std::vector<int> all(tensors);
  std::iota(all.begin(), all.end(), 0);
  std::vector<Steps> paths;
  Steps path;
  all_paths(all, static_cast<int>(tensors), path, paths);
  std::string fastest = "the same";
  std::size_t timed = 0;
  for (const Steps& steps : paths) {
    const Executable other =
        one.planned({.path = ContractionPath{steps, ContractionPath::Form::kSsa}}, threads);
    if (predicted(other, threads) > kHopeless * expected ||
        static_cast<double>(other.workspace_bytes()) > kMostIntermediates)
      continue;
    ++timed;
    if (seconds(other, 0, 1) > 1.3 * best) continue;
    const double found = seconds(other, run.settings.seconds, 5);
    if (found >= best) continue;
    best = found;
    fastest = to_string(ContractionPath{steps, ContractionPath::Form::kSsa});
  }
  ours = std::min(
      ours, seconds(chosen, run.settings.seconds, 5));  // before and after, for a machine's speed changes
  best = std::min(best, ours);
  std::ostringstream line;
  line.precision(3);
  line << one.name << " | " << timed << " of " << paths.size() << " | " << 1e3 * ours << " | " << 1e3 * best
       << " | " << ours / best << " | " << (best < ours ? fastest : "the same");
  std::printf("order | %s\n", line.str().c_str());
  std::fflush(stdout);
  run.report.orders.push_back(line.str());
}

}  // namespace

void order_tables(Run& run) {
  for (const cli::Layer& layer : chosen_layers(run)) {
    for (const char* operation : {"kfc", "kfac-reduce", "per-example-squared-norm", "ggn-diagonal",
                                  "ggn-gram", "gradient-gram", "hessian-diagonal-weight"}) {
      try_all_orders(run, layer, operation);
    }
  }
}

}  // namespace einfold::bench
