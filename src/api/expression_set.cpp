// SPDX-License-Identifier: MIT
#include "einfold/expression_set.hpp"

#include "api/expression_state.hpp"
#include "api/memory_limit.hpp"
#include "api/share.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace einfold {
namespace {

/// A step of the joint plan; `last`: tensors that no later step reads.
struct Step {
  std::string name;
  int result = -1;
  Expression expression;
  std::vector<std::string> last;
};

bool can_share(DType type) { return type == compute_type(type) && !is_integer(type); }

}  // namespace

struct ExpressionSet::State {
  std::vector<Expression> expressions;
  std::vector<Operand> operands;
  std::vector<Step> steps;  // empty if nothing is shared

  [[nodiscard]] std::vector<Tensor> evaluate_each(const std::map<std::string, Tensor>& given, const RunOptions& run) const;
  [[nodiscard]] std::vector<Tensor> evaluate_shared(const std::map<std::string, Tensor>& given, const RunOptions& run) const;
  /// The least limits that do for these.
  [[nodiscard]] std::int64_t least_bytes_each(const std::map<std::string, Tensor>& given, const RunOptions& run) const;
  [[nodiscard]] std::int64_t least_bytes_shared(const std::map<std::string, Tensor>& given, const RunOptions& run) const;

 private:
  /// f(step, its operands, bytes that intermediates hold while it runs) -> its value.
  template <class F>
  void for_each_step(std::map<std::string, Tensor> known, const F& f) const;
};

namespace {

std::vector<Tensor> tensors_for(const Expression& expression, const std::map<std::string, Tensor>& given) {
  std::vector<Tensor> tensors;
  for (const Operand& operand : expression.operands()) tensors.push_back(given.at(operand.name));
  return tensors;
}

std::vector<Step> steps_of(const std::vector<SharedStep>& shared) {
  std::vector<Step> steps;
  std::set<std::string> made;
  for (const SharedStep& step : shared) {
    steps.push_back({step.name, step.result, Expression(step.terms), {}});
    made.insert(step.name);
  }
  std::set<std::string> read_later;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    for (const Operand& operand : step->expression.operands()) {
      if (made.contains(operand.name) && read_later.insert(operand.name).second) step->last.push_back(operand.name);
    }
  }
  return read_later.empty() ? std::vector<Step>{} : steps;
}

}  // namespace

ExpressionSet::ExpressionSet(std::vector<Expression> expressions) {
  auto state = std::make_shared<State>();
  std::vector<std::vector<Network>> results;
  bool alike = !expressions.empty();
  for (const Expression& expression : expressions) {
    for (const Operand& operand : expression.operands()) {
      const auto known = std::find_if(state->operands.begin(), state->operands.end(),
                                      [&](const Operand& other) { return other.name == operand.name; });
      if (known == state->operands.end()) {
        state->operands.push_back(operand);
      } else if (known->shape != operand.shape) {
        fail(ErrorKind::kShape, "E0206", "operand '", operand.name, "' has shape ", to_text(known->shape),
             " in one expression and ", to_text(operand.shape), " in another");
      }
    }
    const Expression::State& made = *expression.state_;
    alike = alike && !made.constants && !made.options.subsampling;
    results.push_back(expression.networks());
  }
  if (alike) state->steps = steps_of(share(results));
  state->expressions = std::move(expressions);
  state_ = std::move(state);
}

const std::vector<Expression>& ExpressionSet::expressions() const noexcept { return state_->expressions; }
const std::vector<Operand>& ExpressionSet::operands() const noexcept { return state_->operands; }

std::string ExpressionSet::explain() const {
  std::string text;
  if (state_->steps.empty()) {
    for (std::size_t i = 0; i < state_->expressions.size(); ++i) {
      text += "result " + std::to_string(i + 1) + " = " + state_->expressions[i].equation() + "\n";
    }
    return text;
  }
  for (const Step& step : state_->steps) {
    text += step.name + " = " + step.expression.equation() + " of ";
    for (const Operand& operand : step.expression.operands()) text += (text.ends_with(" of ") ? "" : ", ") + operand.name;
    text += "\n";
  }
  return text;
}

std::vector<Tensor> ExpressionSet::State::evaluate_each(const std::map<std::string, Tensor>& given, const RunOptions& run) const {
  std::vector<Tensor> results;
  for (const Expression& expression : expressions) results.push_back(expression.evaluate(tensors_for(expression, given), run));
  return results;
}

