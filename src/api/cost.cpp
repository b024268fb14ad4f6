// SPDX-License-Identifier: MIT
#include "api/expression_state.hpp"
#include "exec/predict.hpp"

#include <cmath>

namespace einfold {

Cost Expression::cost(DType type, const RunOptions& run) const {
  const Request request = state_->request(std::span(&type, 1), run);
  const std::shared_ptr<const Compiled> compiled = request.compiled(*state_->plans);
  Cost cost{.workspace_bytes = request.held_bytes + compiled->workspace_bytes()};
  for (std::size_t t = 0; t < compiled->terms().size(); ++t) {
    const plan::Ordered& ordered = compiled->orders()[t];
    if (!ordered.simplified.network.zero) cost.planned_flops += 2 * std::exp2(ordered.tree.log2_flops);
    const Executable& executable = compiled->terms()[t].executable;
    for (std::size_t i = 0; i < executable.plan().steps.size(); ++i) {
      const cpu::Kernel& kernel = executable.kernel(i);
      cost.executed_flops += kernel.flops();
      cost.predicted_seconds +=
          predicted_seconds(kernel.loads(), executable.dtype(), request.key.threads, cpu::chosen_isa());
    }
  }
  return cost;
}

DType Expression::dtype(std::span<const DType> types) const {
  return state_->options.result.value_or(state_->type_over({types.begin(), types.end()}));
}

}  // namespace einfold
