// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/conv_request.hpp"
#include "cli/einsum_request.hpp"
#include "cli/fail.hpp"
#include "cli/operands.hpp"
#include "cli/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace einfold::cli {
namespace {

/// The type that an operand has which is only known by its shape.
constexpr DType kAssumed = DType::kFloat32;

struct Explained {
  Expression expression;
  std::vector<DType> types;  // of its operands
};

/// --shape values by NAME.
std::map<std::string, Shape> given_shapes(const Call& call) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, value] : named_values(call.arguments.all("--shape"), "--shape")) {
    shapes[name] = shape(value, "--shape");
  }
  return shapes;
}

/// Operands that --shape numbers stand at their places; those on the line fill the others in order.
Explained explain_einsum(const Call& call) {
  if (call.positional.empty()) usage_error("E0806", "explain einsum needs an EQUATION");
  const EinsumOptions options = einsum_options(call);
  std::map<std::int64_t, Shape> by_number;
  for (auto& [name, extents] : given_shapes(call)) {
    const std::int64_t number = integer(name, "--shape");
    if (number < 0) usage_error("E0805", "--shape: operands are numbered from 0, not ", number);
    if (!by_number.emplace(number, std::move(extents)).second) usage_error("E0804", "--shape gives ", number, " twice");
  }
  const std::size_t count = by_number.size() + call.positional.size() - 1;
  if (count == 0) usage_error("E0806", "explain einsum needs OPERANDs, or their shapes: --shape 0=32,3");
  std::vector<EinsumShape> shapes;
  std::vector<DType> types;
  std::size_t next = 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto numbered = by_number.find(static_cast<std::int64_t>(i));
    if (numbered != by_number.end()) {
      shapes.emplace_back(numbered->second);
      types.push_back(kAssumed);
    } else if (next < call.positional.size()) {
      const EinsumOperand given = operand(call.positional[next++]);
      shapes.push_back(shape_of(given));
      if (const auto* tensor = std::get_if<Tensor>(&given)) types.push_back(tensor->dtype());
    } else {
      usage_error("E0806", "operand ", i, " is missing: give a file, or --shape ", i, "=EXTENT,..");
    }
  }
  return {compile(call.positional[0], shapes, options), types};
}

Explained explain_conv(const Call& call) {
  require_positional(call, 1, false, "the name of an OPERATION behind 'explain conv'");
  const std::string& operation = operation_named(call.positional[0]).name;
  const ConvSpec spec = conv_spec(call.arguments);
  conv::Shapes shapes;
  std::map<std::string, DType> types;
  for (auto& [name, extents] : given_shapes(call)) {
    const auto roles = conv_operands();
    if (std::find(roles.begin(), roles.end(), name) == roles.end()) {
      usage_error("E0808", "--shape: ", printable(name), " is no operand",
                  did_you_mean(name, std::vector<std::string>(roles.begin(), roles.end())));
    }
    types[name] = kAssumed;
    shapes[name] = std::move(extents);
  }
  for (const std::string_view role : conv_operands()) {
    const std::string* text = call.arguments.find("--" + std::string(role));
    if (text == nullptr) continue;
    if (shapes.contains(role)) usage_error("E0804", "--", role, " is given as a file and as a shape");
    const Tensor tensor = tensor_operand(*text);
    types[std::string(role)] = tensor.dtype();
    shapes.emplace(role, tensor.shape());
  }
  Explained result{conv::operation(operation, spec, shapes), {}};
  for (const Operand& operand : result.expression.operands()) result.types.push_back(types.at(operand.name));
  return result;
}

void print_json(const Call& call, const Explained& explained, const std::string& text) {
  nlohmann::ordered_json object;
  object["equation"] = explained.expression.equation();
  object["operands"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < explained.types.size(); ++i) {
    const Operand& operand = explained.expression.operands()[i];
    object["operands"].push_back(
        {{"name", operand.name}, {"shape", operand.shape}, {"dtype", name_of(explained.types[i])}});
  }
  object["shape"] = explained.expression.shape();
  object["text"] = text;
  call.out.write(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace

void run_explain(const Call& call) {
  Call inner = call;
  const std::string what = call.positional.empty() ? "" : call.positional.front();
  if (what != "einsum" && what != "conv") {
    usage_error("E0806", "explain takes 'einsum' or 'conv' and its arguments", what.empty() ? "" : ", not " + printable(what));
  }
  inner.positional.erase(inner.positional.begin());
  call.arguments.check(kExplain | (what == "conv" ? kConv : kEinsum), "explain " + what);
  const Explained explained = what == "conv" ? explain_conv(inner) : explain_einsum(inner);
  // Of patterns alone, no operand tells a type: any one does.
  const std::vector<DType> types = explained.types.empty() ? std::vector{DType::kInt64} : explained.types;
  const std::string text = explained.expression.explain(types, call.run);
  if (call.json) {
    print_json(call, explained, text);
  } else {
    call.out.write(text);
  }
}

}  // namespace einfold::cli
