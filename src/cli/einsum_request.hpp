// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command.hpp"
#include "cli/order_options.hpp"
#include "cli/values.hpp"
#include "einfold/einsum.hpp"

namespace einfold::cli {

/// --size, --pad, the options of the order and the global ones.
[[nodiscard]] inline EinsumOptions einsum_options(const Call& call) {
  EinsumOptions options;
  options.sizes = sizes(call.arguments.all("--size"));
  options.pad = pads(call.arguments.all("--pad"));
  options.notation = call.notation;
  options.order = order_options(call.arguments);
  options.run = call.run;
  return options;
}

}  // namespace einfold::cli
