// SPDX-License-Identifier: MIT
//
// Whether what the planner predicts is worth anything: predicted cost against measured time over all layers, by ranks; and the
// order it chooses against every other order.
#include "exec/executable.hpp"
#include "pathfind/search.hpp"
#include "plan/pipeline.hpp"
#include "tables/runner.hpp"

#include "timing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <sstream>

namespace einfold::bench {
namespace {

const char* const kOperations[] = {"forward", "input-vjp", "weight-vjp", "unfold", "kfc", "kfac-reduce", "per-example-squared-norm", "ggn-diagonal"};

/// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (std::size_t i = first; i <= last; ++i) rank[order[i]] = static_cast<double>(first + last) / 2 + 1;
    first = last + 1;
  }
  return rank;
}

/// Spearman's: the correlation of the ranks.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double mean = (static_cast<double>(x.size()) + 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xy / std::sqrt(xx * yy);
}

/// All pairings of `tensors` tensors, each tree once.
void all_paths(std::vector<int> left, int next, pathfind::SsaPath& path, std::vector<pathfind::SsaPath>& paths) {
  if (left.size() == 1) return paths.push_back(path);
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = i + 1; j < left.size(); ++j) {
      // Independent pairs come in ascending order: other orders are the same tree.
      if (!path.empty() && left[i] != next - 1 && left[j] != next - 1 && std::pair(left[i], left[j]) < std::pair(path.back().first, path.back().second)) continue;
      std::vector<int> rest;
      for (std::size_t k = 0; k < left.size(); ++k) {
        if (k != i && k != j) rest.push_back(left[k]);
      }
      rest.push_back(next);
      path.emplace_back(left[i], left[j]);
      all_paths(rest, next + 1, path, paths);
      path.pop_back();
    }
  }
}

/// One order of an operation's network, ready to run.
struct Candidate {
  Executable executable;
  std::vector<Tensor> operands;
  Tensor result;

  double seconds(const Settings& settings) const {
    PoolExecutor executor(settings.threads);
    return time_of([&] { executable.run(operands, result, executor); }, settings.threads, settings.seconds / 4, 3).median;
  }
};

Candidate candidate(const plan::Ordered& ordered, const std::vector<Tensor>& operands, const Tensor& result,
                    int threads) {
  plan::Layout layout{{}, {}, result.shape(), result.strides()};
  for (const Tensor& operand : operands) {
    layout.operand_shapes.push_back(operand.shape());
    layout.operand_strides.push_back(operand.strides());
  }
  return {Executable(plan::lower(ordered, layout, false), DType::kFloat32, {.threads = threads}), operands, result};
}

void try_all_orders(Run& run, const cli::Layer& layer, const std::string& operation) {
  const Expression expression = conv::operation(operation, layer.spec, cli::shapes_for(layer, operation));
  const Network& network = expression.network();
  const std::vector<Tensor> by_expression = random_operands(expression);
  std::vector<Tensor> operands;
  for (const Operand& operand : network.operands) {
    for (std::size_t i = 0; i < by_expression.size(); ++i) {
      if (expression.operands()[i].name == operand.name) operands.push_back(by_expression[i]);
    }
  }
  const Tensor result = Tensor::uninitialised(DType::kFloat32, expression.shape());
  const plan::PipelineOptions options;
  const plan::Ordered chosen = plan::order(network, options);
  const int leaves = static_cast<int>(chosen.numbered.problem.leaves.size());
  if (leaves < 2 || leaves > 5) return;
  const double ours = candidate(chosen, operands, result, run.settings.threads).seconds(run.settings);
  std::vector<int> all(static_cast<std::size_t>(leaves));
  std::iota(all.begin(), all.end(), 0);
  std::vector<pathfind::SsaPath> paths;
  pathfind::SsaPath path;
  all_paths(all, leaves, path, paths);
  double best = ours;
  int timed = 1, skipped = 0;
  for (const pathfind::SsaPath& one : paths) {
    plan::Ordered other = chosen;
    other.tree = pathfind::tree_along(chosen.numbered.problem, one, options.search);
    other.slices.clear();
    // What is predicted to be hopeless would take hours and memory.
    if (other.tree.log2_cost > chosen.tree.log2_cost + 3 || other.tree.log2_largest > 27) {
      ++skipped;
      continue;
    }
    best = std::min(best, candidate(other, operands, result, run.settings.threads).seconds(run.settings));
    ++timed;
  }
  std::ostringstream line;
  line.precision(3);
  line << operation << ", " << layer.network << " " << layer.name << ", batch " << layer.batch << " | " << timed << " of " << timed + skipped
       << " | " << 1e3 * ours << " | " << 1e3 * best << " | " << ours / best;
  std::printf("order | %s\n", line.str().c_str());
  std::fflush(stdout);
  run.report.orders.push_back(line.str());
}

}  // namespace

void prediction_tables(Run& run) {
  const RunOptions options{.threads = run.settings.threads};
  for (const std::string operation : kOperations) {
    std::vector<double> predicted, measured;
    for (const cli::Layer& layer : chosen_layers(run)) {
      const Expression expression = conv::operation(operation, layer.spec, cli::shapes_for(layer, operation));
      const std::vector<Tensor> operands = random_operands(expression);
      const Tensor result = Tensor::uninitialised(DType::kFloat32, expression.shape());
      predicted.push_back(expression.cost(DType::kFloat32, options).predicted);
      measured.push_back(time_of([&] { expression.evaluate_into(operands, result, options); }, run.settings.threads, run.settings.seconds / 4, 3).median);
    }
    if (predicted.size() < 3) continue;
    std::ostringstream line;
    line.precision(3);
    line << operation << " | " << predicted.size() << " | " << rank_correlation(predicted, measured);
    std::printf("prediction | %s\n", line.str().c_str());
    std::fflush(stdout);
    run.report.predictions.push_back(line.str());
  }
}

void order_tables(Run& run) {
  for (cli::Layer layer : chosen_layers(run)) {
    layer.batch = std::min<std::int64_t>(layer.batch, 4);  // the orders differ all the same
    for (const char* operation : {"forward", "weight-vjp", "kfc", "kfac-reduce", "per-example-squared-norm", "ggn-diagonal", "ggn-gram"}) {
      try_all_orders(run, layer, operation);
    }
  }
}

}  // namespace einfold::bench
