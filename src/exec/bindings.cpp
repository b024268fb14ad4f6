// SPDX-License-Identifier: MIT
#include "exec/bindings.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"

#include <vector>

namespace einfold {

void check_bindings(const Network& network, std::span<const Tensor> operands) {
  if (operands.size() != network.operands.size()) {
    fail(ErrorKind::kShape, "E0205", "the network has ", network.operands.size(), " operands, but ",
         operands.size(), " were given");
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Operand& expected = network.operands[i];
    if (operands[i].shape() != expected.shape) {
      fail(ErrorKind::kShape, "E0206", "operand '", expected.name, "' has shape ", to_text(operands[i].shape()),
           ", but the network was made for ", to_text(expected.shape));
    }
  }
}

DType result_type(const Network& network, std::span<const Tensor> operands) {
  std::vector<bool> used(operands.size(), false);
  for (const Dense& node : network.dense) used[static_cast<std::size_t>(node.operand)] = true;
  DType type = DType::kBool;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (used[i]) type = promote(type, operands[i].dtype());
  }
  type = sum_type(type);
  const bool fractional = !network.scale.is_integer();
  return is_integer(type) && fractional ? DType::kFloat64 : type;
}

}  // namespace einfold
