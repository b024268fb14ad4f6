// SPDX-License-Identifier: MIT
#include "api/equations.hpp"

#include "api/caches.hpp"
#include "api/hash.hpp"

#include <algorithm>

namespace einfold {
namespace {

const Shape& shape_of(const Tensor& tensor) { return tensor.shape(); }

void add(Hash& hash, const Tensor& tensor) { hash.add(tensor.shape()); }

void add(Hash& hash, const IndexPattern& p) {
  for (const std::int64_t number : {p.input, p.kernel, p.stride, p.padding_left, p.padding_right, p.dilation}) {
    hash.add(static_cast<std::uint64_t>(number));
  }
}

void add(Hash& hash, const EinsumOperand& operand) {
  std::visit([&](const auto& what) { add(hash, what); }, operand);
}

EinsumShape kept(const Tensor& tensor) { return shape_of(tensor); }

EinsumShape kept(const EinsumOperand& operand) {
  if (const auto* tensor = std::get_if<Tensor>(&operand)) return shape_of(*tensor);
  return std::get<IndexPattern>(operand);
}

bool equal(const EinsumShape& kept, const Tensor& tensor) {
  const auto* shape = std::get_if<Shape>(&kept);
  return shape != nullptr && *shape == tensor.shape();
}

bool equal(const EinsumShape& kept, const EinsumOperand& operand) {
  if (const auto* tensor = std::get_if<Tensor>(&operand)) return equal(kept, *tensor);
  const auto* pattern = std::get_if<IndexPattern>(&kept);
  return pattern != nullptr && *pattern == std::get<IndexPattern>(operand);
}

template <class Operand>
Expression find_or_compile(std::string_view equation, std::span<const Operand> operands, const EinsumOptions& options) {
  Hash hash;
  hash.add(equation);
  hash.add(static_cast<std::uint64_t>(options.notation) * 2 + (options.broadcast ? 1 : 0));
  for (const auto& [name, extent] : options.sizes) {
    hash.add(name);
    hash.add(static_cast<std::uint64_t>(extent));
  }
  for (const Operand& operand : operands) add(hash, operand);
  const auto matches = [&](const std::shared_ptr<const RememberedEquation>& known) {
    return known->equation == equation && known->options.notation == options.notation &&
           known->options.broadcast == options.broadcast && known->options.sizes == options.sizes &&
           known->options.pad == options.pad && known->options.order == options.order &&
           std::equal(known->operands.begin(), known->operands.end(), operands.begin(), operands.end(),
                      [](const EinsumShape& a, const Operand& b) { return equal(a, b); });
  };
  if (const auto known = equation_cache().find(hash.value(), matches)) return (*known)->expression;
  std::vector<EinsumShape> shapes;
  for (const Operand& operand : operands) shapes.push_back(kept(operand));
  Expression expression = compile(equation, shapes, options);
  equation_cache().insert(hash.value(), std::make_shared<const RememberedEquation>(RememberedEquation{
                                            std::string(equation), std::move(shapes), options, expression}));
  return expression;
}

}  // namespace

Expression remembered(std::string_view equation, std::span<const EinsumOperand> operands, const EinsumOptions& options) {
  return find_or_compile(equation, operands, options);
}

Expression remembered(std::string_view equation, std::span<const Tensor> operands, const EinsumOptions& options) {
  return find_or_compile(equation, operands, options);
}

}  // namespace einfold
