// SPDX-License-Identifier: MIT
//
// Whether predicted times are worth anything: predicted against measured, by ranks and by their ratio, per
// operation over layers, over all operations and layers, and per kernel over the steps of them all.
#include "exec/predict.hpp"
#include "tables/ordered_case.hpp"
#include "tables/rank_correlation.hpp"

#include "timing.hpp"

#include <chrono>
#include <cstdio>
#include <limits>
#include <map>
#include <sstream>

namespace einfold::bench {
namespace {

constexpr double kMostSeconds = 0.3;   ///< a run's, by prediction
constexpr std::size_t kSample = 33;    ///< layers: a quarter of them

struct Pairs {
  std::vector<double> predicted, measured;

  void add(double expected, double seconds) {
    predicted.push_back(expected);
    measured.push_back(seconds);
  }
  [[nodiscard]] std::string row(const std::string& name) const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < predicted.size(); ++i) ratios.push_back(measured[i] / predicted[i]);
    std::sort(ratios.begin(), ratios.end());
    const auto at = [&](double part) {
      return ratios[static_cast<std::size_t>(part * static_cast<double>(ratios.size() - 1))];
    };
    std::ostringstream line;
    line.precision(3);
    line << name << " | " << predicted.size() << " | " << rank_correlation(predicted, measured) << " | "
         << at(0.1) << " | " << at(0.5) << " | " << at(0.9);
    return line.str();
  }
};

/// Seconds of every step: the least of some runs.
std::vector<double> seconds_of_steps(const Case& one, const Executable& executable, Executor& executor,
                                     std::size_t runs) {
  std::vector<const void*> addresses;
  for (const Tensor& operand : one.operands) addresses.push_back(operand.data());
  std::vector<double> least(executable.plan().steps.size(), std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < runs; ++i) {
    const std::vector<double> seconds = executable.run_timed(addresses, one.result.mutable_data(), executor);
    for (std::size_t s = 0; s < least.size(); ++s) least[s] = std::min(least[s], seconds[s]);
  }
  return least;
}

/// Steps of a plan that is cut into blocks are many and alike: those of one order's step count together.
void add_steps(const Executable& executable, const std::vector<double>& seconds, int threads,
               std::map<std::string, Pairs>& kernels) {
  struct Sum {
    std::string kernel;
    double predicted = 0, measured = 0;
  };
  std::map<int, Sum> sums;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const cpu::Kernel& kernel = executable.kernel(i);
    Sum& sum = sums[executable.plan().steps[i].tree_step];
    sum.kernel = kernel.name();
    sum.predicted += predicted_seconds(kernel.loads(), executable.dtype(), threads, cpu::chosen_isa());
    sum.measured += seconds[i];
  }
  for (const auto& [step, sum] : sums) kernels[sum.kernel].add(sum.predicted, sum.measured);
}

}  // namespace

void prediction_tables(Run& run) {
  const int threads = run.settings.threads;
  const auto add = [&](const std::string& name, const Pairs& pairs) {
    if (pairs.predicted.size() < 3) return;
    run.report.predictions.push_back(pairs.row(name));
    std::printf("prediction | %s\n", run.report.predictions.back().c_str());
    std::fflush(stdout);
  };
  const std::vector<cli::Layer> layers = sampled_layers(run, kSample);
  PoolExecutor executor(threads);
  Pairs all;
  std::map<std::string, Pairs> kernels;
  for (const std::string operation : kOperations) {
    Pairs pairs;
    for (const cli::Layer& layer : layers) {
      const Case one = case_within(layer, operation, kMostSeconds, threads);
      const Executable executable = one.planned({}, threads);
      const double expected = predicted(executable, threads);
      const double seconds = time_of([&] { executable.run(one.operands, one.result, executor); }, threads,
                                     run.settings.seconds / 4, 3)
                                 .median;
      std::printf("%s | predicted %.3g ms | measured %.3g ms\n", one.name.c_str(), 1e3 * expected,
                  1e3 * seconds);
      std::fflush(stdout);
      pairs.add(expected, seconds);
      all.add(expected, seconds);
      add_steps(executable, seconds_of_steps(one, executable, executor, 3), threads, kernels);
    }
    add(operation, pairs);
  }
  add("all", all);
  for (const auto& [kernel, pairs] : kernels) add("steps: " + kernel, pairs);
}

}  // namespace einfold::bench
