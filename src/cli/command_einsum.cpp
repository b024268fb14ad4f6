// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/einsum_request.hpp"
#include "cli/operands.hpp"
#include "cli/result.hpp"

namespace einfold::cli {

void run_einsum(const Call& call) {
  require_positional(call, 2, true, "an EQUATION and its OPERANDs");
  const EinsumOptions options = einsum_options(call);
  check_output_option(call, false);
  std::vector<EinsumOperand> operands;
  for (std::size_t i = 1; i < call.positional.size(); ++i) operands.push_back(operand(call.positional[i]));
  deliver(call, [&] { return einsum(call.positional[0], operands, options); });
}

}  // namespace einfold::cli
