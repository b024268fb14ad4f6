// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/conv_request.hpp"
#include "cli/operands.hpp"
#include "cli/order_options.hpp"
#include "cli/result.hpp"

#include <map>

namespace einfold::cli {

void run_conv(const Call& call) {
  require_positional(call, 1, false, "the name of an OPERATION; operands are options, such as --x");
  const std::string& operation = operation_named(call.positional[0]).name;
  const ConvSpec spec = conv_spec(call.arguments);
  const OrderOptions order = order_options(call.arguments);
  check_output_option(call, true);
  std::map<std::string, Tensor> tensors;
  conv::Shapes shapes;
  for (const std::string_view role : conv_operands()) {
    if (const std::string* text = call.arguments.find("--" + std::string(role))) {
      const auto at = tensors.emplace(role, tensor_operand(*text)).first;
      shapes.emplace(role, at->second.shape());
    }
  }
  deliver(call, [&] {
    const Expression expression = conv::operation(operation, spec, shapes).ordered(order);
    std::vector<Tensor> operands;
    for (const Operand& operand : expression.operands()) operands.push_back(tensors.at(operand.name));
    return expression.evaluate(operands, call.run);
  });
}

}  // namespace einfold::cli
