// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/order_json.hpp"
#include "cli/order_options.hpp"
#include "cli/requested.hpp"
#include "einfold/order_report.hpp"

namespace einfold::cli {
void run_path(const Call& call) {
  const Requested requested = requested_einsum(call, "path");
  const OrderReport report =
      call.arguments.has("--run")
          ? requested.expression.order(with_random_operands(requested, order_options(call.arguments).seed), call.run)
          : requested.expression.order(planned_types(requested), call.run);
  save_if_asked(call, requested);
  call.out.write(
      call.json
          ? order_json(report).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"
          : to_string(report));
}

}  // namespace einfold::cli
