// SPDX-License-Identifier: MIT
#include "einfold/conv.hpp"

#include "conv/operations.hpp"

namespace einfold::conv {

Expression operation(std::string_view name, const ConvSpec& spec, const Shapes& shapes) {
  Definition definition = define(name, spec, shapes);
  std::vector<std::string> order;
  for (const OperationInfo& info : operations()) {
    if (info.name != name) continue;
    for (const auto& alternatives : info.operands) order.insert(order.end(), alternatives.begin(), alternatives.end());
    order.insert(order.end(), info.optional_operands.begin(), info.optional_operands.end());
  }
  return Expression(std::move(definition.terms), std::move(order),
                    {.result = definition.result,
                     .real_only = definition.real_only,
                     .fractional = definition.fractional,
                     .subsampling = spec.subsampling});
}

Expression forward(const ConvSpec& spec, const Shape& x, const Shape& weight) {
  return operation("forward", spec, {{"x", x}, {"weight", weight}});
}
Expression forward(const ConvSpec& spec, const Shape& x, const Shape& weight, const Shape& bias) {
  return operation("forward", spec, {{"x", x}, {"weight", weight}, {"bias", bias}});
}
Expression unfold(const ConvSpec& spec, const Shape& x) { return operation("unfold", spec, {{"x", x}}); }
Expression weight_vjp(const ConvSpec& spec, const Shape& x, const Shape& v) {
  return operation("weight-vjp", spec, {{"x", x}, {"v", v}});
}
Expression input_vjp(const ConvSpec& spec, const Shape& weight, const Shape& v) {
  return operation("input-vjp", spec, {{"weight", weight}, {"v", v}});
}
Expression kfc(const ConvSpec& spec, const Shape& x) { return operation("kfc", spec, {{"x", x}}); }
Expression kfac_expand(const ConvSpec& spec, const Shape& x) { return operation("kfac-expand", spec, {{"x", x}}); }
Expression kfac_reduce(const ConvSpec& spec, const Shape& x) { return operation("kfac-reduce", spec, {{"x", x}}); }
Expression ggn_diagonal(const ConvSpec& spec, const Shape& x, const Shape& s) {
  return operation("ggn-diagonal", spec, {{"x", x}, {"s", s}});
}
Expression ggn_gram(const ConvSpec& spec, const Shape& x, const Shape& s) {
  return operation("ggn-gram", spec, {{"x", x}, {"s", s}});
}
Expression per_example_squared_norm(const ConvSpec& spec, const Shape& x, const Shape& v) {
  return operation("per-example-squared-norm", spec, {{"x", x}, {"v", v}});
}

}  // namespace einfold::conv
