// SPDX-License-Identifier: MIT
#include "cli/bench_report.hpp"
#include "cli/command.hpp"
#include "cli/conv_request.hpp"
#include "cli/fail.hpp"
#include "cli/layer_table.hpp"
#include "cli/random_tensor.hpp"
#include "cli/requested.hpp"
#include "cli/values.hpp"

#include <optional>
#include <sstream>

namespace einfold::cli {
namespace {

constexpr std::int64_t kMostRepeats = 1'000'000;

MeasureOptions measure_options(const Call& call) {
  MeasureOptions options{.run = call.run};
  if (const std::string* text = call.arguments.find("--repeat")) {
    const std::int64_t repeats = integer(*text, "--repeat");
    if (repeats < 1 || repeats > kMostRepeats) usage_error("E0805", "--repeat: ", repeats, " is not between 1 and ", kMostRepeats);
    options.repeats = options.most_repeats = static_cast<int>(repeats);
  }
  return options;
}

/// Times and checks. The check comes last: it needs memory of its own.
Timed timed(std::string what, const Expression& expression, const std::vector<Tensor>& operands, std::optional<double> nominal,
            const MeasureOptions& options) {
  Timed result{.what = std::move(what), .measurement = measure(expression, operands, options)};
  Tensor& value = result.measurement.result;
  result.dtype = value.dtype();
  result.nominal_flops = nominal.value_or(result.measurement.cost.planned_flops);
  result.check = check_sample(expression, operands, value);
  value = Tensor();
  return result;
}

void print(const Call& call, nlohmann::ordered_json object) {
  call.out.write(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

[[noreturn]] void wrong_result() { throw InternalError("bench: a result is not what the reference says"); }

void bench_one(const Call& call, const std::string& kind) {
  if (call.arguments.has("--subsampling")) usage_error("E0802", "option --subsampling does not belong to bench");
  Call inner = call;
  inner.positional.erase(inner.positional.begin());
  const bool convolution = kind == "conv";
  const Requested requested = convolution ? requested_conv(inner) : requested_einsum(inner, "bench einsum");
  const std::vector<Tensor> operands = with_random_operands(requested, 0);
  std::optional<double> nominal;
  if (convolution) {
    conv::Shapes shapes;
    for (const Operand& operand : requested.expression.operands()) shapes[operand.name] = operand.shape;
    nominal = nominal_flops(inner.positional[0], conv_spec(call.arguments), shapes);
  }
  const Timed result = timed(inner.positional[0], requested.expression, operands, nominal, measure_options(call));
  const Ceilings ceilings = measure_ceilings(call.run.threads);
  if (call.json) {
    nlohmann::ordered_json object = to_json(result, ceilings);
    object["ceilings"] = to_json(ceilings);
    print(call, std::move(object));
  } else {
    call.out.write(to_text(ceilings) + to_text(result, ceilings));
  }
  if (!result.check.passed) wrong_result();
}

void bench_layers(const Call& call, const std::string& table) {
  require_positional(call, 0, false, "no argument beside --layers and --operation");
  const std::string* operation = call.arguments.find("--operation");
  if (operation == nullptr) usage_error("E0806", "bench --layers needs --operation NAME");
  const std::string& name = operation_named(*operation).name;
  const DType dtype = assumed_type(call.arguments);
  const std::vector<Layer> layers = read_layers(table);
  const Ceilings ceilings = measure_ceilings(call.run.threads);
  if (!call.json) call.out.write(to_text(ceilings) + table_head());
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  bool passed = true;
  for (const Layer& layer : layers) {
    const conv::Shapes shapes = shapes_for(layer, name);
    const Expression expression = conv::operation(name, layer.spec, shapes);
    std::vector<Tensor> operands;
    for (const Operand& operand : expression.operands()) operands.push_back(random_tensor(dtype, operand.shape, operands.size()));
    const std::string what = name + ", " + layer.network + " " + layer.name;
    const Timed result = timed(what, expression, operands, nominal_flops(name, layer.spec, shapes), measure_options(call));
    passed = passed && result.check.passed;
    if (call.json) {
      nlohmann::ordered_json row = {{"network", layer.network}, {"layer", layer.name}, {"operation", name}};
      row.update(to_json(result, ceilings));
      rows.push_back(std::move(row));
    } else {
      call.out.write(table_line(result, ceilings));
      call.out.flush();
    }
  }
  if (call.json) print(call, {{"ceilings", to_json(ceilings)}, {"rows", std::move(rows)}});
  if (!passed) wrong_result();
}

}  // namespace

void run_bench(const Call& call) {
  if (const std::string* table = call.arguments.find("--layers")) {
    call.arguments.check(kBench, "bench --layers");
    return bench_layers(call, *table);
  }
  const std::string kind = call.positional.empty() ? "" : call.positional.front();
  if (kind != "einsum" && kind != "conv") {
    usage_error("E0806", "bench takes 'einsum' or 'conv' and its arguments, or --layers and --operation",
                kind.empty() ? "" : ", not " + printable(kind));
  }
  call.arguments.check(kBench | (kind == "conv" ? kConv : kEinsum), "bench " + kind);
  bench_one(call, kind);
}

}  // namespace einfold::cli
