// SPDX-License-Identifier: MIT
#include "einfold/expression.hpp"

#include "api/compiled.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "exec/bindings.hpp"
#include "network/print.hpp"

#include <algorithm>
#include <map>
#include <mutex>

namespace einfold {
namespace {

/// A plan holds for these strides, types and options.
struct PlanKey {
  DType type = DType::kFloat32;
  std::vector<Strides> strides;
  Strides result_strides;
  int threads = 0;
  std::int64_t memory_limit_bytes = 0;
  bool simplify = true;

  friend auto operator<=>(const PlanKey&, const PlanKey&) = default;
};

/// Strides, types and limits that an expression remembers plans for; beyond, it starts anew.
constexpr std::size_t kMostPlans = 64;

/// Whether two different positions may be one element in memory: strides sorted must step over all finer ones.
bool overlaps_itself(const Tensor& tensor) {
  std::vector<std::pair<std::int64_t, std::int64_t>> axes;  // |stride|, extent
  for (std::size_t axis = 0; axis < tensor.shape().size(); ++axis) {
    if (tensor.shape()[axis] == 0) return false;
    if (tensor.shape()[axis] > 1) axes.emplace_back(std::abs(tensor.strides()[axis]), tensor.shape()[axis]);
  }
  std::sort(axes.begin(), axes.end());
  std::int64_t reach = 0;
  for (const auto& [stride, extent] : axes) {
    if (stride <= reach) return true;
    reach += stride * (extent - 1);
  }
  return false;
}

std::vector<Operand> collect_operands(const std::vector<Network>& terms, const std::vector<std::string>& order) {
  std::vector<Operand> operands;
  const auto find = [&](const std::string& name) {
    return std::find_if(operands.begin(), operands.end(), [&](const Operand& operand) { return operand.name == name; });
  };
  for (const Network& term : terms) {
    for (const Operand& operand : term.operands) {
      const auto known = find(operand.name);
      if (known == operands.end()) {
        operands.push_back(operand);
      } else if (known->shape != operand.shape) {
        fail(ErrorKind::kShape, "E0206", "operand '", operand.name, "' has two shapes: ", to_text(known->shape), " and ",
             to_text(operand.shape));
      }
    }
  }
  std::vector<Operand> ordered;
  for (const std::string& name : order) {
    const auto known = find(name);
    if (known != operands.end()) ordered.push_back(*known);
  }
  return order.empty() ? operands : ordered;
}

int threads_of(const RunOptions& run) { return run.threads > 0 ? run.threads : available_processors(); }

}  // namespace

struct Expression::State {
  std::vector<Network> terms;
  std::vector<Operand> operands;  // as the networks see them
  ExpressionOptions options;

  std::mutex mutex;
  std::map<PlanKey, std::shared_ptr<const Compiled>> plans;
  std::map<std::pair<bool, std::int64_t>, std::shared_ptr<const std::vector<plan::Ordered>>> orders;  // simplify, limit

  [[nodiscard]] std::shared_ptr<const Compiled> compiled(const PlanKey& key);
  [[nodiscard]] std::vector<Tensor> selected(std::span<const Tensor> given) const;
  [[nodiscard]] PlanKey row_major_key(std::span<const DType> types, const RunOptions& run) const;
  [[nodiscard]] DType type_over(std::span<const Tensor> tensors) const;
  void run(std::span<const Tensor> tensors, DType type, const Tensor& result, const RunOptions& run);
};

Expression::Expression(std::vector<Network> terms, std::vector<std::string> operands, ExpressionOptions options)
    : state_(std::make_shared<State>()) {
  EINFOLD_INVARIANT(!terms.empty());
  state_->operands = collect_operands(terms, operands);
  state_->terms = std::move(terms);
  state_->options = std::move(options);
}

const Network& Expression::network() const {
  if (state_->terms.size() != 1) {
    fail(ErrorKind::kArgument, "E0212", "the expression is a sum of ", state_->terms.size(), " networks: see networks()");
  }
  return state_->terms.front();
}

const std::vector<Network>& Expression::networks() const noexcept { return state_->terms; }
const std::vector<Operand>& Expression::operands() const noexcept { return state_->operands; }
Shape Expression::shape() const { return state_->terms.front().shape(); }

std::string Expression::equation() const {
  std::string text;
  for (const Network& term : state_->terms) text += (text.empty() ? "" : " + ") + to_equation(term).equation;
  return text;
}

std::shared_ptr<const Compiled> Expression::State::compiled(const PlanKey& key) {
  const std::lock_guard lock(mutex);
  if (plans.size() >= kMostPlans && !plans.contains(key)) plans.clear();
  if (orders.size() >= kMostPlans) orders.clear();
  std::shared_ptr<const Compiled>& plan = plans[key];
  if (!plan) {
    const auto order = [&](std::int64_t limit_elements) {
      plan::PipelineOptions options_of_order;
      options_of_order.simplify = key.simplify;
      options_of_order.limit_elements = limit_elements;
      auto& known = orders[{key.simplify, limit_elements}];
      if (!known) known = std::make_shared<const std::vector<plan::Ordered>>(order_all(terms, options_of_order));
      return known;
    };
    plan = compile_within({terms, operands}, {key.type, key.strides, key.result_strides}, key.threads,
                          key.memory_limit_bytes, order);
  }
  return plan;
}

/// Operands as the networks see them: subsampled, and checked.
std::vector<Tensor> Expression::State::selected(std::span<const Tensor> given) const {
  if (given.size() != operands.size()) {
    std::string names;
    for (const Operand& operand : operands) names += (names.empty() ? "" : ", ") + operand.name;
    fail(ErrorKind::kShape, "E0205", "the expression takes ", operands.size(), " operands (", names, "), but ",
         given.size(), " were given");
  }
  std::vector<Tensor> tensors(given.begin(), given.end());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (options.subsampling && operands[i].name == "x") tensors[i] = tensors[i].take(0, *options.subsampling);
    if (tensors[i].shape() != operands[i].shape) {
      fail(ErrorKind::kShape, "E0206", "operand '", operands[i].name, "' has shape ", to_text(tensors[i].shape()),
           ", but the expression was made for ", to_text(operands[i].shape));
    }
    if (options.real_only && is_complex(tensors[i].dtype())) {
      fail(ErrorKind::kArgument, "E0407", "operand '", operands[i].name, "' is complex: squares, Grams, norms and factors "
           "are for real operands");
    }
  }
  return tensors;
}