std::int64_t ExpressionSet::State::least_bytes_each(const std::map<std::string, Tensor>& given, const RunOptions& run) const {
  std::int64_t least = 0;
  for (const Expression& expression : expressions) {
    const Expression::State& state = *expression.state_;
    const std::vector<Tensor> tensors = state.selected(tensors_for(expression, given));
    least = std::max(least, state.request(tensors, run).least_bytes(*state.plans));
  }
  return least;
}

template <class F>
void ExpressionSet::State::for_each_step(std::map<std::string, Tensor> known, const F& f) const {
  const DType type = known.begin()->second.dtype();
  std::int64_t held_bytes = 0;
  for (const Step& step : steps) {
    if (step.result < 0) held_bytes += bytes_of(element_count(step.expression.shape()), type);
    known.insert_or_assign(step.name, f(step, tensors_for(step.expression, known), held_bytes));
    for (const std::string& name : step.last) {
      const bool is_intermediate = std::ranges::any_of(steps, [&](const Step& s) { return s.name == name && s.result < 0; });
      if (is_intermediate) held_bytes -= bytes_of(known.at(name).size(), type);
      known.erase(name);
    }
  }
}

std::vector<Tensor> ExpressionSet::State::evaluate_shared(const std::map<std::string, Tensor>& given, const RunOptions& run) const {
  std::vector<std::optional<Tensor>> results(expressions.size());
  for_each_step(given, [&](const Step& step, const std::vector<Tensor>& tensors, std::int64_t held_bytes) {
    Tensor value = beside(held_bytes, run.memory_limit_bytes, [&](std::int64_t limit) {
      RunOptions rest = run;
      rest.memory_limit_bytes = limit;
      return step.expression.evaluate(tensors, rest);
    });
    if (step.result >= 0) results[static_cast<std::size_t>(step.result)] = value;
    return value;
  });
  std::vector<Tensor> values;
  for (auto& result : results) values.push_back(*std::move(result));
  return values;
}

std::int64_t ExpressionSet::State::least_bytes_shared(const std::map<std::string, Tensor>& given, const RunOptions& run) const {
  std::int64_t least = 0;
  for_each_step(given, [&](const Step& step, const std::vector<Tensor>& tensors, std::int64_t held_bytes) {
    const Expression::State& state = *step.expression.state_;
    least = std::max(least, held_bytes + state.request(tensors, run).least_bytes(*state.plans));
    const Shape shape = step.expression.shape();
    return without_elements(given.begin()->second.dtype(), shape, row_major_strides(shape));
  });
  return least;
}

std::vector<Tensor> ExpressionSet::evaluate(const std::map<std::string, Tensor>& operands, const RunOptions& run) const {
  std::map<std::string, Tensor> given;
  for (const Operand& operand : state_->operands) {
    const auto tensor = operands.find(operand.name);
    if (tensor == operands.end()) fail(ErrorKind::kShape, "E0205", "operand '", operand.name, "' is missing");
    given.insert(*tensor);
  }
  bool one_type = !state_->steps.empty();
  for (const auto& [name, tensor] : given) {
    one_type = one_type && tensor.dtype() == given.begin()->second.dtype() && can_share(tensor.dtype());
  }
  for (std::size_t i = 0; one_type && i < state_->expressions.size(); ++i) {
    const ExpressionOptions& options = state_->expressions[i].state_->options;
    one_type = options.result.value_or(given.begin()->second.dtype()) == given.begin()->second.dtype() &&
               !(options.real_only && is_complex(given.begin()->second.dtype()));
  }
  try {
    if (one_type) return state_->evaluate_shared(given, run);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kMemory) throw;
  }
  try {
    return state_->evaluate_each(given, run);
  } catch (const LimitRefused&) {
    const std::int64_t least = state_->least_bytes_each(given, run);
    throw LimitRefused(one_type ? std::min(least, state_->least_bytes_shared(given, run)) : least, run.memory_limit_bytes);
  }
}

std::vector<Tensor> evaluate_all(const std::vector<Expression>& expressions, const std::map<std::string, Tensor>& operands,
                                 const RunOptions& run) {
  return ExpressionSet(expressions).evaluate(operands, run);
}

}  // namespace einfold
