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

std::shared_ptr<const Compiled> compile(const Terms& terms, Orders orders, const Bound& bound, int threads,
                                        std::int64_t scratch_bytes) {
  std::vector<Compiled::Term> compiled;
  for (std::size_t t = 0; t < terms.networks.size(); ++t) {
    plan::Layout layout{{}, {}, terms.networks[t].shape(), bound.result_strides};
    std::vector<std::size_t> positions;
    for (const Operand& operand : terms.networks[t].operands) {
      const auto at = std::find(terms.operands.begin(), terms.operands.end(), operand);
      EINFOLD_INVARIANT(at != terms.operands.end());
      positions.push_back(static_cast<std::size_t>(at - terms.operands.begin()));
      layout.operand_shapes.push_back(operand.shape);
      layout.operand_strides.push_back(bound.strides[positions.back()]);
    }
    plan::Plan plan = plan::lower((*orders)[t], layout, t > 0);
    const cpu::Options options{.threads = threads, .workspace_limit_bytes = scratch_bytes};
    bool in_order = true;
    for (std::size_t i = 0; i < positions.size(); ++i) in_order = in_order && positions[i] == i;
    compiled.push_back({Executable(std::move(plan), bound.type, options), std::move(positions), in_order});
  }
  return std::make_shared<const Compiled>(std::move(compiled), std::move(orders));
}

std::shared_ptr<const Compiled> compile_within(const Terms& terms, const Bound& bound, int threads,
                                               std::int64_t memory_limit_bytes,
                                               const std::function<Orders(std::int64_t)>& order) {
  constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
  std::shared_ptr<const Compiled> compiled = compile(terms, order(kUnlimited), bound, threads, kUnlimited);
  if (compiled->workspace_bytes() <= memory_limit_bytes) return compiled;
  // Half of the limit for the kernels, then less and less for the intermediates, in the end as little as there is.
  const auto element = static_cast<std::int64_t>(size_bytes(bound.type));
  std::int64_t least = compiled->workspace_bytes();
  for (const std::int64_t intermediates : {memory_limit_bytes / 4 * 3, memory_limit_bytes / 2, memory_limit_bytes / 4, std::int64_t{0}}) {
    const Orders orders = order(std::max<std::int64_t>(0, intermediates / element));
    for (const std::int64_t scratch : {memory_limit_bytes - intermediates, std::int64_t{0}}) {
      try {
        compiled = compile(terms, orders, bound, threads, std::max<std::int64_t>(0, scratch));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kMemory) throw;
        continue;  // no kernel gets by with so little
      }
      if (compiled->workspace_bytes() <= memory_limit_bytes) return compiled;
      least = std::min(least, compiled->workspace_bytes());
    }
  }
  fail(ErrorKind::kMemory, "E0603", "needs at least ", least, " bytes beside operands and result, more than the limit of ",
       memory_limit_bytes);
}

void Compiled::run(std::span<const void* const> operands, void* result, Executor& executor) const {
  for (const Term& term : terms_) {
    if (term.in_order) {
      term.executable.run(operands.first(term.operands.size()), result, executor);
      continue;
    }
    std::vector<const void*> own;
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
