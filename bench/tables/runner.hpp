// SPDX-License-Identifier: MIT
//
// Times an expression and its opponents, and compares their results.
#pragma once

#include "tables/blas.hpp"
#include "tables/dnnl.hpp"
#include "tables/report.hpp"

#include <string>
#include <vector>

namespace einfold::bench {

struct Settings {
  int threads = 1;
  bool full = false;        ///< every case; else a dozen representative ones
  double seconds = 0.2;     ///< each thing is run for at least this long,
  std::size_t repeats = 7;  ///< and this often
  std::string filter;       ///< part of a case's name
  bool opponents = true;
};

struct Run {
  Settings settings;
  Report report;
  std::vector<Blas> blas;

  /// Whether the case is wanted.
  [[nodiscard]] bool wants(const std::string& name) const { return name.find(settings.filter) != std::string::npos; }

  /// Runs the expression on `operands` and all contenders, adds the row and prints its line. `row` has table, name, flops, bound.
  /// Contenders whose `result` is set are compared with ours.
  void measure(Row row, const Expression& expression, const std::vector<Tensor>& operands, const std::vector<Contender>& contenders);
};

/// What a bound allows: flops at the peak, or bytes at the bandwidth.
[[nodiscard]] double seconds_of_bound(const Row& row, const Ceilings& ceilings, const std::vector<Tensor>& operands, const Tensor& result);

/// Uniform in [-1, 1).
template <class T>
[[nodiscard]] Tensor random_tensor(const Shape& shape, std::uint64_t seed);

/// Random operands for an expression, uniform in [-1, 1).
[[nodiscard]] std::vector<Tensor> random_operands(const Expression& expression, DType dtype = DType::kFloat32);

/// Those of bench/layers.csv that the settings ask for.
[[nodiscard]] std::vector<cli::Layer> chosen_layers(const Run& run);

void layer_tables(Run& run, const std::string& operation);
void matrix_tables(Run& run);
void tensor_tables(Run& run);
void mixed_tables(Run& run);
void call_tables(Run& run);
/// Predicted against measured time, and the chosen order against all orders.
void prediction_tables(Run& run);
void order_tables(Run& run);

}  // namespace einfold::bench
