// SPDX-License-Identifier: MIT
#include "einfold/einsum.hpp"

#include "api/expression_cache.hpp"
#include "network/build.hpp"
#include "notation/parser.hpp"

namespace einfold {

Expression compile(std::string_view equation, const std::vector<EinsumShape>& operands, const EinsumOptions& options) {
  std::vector<OperandSpec> specs;
  for (const EinsumShape& operand : operands) {
    std::visit([&](const auto& what) { specs.emplace_back(what); }, operand);
  }
  const notation::Equation parsed = notation::parse(equation, options.notation);
  return Expression(build(parsed, specs, {options.sizes, options.pad, options.broadcast}));
}

Tensor einsum(std::string_view equation, const std::vector<EinsumOperand>& operands, const EinsumOptions& options) {
  std::vector<EinsumShape> shapes;
  std::vector<Tensor> tensors;
  for (const EinsumOperand& operand : operands) {
    if (const auto* tensor = std::get_if<Tensor>(&operand)) {
      shapes.emplace_back(tensor->shape());
      tensors.push_back(*tensor);
    } else {
      shapes.emplace_back(std::get<IndexPattern>(operand));
    }
  }
  return cached_expression(equation, shapes, options).evaluate(tensors, options.run);
}

}  // namespace einfold
