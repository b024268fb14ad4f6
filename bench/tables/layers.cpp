// SPDX-License-Identifier: MIT
//
// Operations on the convolution layers of well-known networks (bench/layers.csv).
#include "tables/runner.hpp"
#include "tables/unfolding.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace einfold::bench {
namespace {

/// One of each kind: stem, 3x3 of four sizes, stride 2, 1x1, down-sampling, grouped, depth-wise 3x3 and 7x7, rectangular.
constexpr std::array<std::string_view, 14> kRepresentative = {
    "ResNet18 conv1",                    "ResNet18 layer1.0.conv1",       "ResNet18 layer2.0.conv2",
    "ResNet18 layer4.0.conv2",           "ResNet18 layer2.0.conv1",       "ResNet18 layer2.0.downsample.0",
    "ResNeXt101-32x8d layer1.0.conv3",   "ResNeXt101-32x8d layer1.0.conv2", "ConvNeXt-base features.1.0.block.0",
    "MobileNetV2 features.2.conv.0.0",   "MobileNetV2 features.2.conv.1.0", "InceptionV3 Mixed_6b.branch7x7_2",
    "All-CNN-C conv2",                   "3c3d conv1"};

std::string description(const cli::Layer& layer) {
  std::ostringstream out;
  const auto list = [&](const std::vector<std::int64_t>& values) {
    const bool equal = std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == values.front(); });
    out << values.front();
    for (std::size_t d = 1; d < values.size() && !equal; ++d) out << "x" << values[d];
  };
  out << layer.network << " " << layer.name << ": " << layer.batch << " x " << layer.in_channels << " x ";
  list(layer.spec.input.values);
  out << ", " << layer.out_channels << " of ";
  list(layer.spec.kernel.values);
  if (layer.spec.stride.values.front() > 1) out << ", stride " << layer.spec.stride.values.front();
  if (layer.spec.groups > 1) out << ", " << layer.spec.groups << " groups";
  return out.str();
}

Bound bound_of(const std::string& operation) {
  if (operation == "unfold") return Bound::kWrite;
  if (operation == "kfac-reduce") return Bound::kRead;
  return Bound::kPeak;
}

}  // namespace

std::vector<cli::Layer> chosen_layers(const Run& run) {
  std::vector<cli::Layer> layers = cli::read_layers(EINFOLD_LAYERS);
  std::erase_if(layers, [&](const cli::Layer& layer) {
    const std::string name = layer.network + " " + layer.name;
    const bool representative = std::find(kRepresentative.begin(), kRepresentative.end(), name) != kRepresentative.end();
    return !(run.settings.full || representative) || !run.wants(name);
  });
  return layers;
}

void layer_tables(Run& run, const std::string& operation) {
  for (const cli::Layer& layer : chosen_layers(run)) {
    const conv::Shapes shapes = cli::shapes_for(layer, operation);
    const Expression expression = conv::operation(operation, layer.spec, shapes);
    const std::vector<Tensor> operands = random_operands(expression);
    std::vector<const float*> data;
    for (const Tensor& operand : operands) data.push_back(operand.data_as<float>());
    std::vector<Contender> contenders;
    if (run.settings.opponents) {
      contenders = dnnl_convolutions(layer, operation, data, run.settings.threads);
      for (Contender& other : unfolding_contenders(layer, operation, data, run.blas, run.settings.threads)) {
        contenders.push_back(std::move(other));
      }
    }
    Row row{.table = operation, .name = description(layer), .bound = bound_of(operation)};
    row.flops = nominal_flops(operation, layer.spec, shapes).value_or(0);
    run.measure(std::move(row), expression, operands, contenders);
  }
}

}  // namespace einfold::bench
