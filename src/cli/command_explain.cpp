// SPDX-License-Identifier: MIT
#include "cli/command.hpp"
#include "cli/fail.hpp"
#include "cli/order_json.hpp"
#include "cli/order_options.hpp"
#include "cli/requested.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace einfold::cli {
namespace {

/// The steps of an expression that is a sum of networks are in the text only.
void print_json(const Call& call, const Requested& requested, const std::string& text,
                const std::optional<OrderReport>& order) {
  nlohmann::ordered_json object;
  object["equation"] = requested.expression.equation();
  object["operands"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < requested.types.size(); ++i) {
    const Operand& operand = requested.expression.operands()[i];
    object["operands"].push_back(
        {{"name", operand.name}, {"shape", operand.shape}, {"dtype", name_of(requested.types[i])}});
  }
  object["shape"] = requested.expression.shape();
  object["steps"] = order ? steps_json(*order) : nlohmann::ordered_json(nullptr);
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
  const Requested requested =
      what == "conv" ? requested_conv(inner) : requested_einsum(inner, "explain einsum");
  const Expression& expression = requested.expression;
  std::string text;
  std::optional<OrderReport> order;
  if (call.arguments.has("--run")) {
    const std::vector<Tensor> operands = with_random_operands(requested, order_options(call.arguments).seed);
    Explanation explanation = expression.explain_and_order(operands, call.run);
    text = std::move(explanation.text);
    order = std::move(explanation.order);
  } else {
    text = expression.explain(planned_types(requested), call.run);
    if (call.json && expression.networks().size() == 1) order = expression.order(planned_types(requested), call.run);
  }
  save_if_asked(call, requested);
  if (call.json) {
    print_json(call, requested, text, order);
  } else {
    call.out.write(text);
  }
}

}  // namespace einfold::cli
