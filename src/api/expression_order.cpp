// SPDX-License-Identifier: MIT
//
// What an expression tells about its order of contraction, and how that is chosen or kept.
#include "api/expression_state.hpp"
#include "api/memory_limit.hpp"
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

/// Of the only term.
OrderReport report_of(const Network& network, const Timed& timed) {
  const Compiled& compiled = *timed.compiled;
  const Executable& executable = compiled.terms().front().executable;
  const Measured& measured = timed.measured;
  return report_order({network, compiled.orders().front(), executable.dtype(), measured.threads, measured.held_bytes, &executable,
                       measured.seconds.empty() ? nullptr : &measured.seconds.front()});
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
  const Request wanted = request(tensors, run);
  const std::shared_ptr<const Compiled> compiled = wanted.compiled(*named_plans());
  const Bindings bindings = bind(tensors, wanted.key.type);
  const Tensor result = Tensor::uninitialised(wanted.key.type, terms.front().shape());
  PoolExecutor pool(wanted.key.threads);
  Executor& executor = run.executor != nullptr ? *run.executor : pool;
  const auto once = [&] { return compiled->run_timed(bindings.addresses, result.mutable_data(), executor); };
  return {compiled, {wanted.key.threads, wanted.held_bytes, fastest(once)}};
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
  const Request request = state_->request(types, run);
  const std::shared_ptr<const Compiled> compiled = request.compiled(*state_->named_plans());
  return einfold::explain({state_->terms, state_->bound_operands}, *compiled, {request.key.threads, request.held_bytes});
}

std::string Expression::explain(DType type, const RunOptions& run) const { return explain(std::span(&type, 1), run); }

std::string Expression::explain(std::span<const Tensor> operands, const RunOptions& run) const {
  return explain_and_order(operands, run).text;
}

Explanation Expression::explain_and_order(std::span<const Tensor> operands, const RunOptions& run) const {
  const Timed timed = state_->timed(operands, run);
  Explanation explanation{einfold::explain({state_->terms, state_->bound_operands}, *timed.compiled, timed.measured), {}};
  if (state_->terms.size() == 1) explanation.order = report_of(state_->terms.front(), timed);
  return explanation;
}

OrderReport Expression::order(std::span<const DType> types, const RunOptions& run) const {
  const Network& only = network();
  check_number(types, state_->operands.size());
  const Request request = state_->request(types, run);
  const PlanKey& key = request.key;
  const std::shared_ptr<Plans> plans = state_->named_plans();
  if (key.memory_limit_bytes == kUnlimited) {
    const Orders orders = plans->unlimited_orders(key);
    if (!can_be_planned(orders->front(), key.type)) return report_order({only, orders->front(), key.type, key.threads});
  }
  const Timed planned{request.compiled(*plans), {key.threads, request.held_bytes}};
  return report_of(only, planned);
}

OrderReport Expression::order(DType type, const RunOptions& run) const { return order(std::span(&type, 1), run); }

OrderReport Expression::order(std::span<const Tensor> operands, const RunOptions& run) const {
  const Network& only = network();
  return report_of(only, state_->timed(operands, run));
}

PlanContents PlanAccess::contents(const Expression& expression, std::span<const DType> types, const RunOptions& run) {
  const Expression::State& state = *expression.state_;
  if (state.constants) fail(ErrorKind::kArgument, "E0554", "a plan holds no values: save it before constants are bound");
  check_number(types, state.operands.size());
  const Orders orders = state.request(types, run).compiled(*state.named_plans())->shared_orders();
  return {state.terms, state.operands, state.options, orders};
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
