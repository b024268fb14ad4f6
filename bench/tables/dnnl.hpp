// SPDX-License-Identifier: MIT
//
// oneDNN as an opponent.
#pragma once

#include "cli/layer_table.hpp"

#include <functional>
#include <string>
#include <vector>

namespace einfold::bench {

/// One way to compute something: everything prepared, `run` does it once. The result is row-major.
struct Contender {
  std::string name;
  std::function<void()> run;
  const float* result = nullptr;  ///< null: not to be compared
};

/// oneDNN's version, or nothing if it was not found.
[[nodiscard]] std::string dnnl_version();

/// forward, input-vjp or weight-vjp of a layer over plain tensors: in the plain layout, and in oneDNN's own with the reorders of
/// operands and result in the time. Operands as Expression takes them. None for other operations, or without oneDNN.
[[nodiscard]] std::vector<Contender> dnnl_convolutions(const cli::Layer& layer, const std::string& operation,
                                                       const std::vector<const float*>& operands, int threads);

/// Row-major product of plain matrices.
[[nodiscard]] std::vector<Contender> dnnl_matrix_product(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a,
                                                         const float* b, int threads);

}  // namespace einfold::bench
