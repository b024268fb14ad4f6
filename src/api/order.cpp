// SPDX-License-Identifier: MIT
#include "einfold/order.hpp"

#include "api/pipeline_options.hpp"
#include "base/fail.hpp"
#include "einfold/text.hpp"
#include "pathfind/path_text.hpp"

#include <nlohmann/json.hpp>

namespace einfold {
namespace {

constexpr const char* kUnreadable = "E0832";

/// The steps under a key of a JSON object: [[0, 1], [0, 1]].
std::vector<std::vector<int>> steps_of(const nlohmann::json& value) {
  std::vector<std::vector<int>> steps;
  const auto is_number = [](const nlohmann::json& n) { return n.is_number_unsigned() && n.get<std::uint64_t>() <= INT32_MAX; };
  const auto is_step = [&](const nlohmann::json& step) {
    return step.is_array() && !step.empty() && std::all_of(step.begin(), step.end(), is_number);
  };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_step)) {
    fail(ErrorKind::kUsage, kUnreadable, "a path in JSON is a list of lists of numbers: [[0, 1], [0, 1]]");
  }
  for (const nlohmann::json& step : value) steps.push_back(step.get<std::vector<int>>());
  return steps;
}

ContractionPath path_of_object(std::string_view text) {
  const nlohmann::json object = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (object.is_discarded()) fail(ErrorKind::kUsage, kUnreadable, "the path begins like a JSON object, but is none");
  if (object.contains("path")) return {steps_of(object["path"]), ContractionPath::Form::kLinear};
  if (object.contains("ssa_path")) return {steps_of(object["ssa_path"]), ContractionPath::Form::kSsa};
  fail(ErrorKind::kUsage, kUnreadable, "the JSON object has neither of the keys 'path' and 'ssa_path'");
}

pathfind::Minimize minimize_of(Minimize minimize) {
  switch (minimize) {
    case Minimize::kFlops: return pathfind::Minimize::kFlops;
    case Minimize::kSize: return pathfind::Minimize::kSize;
    case Minimize::kWrite: return pathfind::Minimize::kWrite;
    case Minimize::kCombo: return pathfind::Minimize::kCombo;
  }
  return pathfind::Minimize::kFlops;
}

}  // namespace

ContractionPath read_path(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') return path_of_object(text);
  return {pathfind::parse_path(text)};
}

std::string to_string(const ContractionPath& path) { return pathfind::print(path.steps); }

std::vector<std::string> order_searches() {
  std::vector<std::string> names;
  for (const std::string_view name : pathfind::method_names()) names.emplace_back(name);
  return names;
}

plan::PipelineOptions pipeline_options(const OrderOptions& order, bool simplify, int threads) {
  const auto method = pathfind::method_named(order.search);
  if (!method) {
    const std::vector<std::string> names = order_searches();
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    fail(ErrorKind::kUsage, "E0831", "unknown search for the order ", printable(order.search), did_you_mean(order.search, names),
         ": it is one of ", list, "; or a path, as in [(0, 1), (0, 1)]");
  }
  plan::PipelineOptions options;
  options.simplify = simplify;
  options.path = order.path;
  options.search.method = *method;
  options.search.seed = order.seed;
  options.search.max_seconds = order.max_seconds;
  options.search.threads = threads;
  if (order.minimize) options.search.minimize = minimize_of(*order.minimize);
  return options;
}

}  // namespace einfold
