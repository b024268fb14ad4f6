// SPDX-License-Identifier: MIT
#include "einfold/einsum.hpp"

#include "api/equations.hpp"
#include "network/build.hpp"
#include "notation/parser.hpp"

namespace einfold {

Expression compile(std::string_view equation, const std::vector<EinsumShape>& operands, const EinsumOptions& options) {
  std::vector<OperandSpec> specs;
  for (const EinsumShape& operand : operands) {
    if (const auto* tensor = std::get_if<Tensor>(&operand)) specs.emplace_back(tensor->shape());
    else if (const auto* shape = std::get_if<Shape>(&operand)) specs.emplace_back(*shape);
    else specs.emplace_back(std::get<IndexPattern>(operand));
  }
  const notation::Equation parsed = notation::parse(equation, options.notation);
  Expression expression({build(parsed, specs, {options.sizes, options.pad, options.broadcast})}, {}, {.order = options.order});
  std::map<std::string, Tensor> constants;
  std::size_t position = 0;  // among the operands that are no patterns
  for (const EinsumShape& operand : operands) {
    if (std::holds_alternative<IndexPattern>(operand)) continue;
    if (const auto* tensor = std::get_if<Tensor>(&operand)) constants.emplace(expression.operands()[position].name, *tensor);
    ++position;
  }
  return constants.empty() ? expression : expression.with_constants(constants);
}

Tensor einsum(std::string_view equation, const std::vector<EinsumOperand>& operands, const EinsumOptions& options) {
  std::vector<Tensor> tensors;
  for (const EinsumOperand& operand : operands) {
    if (const auto* tensor = std::get_if<Tensor>(&operand)) tensors.push_back(*tensor);
  }
  return remembered(equation, std::span<const EinsumOperand>(operands), options).evaluate(tensors, options.run);
}

Tensor einsum(std::string_view equation, std::span<const Tensor> operands, const EinsumOptions& options) {
  return remembered(equation, operands, options).evaluate(operands, options.run);
}

Tensor einsum(std::string_view equation, std::initializer_list<Tensor> operands, const EinsumOptions& options) {
  return einsum(equation, std::span<const Tensor>(operands.begin(), operands.size()), options);
}

}  // namespace einfold
