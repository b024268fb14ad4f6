// SPDX-License-Identifier: MIT
#include "einfold/expression.hpp"

#include "api/expression_state.hpp"
#include "api/fold.hpp"
#include "api/memory_limit.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "einfold/text.hpp"
#include "exec/bindings.hpp"
#include "network/print.hpp"

#include <algorithm>
#include <set>

namespace einfold {
namespace {

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

std::string names_of(const std::vector<Operand>& operands) {
  std::string names;
  for (const Operand& operand : operands) names += (names.empty() ? "" : ", ") + operand.name;
  return names;
}

}  // namespace

std::vector<DType> types_of(std::span<const Tensor> tensors) {
  std::vector<DType> types;
  for (const Tensor& tensor : tensors) types.push_back(tensor.dtype());
  return types;
}

int threads_of(const RunOptions& run) {
  if (run.executor != nullptr) return std::max(1, run.executor->threads());
  return run.threads > 0 ? run.threads : available_processors();
}

Tensor without_elements(DType type, const Shape& shape, const Strides& strides) {
  alignas(16) static const std::byte nothing[16]{};
  return Tensor::borrow(static_cast<const void*>(nothing), type, shape, strides);
}

Expression::Expression(std::vector<Network> terms, std::vector<std::string> operands, ExpressionOptions options)
    : state_(std::make_shared<State>()) {
  EINFOLD_INVARIANT(!terms.empty());
  state_->operands = state_->bound_operands = collect_operands(terms, operands);
  state_->terms = std::move(terms);
  state_->options = std::move(options);
  state_->plans = plans_of(state_->terms, state_->bound_operands, state_->options.order);
}

Expression Expression::with_constants(const std::map<std::string, Tensor>& constants) const {
  std::map<std::string, Tensor> bound = state_->named_constants;
  for (const auto& [name, tensor] : constants) {
    const auto operand = std::find_if(state_->operands.begin(), state_->operands.end(),
                                      [&](const Operand& known) { return known.name == name; });
    if (operand == state_->operands.end()) {
      fail(ErrorKind::kArgument, "E0207", "there is no operand ", printable(name), " to bind; there are: ", names_of(state_->operands));
    }
    bound.insert_or_assign(name, state_->selected(*operand, tensor));
  }
  const std::vector<Network>& terms = state_->named_constants.empty() ? state_->terms : state_->unfolded;
  std::set<std::string> names;
  for (const auto& [name, tensor] : bound) names.insert(name);
  Folded folded = fold(terms, names);

  Expression result = *this;
  result.state_ = std::make_shared<State>();
  State& state = *result.state_;
  state.options = state_->options;
  state.unfolded = terms;
  for (const Operand& operand : state_->operands) {
    if (!bound.contains(operand.name)) state.operands.push_back(operand);
  }
  std::vector<Tensor> originals;
  std::map<std::string, std::size_t> positions;
  for (const auto& [name, tensor] : bound) {
    positions.emplace(name, originals.size());
    originals.push_back(tensor);
  }
  state.bound_operands = state.operands;
  std::vector<Constants::Recipe> recipes;
  for (const Operand& operand : collect_operands(folded.terms, {})) {
    const auto product = std::find_if(folded.products.begin(), folded.products.end(),
                                      [&](const Product& known) { return known.operand == operand.name; });
    if (product != folded.products.end()) {
      Constants::Recipe recipe{Expression(std::move(product->network)), {}};
      for (const Operand& factor : recipe.expression->operands()) recipe.originals.push_back(positions.at(factor.name));
      recipes.push_back(std::move(recipe));
    } else if (bound.contains(operand.name)) {
      recipes.push_back({std::nullopt, {positions.at(operand.name)}});
    } else {
      continue;
    }
    state.bound_operands.push_back(operand);
  }
  state.terms = std::move(folded.terms);
  state.named_constants = std::move(bound);
  state.constants = std::make_shared<const Constants>(std::move(originals), std::move(recipes));
  state.plans = plans_of(state.terms, state.bound_operands, state.options.order);
  DType type = DType::kBool;
  for (const Tensor& constant : state.constants->originals()) type = promote(type, constant.dtype());
  (void)state.constants->in(compute_type(sum_type(type)));
  return result;
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

Tensor Expression::State::selected(const Operand& operand, Tensor given) const {
  if (is_selected_from(operand)) given = given.take(0, *options.subsampling);
  if (given.shape() != operand.shape) {
    fail(ErrorKind::kShape, "E0206", "operand '", operand.name, "' has shape ", to_text(given.shape()),
         ", but the expression was made for ", to_text(operand.shape));
  }
  if (options.real_only && is_complex(given.dtype())) {
    fail(ErrorKind::kArgument, "E0407", "operand '", operand.name, "' is complex: squares, Grams, norms and factors are for "
         "real operands");
  }
  return given;
}

std::vector<Tensor> Expression::State::selected(std::span<const Tensor> given) const {
  if (given.size() != operands.size()) {
    fail(ErrorKind::kShape, "E0205", "the expression takes ", operands.size(), " operands (", names_of(operands), "), but ",
         given.size(), " were given");
  }
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < operands.size(); ++i) tensors.push_back(selected(operands[i], given[i]));
  return tensors;
}

DType Expression::State::type_over(std::vector<DType> types) const {
  if (constants) {
    for (const Tensor& constant : constants->originals()) types.push_back(constant.dtype());
  }
  return result_type(terms, types, options.fractional);
}

Request Expression::State::request(std::span<const Tensor> given, const RunOptions& run) const {
  const DType type = type_over(types_of(given));
  const DType computed = compute_type(type);
  const Shape result = terms.front().shape();
  Request request{{computed, {}, row_major_strides(result), threads_of(run), run.memory_limit_bytes, run.simplify}};
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Tensor& tensor = given[i];
    const bool converted = tensor.dtype() != computed;
    if (is_selected_from(operands[i])) request.held_bytes += bytes_of(tensor.size(), tensor.dtype());
    if (converted) request.held_bytes += bytes_of(tensor.size(), computed);
    request.key.strides.push_back(converted && !tensor.is_contiguous() ? row_major_strides(tensor.shape()) : tensor.strides());
  }
  if (constants) {
    for (const Tensor& constant : constants->in(computed)) request.key.strides.push_back(constant.strides());
  }
  if (options.result.value_or(type) != computed) request.held_bytes += bytes_of(element_count(result), computed);
  return request;
}

