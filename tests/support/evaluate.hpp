// SPDX-License-Identifier: MIT
//
// The planned value of a network, without the public API in between.
#pragma once

#include "exec/executable.hpp"
#include "plan/pipeline.hpp"

#include <vector>

namespace einfold::test {

/// Simplified (or not), ordered, lowered and run over operands of one type; a row-major result.
[[nodiscard]] inline Tensor evaluate_planned(const Network& network, const std::vector<Tensor>& operands, DType dtype,
                                             const plan::PipelineOptions& options = {}, int threads = 1) {
  plan::Layout layout{{}, {}, network.shape(), row_major_strides(network.shape())};
  for (const Tensor& operand : operands) {
    layout.operand_shapes.push_back(operand.shape());
    layout.operand_strides.push_back(operand.strides());
  }
  const plan::Ordered ordered = plan::order(network, options);
  const Executable executable(plan::lower(ordered, layout, false), dtype, {.threads = threads});
  const Tensor result = Tensor::uninitialised(dtype, network.shape());
  PoolExecutor executor(threads);
  executable.run(operands, result, executor);
  return result;
}

}  // namespace einfold::test
