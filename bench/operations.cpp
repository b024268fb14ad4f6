// SPDX-License-Identifier: MIT
//
// Operations of convolutions on a few layers, end to end through the public API: plan time, best run time, nominal
// GFLOP/s (of the forward pass), workspace. Every float32 result is first compared with the float64 one.
//
//     operations [operation|all] [threads]
#include "einfold/einfold.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace ef = einfold;

namespace {

struct Layer {
  const char* name;
  ef::Shape x, weight;
  std::int64_t stride, padding, groups;
};

const Layer kLayers[] = {
    {"ResNet 64 x 56 x 56, 3x3", {32, 64, 56, 56}, {64, 64, 3, 3}, 1, 1, 1},
    {"ResNet 128 x 28 x 28, 3x3", {32, 128, 28, 28}, {128, 128, 3, 3}, 1, 1, 1},
    {"ResNet 512 x 7 x 7, 3x3", {32, 512, 7, 7}, {512, 512, 3, 3}, 1, 1, 1},
    {"ResNet 64 -> 128, stride 2", {32, 64, 56, 56}, {128, 64, 3, 3}, 2, 1, 1},
    {"ConvNeXt depth-wise 7x7", {32, 128, 64, 64}, {128, 1, 7, 7}, 1, 3, 128},
};
const char* const kOperations[] = {"forward", "weight-vjp", "input-vjp", "unfold", "kfc", "kfac-reduce",
                                   "per-example-squared-norm", "ggn-diagonal"};
constexpr std::int64_t kVectors = 2;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

ef::Tensor random_tensor(const ef::Shape& shape, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(ef::element_count(shape)));
  for (float& value : values) value = normal(generator);
  return ef::Tensor::from(shape, values);
}

/// Largest difference of float32 and float64 results, over the largest value.
double error_of(const ef::Expression& expression, const std::vector<ef::Tensor>& operands, const ef::RunOptions& run) {
  std::vector<ef::Tensor> wide;
  for (const ef::Tensor& operand : operands) wide.push_back(operand.to(ef::DType::kFloat64));
  const auto got = expression.evaluate(operands, run).values<double>();
  const auto want = expression.evaluate(wide, run).values<double>();
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    difference = std::max(difference, std::abs(got[i] - want[i]));
    largest = std::max(largest, std::abs(want[i]));
  }
  return difference / largest;
}

void measure(const Layer& layer, const std::string& operation, const ef::RunOptions& run) {
  ef::ConvSpec conv{.kernel = {layer.weight[2], layer.weight[3]}, .input = {layer.x[2], layer.x[3]}, .stride = layer.stride,
                    .padding = layer.padding, .groups = layer.groups};
  const ef::Shape output = ef::conv::forward(conv, layer.x, layer.weight).shape();
  ef::Shape several = output;
  several.insert(several.begin(), kVectors);
  const std::map<std::string, ef::Shape> roles{{"x", layer.x}, {"weight", layer.weight}, {"v", output}, {"s", several}};
  ef::conv::Shapes shapes;
  for (const auto& info : ef::conv::operations()) {
    if (info.name != operation) continue;
    for (const auto& alternatives : info.operands) shapes[alternatives.front()] = roles.at(alternatives.front());
  }
  const double start = now();
  const ef::Expression expression = ef::conv::operation(operation, conv, shapes);
  const std::int64_t workspace = expression.workspace_bytes(ef::DType::kFloat32, run);
  const double planned = now() - start;
  std::vector<ef::Tensor> operands;
  unsigned seed = 0;
  for (const ef::Operand& operand : expression.operands()) operands.push_back(random_tensor(operand.shape, ++seed));
  const bool large = ef::element_count(expression.shape()) > 100'000'000;  // float64 would not fit beside it
  const double error = large ? 0 : error_of(expression, operands, run);
  if (error > 1e-4) std::printf("WRONG: error %g\n", error);
  double best = 1e300;
  const double begin = now();
  for (int i = 0; i < 3 || (now() - begin < 1.0 && i < 50); ++i) {
    const double t = now();
    (void)expression.evaluate(operands, run);
    best = std::min(best, now() - t);
  }
  double flops = 2;
  for (const std::int64_t extent : output) flops *= static_cast<double>(extent);
  for (std::size_t axis = 1; axis < 4; ++axis) flops *= static_cast<double>(layer.weight[axis]);
  std::printf("%-28s %-25s plan %7.2f ms   run %9.2f ms   %8.1f GFLOP/s nominal   workspace %7.2f MiB\n", layer.name,
              operation.c_str(), 1e3 * planned, 1e3 * best, flops / best * 1e-9,
              static_cast<double>(workspace) / (1 << 20));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "all";
  const ef::RunOptions run{.threads = argc > 2 ? std::atoi(argv[2]) : 1};
  for (const Layer& layer : kLayers) {
    for (const char* operation : kOperations) {
      if (wanted == "all" || wanted == operation) measure(layer, operation, run);
    }
  }
}