Request Expression::State::request(std::span<const DType> types, const RunOptions& run) const {
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Shape& shape = operands[i].shape;
    tensors.push_back(without_elements(types[types.size() == 1 ? 0 : i], shape, row_major_strides(shape)));
  }
  return request(tensors, run);
}

std::shared_ptr<const Compiled> Request::compiled(Plans& plans) const {
  return beside(held_bytes, key.memory_limit_bytes, [&](std::int64_t rest) {
    PlanKey within = key;
    within.memory_limit_bytes = rest;
    return plans.compiled(within);
  });
}

std::int64_t Expression::workspace_bytes(DType type, const RunOptions& run) const {
  const Request request = state_->request(std::span(&type, 1), run);
  return request.held_bytes + request.compiled(*state_->plans)->workspace_bytes();
}

Expression::State::Bindings Expression::State::bind(std::span<const Tensor> given, DType computed) const {
  Bindings bindings;
  for (const Tensor& tensor : given) {
    bindings.converted = bindings.converted || tensor.dtype() != computed;
    bindings.tensors.push_back(tensor.to(computed));
  }
  if (constants) {
    const std::vector<Tensor>& values = constants->in(computed);
    bindings.tensors.insert(bindings.tensors.end(), values.begin(), values.end());
  }
  for (const Tensor& tensor : bindings.tensors) bindings.addresses.push_back(tensor.data());
  return bindings;
}

void Expression::State::run_and_remember(std::span<const Tensor> given, std::span<const Tensor> tensors, const Tensor& result,
                                         const RunOptions& run) {
  Request request = this->request(tensors, run);
  const DType computed = request.key.type;
  const bool overlaps = std::ranges::any_of(tensors, [&](const Tensor& t) { return t.dtype() == computed && t.overlaps(result); });
  const bool direct = computed == result.dtype() && !overlaps;
  if (direct) request.key.result_strides = result.strides();
  else if (computed == result.dtype()) request.held_bytes += bytes_of(result.size(), computed);
  auto compiled = request.compiled(*plans);
  const Bindings bindings = bind(tensors, computed);
  const Tensor target = direct ? result : Tensor::uninitialised(computed, result.shape());
  PoolExecutor pool(request.key.threads);
  compiled->run(bindings.addresses, target.mutable_data(), run.executor != nullptr ? *run.executor : pool);
  if (!direct) result.assign(target);
  if (!direct || bindings.converted || options.subsampling) return;
  ReadyCall call;
  call.threads = request.key.threads;
  call.compiled = std::move(compiled);
  call.constants.assign(bindings.tensors.begin() + static_cast<std::ptrdiff_t>(tensors.size()), bindings.tensors.end());
  call.like = without_elements(result.dtype(), result.shape(), result.strides());
  ready.insert(given, run, std::move(call));
}

Tensor Expression::evaluate(std::span<const Tensor> operands, const RunOptions& run) const {
  if (const auto ready = state_->ready.find(operands, run)) {
    const Tensor result = ready->like.uninitialised_like(ready->like.dtype());
    einfold::run(*ready, operands, result);
    return result;
  }
  const std::vector<Tensor> tensors = state_->selected(operands);
  const DType type = state_->type_over(types_of(tensors));
  const Tensor result = Tensor::uninitialised(state_->options.result.value_or(type), shape());
  state_->run_and_remember(operands, tensors, result, run);
  return result;
}

void Expression::evaluate_into(std::span<const Tensor> operands, const Tensor& result, const RunOptions& run) const {
  const bool overlapping = std::any_of(operands.begin(), operands.end(), [&](const Tensor& operand) { return operand.overlaps(result); });
  if (const auto ready = overlapping ? nullptr : state_->ready.find(operands, run, result)) {
    einfold::run(*ready, operands, result);
    return;
  }
  const std::vector<Tensor> tensors = state_->selected(operands);
  if (result.shape() != shape()) {
    fail(ErrorKind::kShape, "E0213", "the result has shape ", to_text(shape()), ", but a tensor of shape ",
         to_text(result.shape()), " was given for it");
  }
  (void)result.mutable_data();
  if (overlaps_itself(result)) {
    fail(ErrorKind::kArgument, "E0406", "different positions of the tensor for the result are one element in memory");
  }
  const DType type = state_->type_over(types_of(tensors));
  const DType expected = state_->options.result.value_or(type);
  if (result.dtype() != expected) {
    fail(ErrorKind::kArgument, "E0402", "the result is ", name_of(expected), ", but a tensor of ", name_of(result.dtype()),
         " was given for it");
  }
  state_->run_and_remember(operands, tensors, result, run);
}

}  // namespace einfold
