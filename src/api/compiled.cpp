// SPDX-License-Identifier: MIT
#include "api/compiled.hpp"

#include "base/fail.hpp"

#include <algorithm>

namespace einfold {

DType result_type(const std::vector<Network>& terms, std::span<const DType> types, bool fractional) {
  DType type = DType::kBool;
  for (const DType operand : types) type = promote(type, operand);
  type = sum_type(type);
  for (const Network& term : terms) fractional = fractional || !term.scale.is_integer();
  return is_integer(type) && fractional ? DType::kFloat64 : type;
}

DType compute_type(DType type) {
  return type == DType::kFloat16 || type == DType::kBFloat16 ? DType::kFloat32 : type;
}

std::vector<plan::Ordered> order_all(const std::vector<Network>& terms, const plan::PipelineOptions& options) {
  std::vector<plan::Ordered> orders;
  for (const Network& term : terms) orders.push_back(plan::order(term, options));
  return orders;
}

std::shared_ptr<const Compiled> compile(const std::vector<Network>& terms,
                                        std::shared_ptr<const std::vector<plan::Ordered>> orders,
                                        const std::vector<Operand>& operands, const Bound& bound, int threads,
                                        std::int64_t memory_limit_bytes) {
  std::vector<Compiled::Term> compiled;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    plan::Layout layout{{}, {}, terms[t].shape(), bound.result_strides};
    std::vector<std::size_t> positions;
    for (const Operand& operand : terms[t].operands) {
      const auto at = std::find(operands.begin(), operands.end(), operand);
      EINFOLD_INVARIANT(at != operands.end());
      positions.push_back(static_cast<std::size_t>(at - operands.begin()));
      layout.operand_shapes.push_back(operand.shape);
      layout.operand_strides.push_back(bound.strides[positions.back()]);
    }
    plan::Plan plan = plan::lower((*orders)[t], layout, t > 0);
    compiled.push_back({Executable(std::move(plan), bound.type, {.threads = threads}), std::move(positions)});
  }
  auto result = std::make_shared<const Compiled>(std::move(compiled), std::move(orders));
  if (result->workspace_bytes() > memory_limit_bytes) {
    fail(ErrorKind::kMemory, "E0603", "needs ", result->workspace_bytes(), " bytes beside operands and result, more than the "
         "limit of ", memory_limit_bytes);
  }
  return result;
}

void Compiled::run(std::span<const Tensor> operands, const Tensor& result, Executor& executor) const {
  for (const Term& term : terms_) {
    std::vector<Tensor> own;
    for (const std::size_t position : term.operands) own.push_back(operands[position]);
    term.executable.run(own, result, executor);
  }
}

std::int64_t Compiled::workspace_bytes() const {
  std::int64_t most = 0;
  for (const Term& term : terms_) most = std::max(most, term.executable.workspace_bytes());
  return most;
}

}  // namespace einfold
