// SPDX-License-Identifier: MIT
#include "api/compiled.hpp"

#include "api/memory_limit.hpp"
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
    const cpu::Options options{.threads = threads,
                               .workspace_limit_bytes = std::max<std::int64_t>(0, scratch_bytes),
                               .least_workspace = scratch_bytes == kLeastScratch};
    bool in_order = true;
    for (std::size_t i = 0; i < positions.size(); ++i) in_order = in_order && positions[i] == i;
    compiled.push_back({Executable(std::move(plan), bound.type, options), std::move(positions), in_order});
  }
  return std::make_shared<const Compiled>(std::move(compiled), std::move(orders));
}

std::shared_ptr<const Compiled> compile_smallest(const Terms& terms, const Bound& bound, int threads,
                                                 const std::function<Orders(std::int64_t)>& order) {
  std::shared_ptr<const Compiled> smallest = compile(terms, order(0), bound, threads, kLeastScratch);
  auto unsliced = compile(terms, order(kUnlimited), bound, threads, kLeastScratch);  // fewer intermediates, but for rounding
  return unsliced->workspace_bytes() <= smallest->workspace_bytes() ? std::move(unsliced) : std::move(smallest);
}

std::shared_ptr<const Compiled> compile_within(const Terms& terms, const Bound& bound, int threads,
                                               std::int64_t memory_limit_bytes,
                                               const std::function<Orders(std::int64_t)>& order) {
  std::shared_ptr<const Compiled> unlimited = compile(terms, order(kUnlimited), bound, threads, kUnlimited);
  if (unlimited->workspace_bytes() <= memory_limit_bytes) return unlimited;

  std::shared_ptr<const Compiled> smallest = compile_smallest(terms, bound, threads, order);
  if (smallest->workspace_bytes() > memory_limit_bytes) throw LimitRefused(smallest->workspace_bytes(), memory_limit_bytes);

  // A share of the limit for the intermediates, the rest for the kernels; in the end as little as there is for the intermediates.
  const auto element = static_cast<std::int64_t>(size_bytes(bound.type));
  for (const std::int64_t quarters : {3, 2, 1, 0}) {
    const std::int64_t intermediates = memory_limit_bytes / 4 * quarters;
    try {
      auto compiled = compile(terms, order(intermediates / element), bound, threads, memory_limit_bytes - intermediates);
      if (compiled->workspace_bytes() <= memory_limit_bytes) return compiled;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kMemory) throw;  // a kernel needs more than the rest
    }
  }
  return smallest;
}

namespace {

/// run(term, addresses of its operands) for every term; nothing is allocated for one that takes the first operands in order.
template <class Run>
void for_each_term(const std::vector<Compiled::Term>& terms, std::span<const void* const> operands, const Run& run) {
  std::vector<const void*> own;
  for (const Compiled::Term& term : terms) {
    if (term.in_order) {
      run(term, operands.first(term.operands.size()));
      continue;
    }
    own.clear();
    for (const std::size_t position : term.operands) own.push_back(operands[position]);
    run(term, std::span<const void* const>(own));
  }
}

}  // namespace

void Compiled::run(std::span<const void* const> operands, void* result, Executor& executor) const {
  for_each_term(terms_, operands, [&](const Term& term, std::span<const void* const> own) { term.executable.run(own, result, executor); });
}

std::vector<std::vector<double>> Compiled::run_timed(std::span<const void* const> operands, void* result, Executor& executor) const {
  std::vector<std::vector<double>> seconds;
  for_each_term(terms_, operands, [&](const Term& term, std::span<const void* const> own) {
    seconds.push_back(term.executable.run_timed(own, result, executor));
  });
  return seconds;
}

std::int64_t Compiled::workspace_bytes() const {
  std::int64_t most = 0;
  for (const Term& term : terms_) most = std::max(most, term.executable.workspace_bytes());
  return most;
}

}  // namespace einfold
