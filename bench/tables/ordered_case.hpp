// SPDX-License-Identifier: MIT
//
// An operation on a layer, planned in an order of one's choice, with data to run it on.
#pragma once

#include "exec/executable.hpp"
#include "plan/pipeline.hpp"
#include "tables/runner.hpp"

#include <functional>
#include <string>
#include <vector>

namespace einfold::bench {

inline constexpr const char* kOperations[] = {
    "forward",     "input-vjp", "weight-vjp", "unfold", "kfc", "kfac-reduce", "per-example-squared-norm",
    "ggn-diagonal"};

/// The operation's one network, room for its operands and its result.
struct Case {
  Case(const cli::Layer& layer, const std::string& operation);

  std::string name;  ///< operation, layer and batch
  Network network;
  std::vector<Tensor> operands;  ///< in the network's order
  Tensor result;

  void fill();  ///< with random data
  [[nodiscard]] Executable planned(const plan::PipelineOptions& options, int threads) const;
  [[nodiscard]] Executable planned_as(const plan::Ordered& ordered, int threads) const;
};

/// All layers, or a sample of them that is the same every time.
[[nodiscard]] std::vector<cli::Layer> sampled_layers(Run& run, std::size_t most);

/// The operation on the layer, whose batch is halved until a run is predicted to take at most `seconds`, or
/// one example is left.
[[nodiscard]] Case case_within(cli::Layer layer, const std::string& operation, double seconds, int threads);

[[nodiscard]] double predicted(const Executable& executable, int threads);

}  // namespace einfold::bench
