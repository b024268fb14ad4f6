// SPDX-License-Identifier: MIT
#include "tables/ordered_case.hpp"

#include "exec/predict.hpp"

#include <random>
#include <utility>

namespace einfold::bench {

Case::Case(const cli::Layer& layer, const std::string& operation)
    : name(operation + ", " + layer.network + " " + layer.name + ", batch " + std::to_string(layer.batch)) {
  const Expression expression = conv::operation(operation, layer.spec, cli::shapes_for(layer, operation));
  network = expression.network();
  for (const Operand& operand : network.operands)
    operands.push_back(Tensor::uninitialised(DType::kFloat32, operand.shape));
  result = Tensor::uninitialised(DType::kFloat32, expression.shape());
}

void Case::fill() {
  std::uint64_t seed = 1;
  for (Tensor& operand : operands) operand = random_tensor<float>(operand.shape(), seed++);
}

Executable Case::planned(const plan::PipelineOptions& options, int threads) const {
  return planned_as(plan::order(network, options), threads);
}

Executable Case::planned_as(const plan::Ordered& ordered, int threads) const {
  plan::Layout layout{{}, {}, result.shape(), result.strides()};
  for (const Tensor& operand : operands) {
    layout.operand_shapes.push_back(operand.shape());
    layout.operand_strides.push_back(operand.strides());
  }
  return {plan::lower(ordered, layout, false), DType::kFloat32, {.threads = threads}};
}

std::vector<cli::Layer> sampled_layers(Run& run, std::size_t most) {
  const bool full = std::exchange(run.settings.full, true);
  std::vector<cli::Layer> layers = chosen_layers(run);
  run.settings.full = full;
  if (full || layers.size() <= most) return layers;
  std::minstd_rand engine(1);
  for (std::size_t i = 0; i < most; ++i) std::swap(layers[i], layers[i + engine() % (layers.size() - i)]);
  layers.resize(most);
  return layers;
}

Case case_within(cli::Layer layer, const std::string& operation, double seconds, int threads) {
  for (;; layer.batch /= 2) {
    Case found(layer, operation);
    if (layer.batch > 1 && predicted(found.planned({}, threads), threads) > seconds) continue;
    found.fill();
    return found;
  }
}

double predicted(const Executable& executable, int threads) {
  double seconds = 0;
  for (std::size_t i = 0; i < executable.plan().steps.size(); ++i) {
    seconds +=
        predicted_seconds(executable.kernel(i).loads(), executable.dtype(), threads, cpu::chosen_isa());
  }
  return seconds;
}

}  // namespace einfold::bench
