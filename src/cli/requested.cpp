// SPDX-License-Identifier: MIT
#include "cli/requested.hpp"

#include "cli/conv_request.hpp"
#include "cli/einsum_request.hpp"
#include "cli/fail.hpp"
#include "cli/operands.hpp"
#include "cli/order_options.hpp"
#include "cli/random_tensor.hpp"
#include "cli/text_file.hpp"
#include "cli/values.hpp"
#include "einfold/plan_file.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace einfold::cli {
namespace {

/// --shape values by NAME.
std::map<std::string, Shape> given_shapes(const Call& call) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, value] : named_values(call.arguments.all("--shape"), "--shape")) {
    shapes[name] = shape(value, "--shape");
  }
  return shapes;
}

std::map<std::size_t, EinsumShape> numbered_shapes(const Call& call) {
  std::map<std::size_t, EinsumShape> by_number;
  for (auto& [name, extents] : given_shapes(call)) {
    const std::int64_t number = integer(name, "--shape");
    if (number < 0) usage_error("E0805", "--shape: operands are numbered from 0, not ", number);
    constexpr std::int64_t kMostOperands = 10'000'000;
    if (number > kMostOperands) usage_error("E0805", "--shape: no equation has an operand ", number);
    if (!by_number.emplace(static_cast<std::size_t>(number), std::move(extents)).second) {
      usage_error("E0804", "--shape gives ", number, " twice");
    }
  }
  return by_number;
}

}  // namespace

DType assumed_type(const Arguments& arguments) {
  static constexpr std::array kTypes = {DType::kBool,     DType::kInt32,   DType::kInt64,   DType::kFloat16,  DType::kBFloat16,
                                        DType::kFloat32,  DType::kFloat64, DType::kComplex64, DType::kComplex128};
  const std::string* name = arguments.find("--dtype");
  if (name == nullptr) return DType::kFloat32;
  std::string known;
  for (const DType type : kTypes) {
    if (name_of(type) == *name) return type;
    known += (known.empty() ? "" : ", ") + std::string(name_of(type));
  }
  usage_error("E0810", "--dtype: ", printable(*name), " is none of ", known);
}

Requested requested_einsum(const Call& call, std::string_view command) {
  if (call.positional.empty()) usage_error("E0806", command, " needs an EQUATION");
  const std::string equation = equation_text(call.positional[0]);
  const EinsumOptions options = einsum_options(call);
  const DType assumed = assumed_type(call.arguments);
  std::map<std::size_t, EinsumShape> known = numbered_shapes(call);
  const bool sizes_given = !options.sizes.empty();
  if (known.empty() && call.positional.size() == 1 && !sizes_given) {
    usage_error("E0806", command, " needs OPERANDs, or their shapes: --shape 0=32,3, or extents: --size i=32");
  }
  std::map<std::size_t, Tensor> tensors;
  std::size_t next = 0;
  for (std::size_t i = 1; i < call.positional.size(); ++i, ++next) {
    while (known.contains(next)) ++next;
    const EinsumOperand given = operand(call.positional[i]);
    known.emplace(next, shape_of(given));
    if (const auto* tensor = std::get_if<Tensor>(&given)) tensors.emplace(next, *tensor);
  }
  for (std::size_t i = 0; !sizes_given && i < known.size(); ++i) {
    if (!known.contains(i)) usage_error("E0806", "operand ", i, " is missing: give a file, --shape ", i, "=EXTENT,.., or --size");
  }
  std::vector<EinsumShape> shapes;
  if (sizes_given) {
    shapes = complete_shapes(equation, known, options);
  } else {
    for (auto& [number, shape] : known) shapes.push_back(std::move(shape));
  }
  Requested result{compile(equation, shapes, options), {}, {}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (std::holds_alternative<IndexPattern>(shapes[i])) continue;
    const auto tensor = tensors.find(i);
    result.tensors.push_back(tensor == tensors.end() ? std::nullopt : std::optional(tensor->second));
    result.types.push_back(tensor == tensors.end() ? assumed : tensor->second.dtype());
  }
  return result;
}

Requested requested_conv(const Call& call) {
  require_positional(call, 1, false, "the name of an OPERATION behind 'explain conv'");
  const std::string& operation = operation_named(call.positional[0]).name;
  const ConvSpec spec = conv_spec(call.arguments);
  const DType assumed = assumed_type(call.arguments);
  conv::Shapes shapes;
  std::map<std::string, DType> types;
  std::map<std::string, Tensor> tensors;
  for (auto& [name, extents] : given_shapes(call)) {
    const auto roles = conv_operands();
    if (std::find(roles.begin(), roles.end(), name) == roles.end()) {
      usage_error("E0808", "--shape: ", printable(name), " is no operand",
                  did_you_mean(name, std::vector<std::string>(roles.begin(), roles.end())));
    }
    types[name] = assumed;
    shapes[name] = std::move(extents);
  }
  for (const std::string_view role : conv_operands()) {
    const std::string* text = call.arguments.find("--" + std::string(role));
    if (text == nullptr) continue;
    if (shapes.contains(role)) usage_error("E0804", "--", role, " is given as a file and as a shape");
    const Tensor tensor = tensor_operand(*text);
    types[std::string(role)] = tensor.dtype();
    shapes.emplace(role, tensor.shape());
    tensors.emplace(role, tensor);
  }
  Requested result{conv::operation(operation, spec, shapes).ordered(order_options(call.arguments)), {}, {}};
  for (const Operand& operand : result.expression.operands()) {
    const auto tensor = tensors.find(operand.name);
    result.tensors.push_back(tensor == tensors.end() ? std::nullopt : std::optional(tensor->second));
    result.types.push_back(types.at(operand.name));
  }
  return result;
}

std::vector<Tensor> with_random_operands(const Requested& requested, std::uint64_t seed) {
  std::vector<Tensor> operands;
  for (std::size_t i = 0; i < requested.types.size(); ++i) {
    operands.push_back(requested.tensors[i] ? *requested.tensors[i]
                                            : random_tensor(requested.types[i], requested.expression.operands()[i].shape, seed + i));
  }
  return operands;
}

std::vector<DType> planned_types(const Requested& requested) {
  return requested.types.empty() ? std::vector{DType::kInt64} : requested.types;
}

void save_if_asked(const Call& call, const Requested& requested) {
  const std::string* path = call.arguments.find("--save");
  if (path == nullptr) return;
  save_plan(*path, requested.expression, planned_types(requested), call.run);
  narrate("wrote " + printable(*path) + ": the plan");
}

}  // namespace einfold::cli
