// SPDX-License-Identifier: MIT
//
// What an expression tells about its order of contraction, and how that is chosen or kept.
#include "api/expression_state.hpp"
#include "api/order_report.hpp"
#include "api/pipeline_options.hpp"
#include "api/plan_access.hpp"
#include "base/fail.hpp"
#include "pathfind/schedule.hpp"

#include <functional>
#include <limits>
#include <numeric>

namespace einfold {
namespace {

using Seconds = std::vector<std::vector<double>>;  // per term and step of its plan

Seconds fastest(const std::function<Seconds()>& run) {
  constexpr int kRuns = 8;  // the first one warms up
  constexpr double kSeconds = 1;
  double least = std::numeric_limits<double>::infinity(), sum = 0;
  Seconds best;
  for (int i = 0; i < kRuns && sum < kSeconds; ++i) {
    Seconds seconds = run();
    double total = 0;
    for (const auto& term : seconds) total = std::accumulate(term.begin(), term.end(), total);
    sum += total;
    if (total >= least) continue;
    least = total;
    best = std::move(seconds);
  }
  return best;
}

/// Whether all intermediates together are far from the end of 64 bits.
bool can_be_planned(const plan::Ordered& ordered, DType type) {
  if (ordered.simplified.network.zero) return true;
  const double elements = pathfind::peak_elements(ordered.numbered.problem, ordered.tree, ordered.slices);
  return elements * static_cast<double>(size_bytes(type)) < 0x1p60;
}

void check_number(std::span<const DType> types, std::size_t operands) {
  if (types.size() != 1 && types.size() != operands) {
    fail(ErrorKind::kArgument, "E0205", types.size(), " types for ", operands, " operands");
  }
}

}  // namespace

std::shared_ptr<Plans> plans_of(const std::vector<Network>& terms, const std::vector<Operand>& operands, const OrderOptions& order) {
  if (order == OrderOptions{}) return shared_plans(terms, operands);
  (void)pipeline_options(order, true, 1);  // a name is checked at once
  return std::make_shared<Plans>(terms, operands, order);
}

std::shared_ptr<Plans> Expression::State::named_plans() const {
  return std::make_shared<Plans>(terms, bound_operands, options.order, fixed);
}

Timed Expression::State::timed(std::span<const Tensor> given, const RunOptions& run) const {
  const std::vector<Tensor> tensors = selected(given);
  Bindings bindings = bind(tensors, compute_type(type_over(types_of(tensors))), run);
  const Tensor result = Tensor::uninitialised(bindings.key.type, terms.front().shape());
  bindings.key.result_strides = result.strides();
  PoolExecutor pool(bindings.key.threads);
  Executor& executor = run.executor != nullptr ? *run.executor : pool;
  const std::shared_ptr<const Compiled> compiled = named_plans()->compiled(bindings.key);
  const auto once = [&] { return compiled->run_timed(bindings.addresses, result.mutable_data(), executor); };
  return {compiled, {bindings.key.threads, fastest(once)}};
}

Expression Expression::ordered(OrderOptions order) const {
  Expression result = *this;
  result.state_ = std::make_shared<State>();
  State& state = *result.state_;
  state.terms = state_->terms;
  state.operands = state_->operands;
  state.bound_operands = state_->bound_operands;
  state.constants = state_->constants;
  state.unfolded = state_->unfolded;
  state.named_constants = state_->named_constants;
  state.options = state_->options;
  state.options.order = std::move(order);
  state.plans = plans_of(state.terms, state.bound_operands, state.options.order);
  return result;
}

std::string Expression::explain(std::span<const DType> types, const RunOptions& run) const {
  check_number(types, state_->operands.size());
  const PlanKey key = state_->row_major_key(types, run);
  return einfold::explain({state_->terms, state_->bound_operands}, *state_->named_plans()->compiled(key), {key.threads});
}

std::string Expression::explain(DType type, const RunOptions& run) const { return explain(std::span(&type, 1), run); }

std::string Expression::explain(std::span<const Tensor> operands, const RunOptions& run) const {
  const Timed timed = state_->timed(operands, run);
  return einfold::explain({state_->terms, state_->bound_operands}, *timed.compiled, timed.measured);
}

OrderReport Expression::order(std::span<const DType> types, const RunOptions& run) const {
  const Network& only = network();
  check_number(types, state_->operands.size());
  const PlanKey key = state_->row_major_key(types, run);
  const std::shared_ptr<Plans> plans = state_->named_plans();
  if (key.memory_limit_bytes == std::numeric_limits<std::int64_t>::max()) {
    const Orders orders = plans->unlimited_orders(key);
    if (!can_be_planned(orders->front(), key.type)) return report_order({only, orders->front(), key.type, key.threads});
  }
  const std::shared_ptr<const Compiled> compiled = plans->compiled(key);
  return report_order({only, compiled->orders().front(), key.type, key.threads, &compiled->terms().front().executable});
}

OrderReport Expression::order(DType type, const RunOptions& run) const { return order(std::span(&type, 1), run); }

OrderReport Expression::order(std::span<const Tensor> operands, const RunOptions& run) const {
  const Network& only = network();
  const Timed timed = state_->timed(operands, run);
  const Executable& executable = timed.compiled->terms().front().executable;
  return report_order({only, timed.compiled->orders().front(), executable.dtype(), timed.measured.threads, &executable,
                       &timed.measured.seconds.front()});
}

PlanContents PlanAccess::contents(const Expression& expression, std::span<const DType> types, const RunOptions& run) {
  const Expression::State& state = *expression.state_;
  if (state.constants) fail(ErrorKind::kArgument, "E0554", "a plan holds no values: save it before constants are bound");
  check_number(types, state.operands.size());
  const PlanKey key = state.row_major_key(types, run);
  return {state.terms, state.operands, state.options, state.named_plans()->compiled(key)->shared_orders()};
}

Expression PlanAccess::expression(PlanContents contents) {
  std::vector<std::string> names;
  for (const Operand& operand : contents.operands) names.push_back(operand.name);
  Expression result(std::move(contents.terms), std::move(names), std::move(contents.options));
  Expression::State& state = *result.state_;
  state.fixed = std::move(contents.orders);
  state.plans = state.named_plans();
  return result;
}

}  // namespace einfold
