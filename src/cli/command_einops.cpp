// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/fail.hpp"
#include "cli/operands.hpp"
#include "cli/result.hpp"
#include "cli/values.hpp"
#include "einfold/einsum.hpp"

#include <algorithm>
#include <array>

namespace einfold::cli {
namespace {

struct NamedReduction {
  std::string_view name;
  Reduction reduction;
};

constexpr std::array<NamedReduction, 5> kReductions = {{{"sum", Reduction::kSum},
                                                        {"mean", Reduction::kMean},
                                                        {"max", Reduction::kMax},
                                                        {"min", Reduction::kMin},
                                                        {"prod", Reduction::kProduct}}};

Reduction reduction_of(const Call& call) {
  const std::string* name = call.arguments.find("--op");
  if (name == nullptr) return Reduction::kSum;
  for (const NamedReduction& known : kReductions) {
    if (known.name == *name) return known.reduction;
  }
  usage_error("E0810", "--op: ", printable(*name), " is none of sum, mean, max, min and prod");
}

/// `function` of pattern, tensor and sizes.
template <class Function>
void run(const Call& call, const Function& function) {
  require_positional(call, 2, false, "a PATTERN and an OPERAND");
  const Sizes given = sizes(call.arguments.all("--size"));
  check_output_option(call, false);
  const Tensor tensor = tensor_operand(call.positional[1]);
  deliver(call, [&] { return function(call.positional[0], tensor, given, call.run); });
}

}  // namespace

void run_rearrange(const Call& call) { run(call, rearrange); }
void run_repeat(const Call& call) { run(call, repeat); }

void run_reduce(const Call& call) {
  const Reduction reduction = reduction_of(call);
  run(call, [&](std::string_view pattern, const Tensor& tensor, const Sizes& given, const RunOptions& options) {
    return reduce(pattern, tensor, reduction, given, options);
  });
}

}  // namespace einfold::cli
