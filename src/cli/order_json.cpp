// SPDX-License-Identifier: MIT
#include "cli/order_json.hpp"

#include <cmath>

namespace einfold::cli {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const OrderStep& step, double log2_element) {
  Json object;
  object["tensors"] = step.tensors;
  object["equation"] = step.equation;
  object["patterns"] = step.patterns;
  object["scaling"] = step.scaling;
  object["log10_points"] = step.log10_points;
  object["log2_size"] = step.log2_size;
  object["log2_bytes"] = step.log2_size + log2_element;
  object["equal_to"] = step.equal_to < 0 ? Json(nullptr) : Json(step.equal_to);
  object["blocks"] = step.blocks;
  object["kernel"] = step.kernel.empty() ? Json(nullptr) : Json(step.kernel);
  object["predicted_seconds"] = step.kernel.empty() ? Json(nullptr) : Json(step.predicted_seconds);
  object["seconds"] = or_null(step.seconds);
  return object;
}

}  // namespace

Json steps_json(const OrderReport& report) {
  const double log2_element = std::log2(static_cast<double>(size_bytes(report.dtype)));
  Json steps = Json::array();
  for (const OrderStep& step : report.steps) steps.push_back(json_of(step, log2_element));
  return steps;
}

Json order_json(const OrderReport& report) {
  Json object;
  object["path"] = report.path.steps;
  object["ssa_path"] = report.ssa_path.steps;
  object["log10_flops"] = report.log10_flops;
  object["log2_size"] = report.log2_size;
  object["seconds"] = report.search_seconds;
  object["equation"] = report.equation;
  object["dtype"] = name_of(report.dtype);
  object["tensors"] = report.tensors;
  object["naive_scaling"] = report.naive_scaling;
  object["scaling"] = report.scaling;
  object["log10_naive_flops"] = report.log10_naive_flops;
  object["log10_speedup"] = report.log10_naive_flops - report.log10_flops;
  object["log10_points"] = report.log10_points;
  object["log10_write"] = report.log10_write;
  object["operand_bytes"] = report.operand_bytes;
  object["result_bytes"] = report.result_bytes;
  object["log2_peak_bytes"] = report.log2_peak_bytes;
  object["workspace_bytes"] = or_null(report.workspace_bytes);
  object["predicted_seconds"] = report.workspace_bytes ? Json(report.predicted_seconds) : Json(nullptr);
  object["run_seconds"] = or_null(report.seconds);
  object["loops"] = Json::array();
  for (const OrderLoop& loop : report.loops) {
    object["loops"].push_back({{"index", loop.index}, {"block", loop.block}, {"step", loop.step}});
  }
  object["steps"] = steps_json(report);
  return object;
}

}  // namespace einfold::cli
