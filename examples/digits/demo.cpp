// SPDX-License-Identifier: MIT
//
// Second-order quantities of a trained CNN, each checked against the reference evaluator; then one large layer, with
// and without im2col.
#include "memory.hpp"
#include "network.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <random>

namespace ef = einfold;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Quantity {
  const char* operation;
  const char* title;
};

constexpr Quantity kQuantities[] = {
    {"kfc", "input Kronecker factor"},
    {"grad-factor-expand", "gradient Kronecker factor"},
    {"ggn-diagonal", "GGN diagonal"},
    {"per-example-squared-norm", "per-example gradient norms^2"},
    {"gradient-gram", "gradient Gram matrix"},
};

/// An operation's operands on the first `examples` examples of a layer.
std::map<std::string, ef::Tensor> operands_of(const std::string& operation, const digits::Layer& layer, std::int64_t examples) {
  const ef::Tensor x = layer.input.slice(0, 0, examples), v = layer.output_gradient.slice(0, 0, examples);
  if (operation == "kfc") return {{"x", x}};
  if (operation == "grad-factor-expand") return {{"v", v}};
  if (operation == "ggn-diagonal") return {{"x", x}, {"s", layer.hessian_root.slice(1, 0, examples)}};
  return {{"x", x}, {"v", v}};
}

struct Evaluation {
  ef::Expression expression;
  std::vector<ef::Tensor> operands;
};

Evaluation prepare(const std::string& operation, const digits::Layer& layer, std::int64_t examples) {
  const auto operands = operands_of(operation, layer, examples);
  ef::conv::Shapes shapes;
  for (const auto& [role, tensor] : operands) shapes[role] = tensor.shape();
  ef::Expression expression = ef::conv::operation(operation, layer.conv, shapes);
  std::vector<ef::Tensor> ordered;
  for (const ef::Operand& operand : expression.operands()) ordered.push_back(operands.at(operand.name));
  return {std::move(expression), std::move(ordered)};
}

/// Largest |planned - reference| in units of the same contraction on absolute values: independent of cancellation.
double error_against_reference(const std::string& operation, const digits::Layer& layer) {
  const Evaluation four = prepare(operation, layer, 4);
  std::vector<ef::Tensor> magnitudes;
  for (const ef::Tensor& operand : four.operands) {
    std::vector<double> values = operand.values<double>();
    for (double& value : values) value = std::abs(value);
    magnitudes.push_back(ef::Tensor::from(operand.shape(), values));
  }
  const auto planned = four.expression.evaluate(four.operands).values<double>();
  const auto reference = ef::evaluate_reference(four.expression.network(), four.operands).values<double>();
  const auto scale = four.expression.evaluate(magnitudes).values<double>();
  double worst = 0;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (planned[i] == reference[i]) continue;
    worst = std::max(worst, std::abs(planned[i] - reference[i]) / scale[i]);
  }
  return worst;
}

std::string to_text(const ef::Shape& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

/// Returns the number of quantities that differ from the reference.
int second_order(const std::string& data, const std::filesystem::path& out) {
  constexpr double kTolerance = 64.0 / (1 << 24);  // 64 roundings of float32
  std::cerr << "reading " << data << ", taking the Hessian root back through the network\n";
  const std::vector<digits::Layer> layers = digits::load(data);
  std::printf("%-6s %-29s %-18s %9s %11s  %s\n", "layer", "quantity", "shape", "time", "error", "");
  int wrong = 0;
  for (const digits::Layer& layer : layers) {
    std::vector<ef::NamedTensor> results;
    for (const Quantity& quantity : kQuantities) {
      const Evaluation all = prepare(quantity.operation, layer, layer.input.shape()[0]);
      const auto start = Clock::now();
      results.push_back({quantity.operation, all.expression.evaluate(all.operands)});
      const double seconds = seconds_since(start);
      std::cerr << layer.name << " " << quantity.operation << ": comparing with the reference evaluator ..\r" << std::flush;
      const double error = error_against_reference(quantity.operation, layer);
      std::cerr << "                                                                          \r" << std::flush;
      const bool right = error <= kTolerance;
      wrong += right ? 0 : 1;
      std::printf("%-6s %-29s %-18s %6.2f ms %11.1e  %s\n", layer.name.c_str(), quantity.title,
                  to_text(results.back().tensor.shape()).c_str(), 1e3 * seconds, error, right ? "ok" : "WRONG");
      std::fflush(stdout);
    }
    ef::save((out / (layer.name + ".npz")).string(), results);
  }
  std::printf("error: largest difference to the reference evaluator on 4 examples, over the sum of absolute values\n");
  return wrong;
}

ef::Tensor random_tensor(ef::Shape shape) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(ef::element_count(shape)));
  for (float& value : values) value = normal(generator);
  return ef::Tensor::from(std::move(shape), values);
}

/// Runs once to plan, then reports the best of some runs and the peak memory of one.
template <class Run>
void report(const char* name, int runs, Run&& run) {
  std::cerr << name << " ..\r" << std::flush;
  (void)run();
  digits::PeakMemory peak;
  (void)run();
  const double mebibytes = static_cast<double>(peak.extra_bytes()) / (1 << 20);
  double best = 1e300;
  for (int i = 0; i < runs; ++i) {
    const auto start = Clock::now();
    (void)run();
    best = std::min(best, seconds_since(start));
  }
  std::cerr << "                                                  \r" << std::flush;
  std::printf("  %-36s %9.2f ms   peak extra memory %8.1f MiB\n", name, 1e3 * best, mebibytes);
  std::fflush(stdout);
}

void large_layer() {
  std::printf("\nKFAC-reduce of a depth-wise layer: x [32, 128, 64, 64], kernel 7 x 7, padding 3, 128 groups\n");
  const ef::ConvSpec conv{.kernel = {7, 7}, .padding = 3, .groups = 128};
  const ef::Tensor x = random_tensor({32, 128, 64, 64});
  const ef::Expression reduce = ef::conv::kfac_reduce(conv, x.shape());
  const ef::Expression unfold = ef::conv::unfold(conv, x.shape());
  ef::Tensor direct, through_columns;
  report("einfold", 10, [&] { return direct = reduce(x); });
  report("im2col, mean, product", 1, [&] {
    const ef::Tensor columns = unfold(x);
    const ef::Tensor mean = ef::reduce("n (g k) o -> n g k", columns, ef::Reduction::kMean, {{"g", 128}});
    through_columns = ef::einsum("n g k, n g l -> g k l", {mean, mean});
    return through_columns;
  });
  const auto a = direct.values<double>(), b = through_columns.values<double>();
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i] / 32));
    largest = std::max(largest, std::abs(a[i]));
  }
  std::printf("  largest difference between the two: %.1e of %.1e\n", difference, largest);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string data = argc > 1 ? argv[1] : "examples/digits";
    const std::filesystem::path out = argc > 2 ? argv[2] : "demo-out";
    std::filesystem::create_directories(out);
    const int wrong = second_order(data, out);
    std::printf("results are in %s\n", out.c_str());
    large_layer();
    return wrong == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
