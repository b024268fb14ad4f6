// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/einsum_request.hpp"
#include "cli/fail.hpp"
#include "cli/operands.hpp"
#include "cli/result.hpp"
#include "cli/text_file.hpp"
#include "einfold/plan_file.hpp"

namespace einfold::cli {
namespace {

/// OPERAND.. --plan FILE: the plan has the equation.
void run_plan(const Call& call, const std::string& path) {
  for (const char* option : {"--size", "--pad", "--notation", "--optimize", "--minimize", "--max-seconds", "--seed"}) {
    if (call.arguments.has(option)) usage_error("E0802", "option ", option, " does not go with --plan: the plan says it");
  }
  check_output_option(call, false);
  const Expression expression = load_plan(path);
  const std::size_t needed = expression.operands().size();
  if (call.positional.size() != needed) {
    std::string names;
    for (const Operand& operand : expression.operands()) names += (names.empty() ? "" : ", ") + operand.name;
    usage_error("E0806", "the plan takes ", needed, " OPERANDs (", names, ") and no EQUATION, but there are ", call.positional.size(),
                " arguments");
  }
  std::vector<Tensor> operands;
  for (const std::string& text : call.positional) operands.push_back(tensor_operand(text));
  deliver(call, [&] { return expression.evaluate(operands, call.run); });
}

}  // namespace

void run_einsum(const Call& call) {
  if (const std::string* plan = call.arguments.find("--plan")) return run_plan(call, *plan);
  require_positional(call, 2, true, "an EQUATION and its OPERANDs");
  const EinsumOptions options = einsum_options(call);
  check_output_option(call, false);
  const std::string equation = equation_text(call.positional[0]);
  std::vector<EinsumOperand> operands;
  for (std::size_t i = 1; i < call.positional.size(); ++i) operands.push_back(operand(call.positional[i]));
  deliver(call, [&] { return einsum(equation, operands, options); });
}

}  // namespace einfold::cli