/// For row-major operands of these types, or of the only one.
PlanKey Expression::State::row_major_key(std::span<const DType> types, const RunOptions& run) const {
  std::vector<DType> of_operands;
  PlanKey key{DType::kInt64, {}, row_major_strides(terms.front().shape()), threads_of(run), run.memory_limit_bytes,
              run.simplify};
  for (std::size_t i = 0; i < operands.size(); ++i) {
    of_operands.push_back(types[types.size() == 1 ? 0 : i]);
    key.strides.push_back(row_major_strides(operands[i].shape));
  }
  key.type = compute_type(result_type(terms, of_operands, options.fractional));
  return key;
}

std::string Expression::explain(std::span<const DType> types, const RunOptions& run) const {
  if (types.size() != 1 && types.size() != state_->operands.size()) {
    fail(ErrorKind::kArgument, "E0205", types.size(), " types for ", state_->operands.size(), " operands");
  }
  return einfold::explain({state_->terms, state_->operands}, *state_->compiled(state_->row_major_key(types, run)));
}

std::string Expression::explain(DType type, const RunOptions& run) const { return explain(std::span(&type, 1), run); }

std::int64_t Expression::workspace_bytes(DType type, const RunOptions& run) const {
  return state_->compiled(state_->row_major_key(std::span(&type, 1), run))->workspace_bytes();
}

DType Expression::State::type_over(std::span<const Tensor> tensors) const {
  std::vector<DType> types;
  for (const Tensor& tensor : tensors) types.push_back(tensor.dtype());
  return result_type(terms, types, options.fractional);
}

/// Into a row-major or any other tensor of the result's type that does not overlap itself.
void Expression::State::run(std::span<const Tensor> tensors, DType type, const Tensor& result, const RunOptions& run) {
  const DType computed = compute_type(type);
  PlanKey key{computed, {}, {}, threads_of(run), run.memory_limit_bytes, run.simplify};
  std::vector<Tensor> converted;
  bool overlapping = false;
  for (const Tensor& tensor : tensors) {
    converted.push_back(tensor.to(computed));
    if (tensor.dtype() != computed) key.memory_limit_bytes -= converted.back().size() * static_cast<std::int64_t>(size_bytes(computed));
    key.strides.push_back(converted.back().strides());
    overlapping = overlapping || converted.back().overlaps(result);
  }
  const bool direct = computed == result.dtype() && !overlapping;
  const Tensor target = direct ? result : Tensor::uninitialised(computed, result.shape());
  key.result_strides = target.strides();
  PoolExecutor executor(key.threads);
  compiled(key)->run(converted, target, executor);
  if (!direct) result.assign(target);
}

Tensor Expression::evaluate(std::span<const Tensor> operands, const RunOptions& run) const {
  const std::vector<Tensor> tensors = state_->selected(operands);
  const DType type = state_->type_over(tensors);
  const Tensor result = Tensor::uninitialised(state_->options.result.value_or(type), shape());
  state_->run(tensors, type, result, run);
  return result;
}

void Expression::evaluate_into(std::span<const Tensor> operands, const Tensor& result, const RunOptions& run) const {
  const std::vector<Tensor> tensors = state_->selected(operands);
  if (result.shape() != shape()) {
    fail(ErrorKind::kShape, "E0213", "the result has shape ", to_text(shape()), ", but a tensor of shape ",
         to_text(result.shape()), " was given for it");
  }
  (void)result.mutable_data();
  if (overlaps_itself(result)) {
    fail(ErrorKind::kArgument, "E0406", "different positions of the tensor for the result are one element in memory");
  }
  const DType type = state_->type_over(tensors);
  const DType expected = state_->options.result.value_or(type);
  if (result.dtype() != expected) {
    fail(ErrorKind::kArgument, "E0402", "the result is ", name_of(expected), ", but a tensor of ", name_of(result.dtype()),
         " was given for it");
  }
  state_->run(tensors, type, result, run);
}

}  // namespace einfold
