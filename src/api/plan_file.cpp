// SPDX-License-Identifier: MIT
#include "einfold/plan_file.hpp"

#include "api/plan_access.hpp"
#include "base/fail.hpp"
#include "einfold/version.hpp"
#include "io/output.hpp"
#include "io/source.hpp"
#include "plan/serialise.hpp"

#include <algorithm>
#include <set>
#include <cstdio>

namespace einfold {
namespace {

using plan::damaged;
using plan::Json;
using plan::JsonValue;

constexpr std::string_view kFormat = "einfold plan";
constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

/// FNV-1a, 64 bits, of the document without white space: against accidents, not against malice.
std::string checksum(const Json& document) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char byte : document.dump()) hash = (hash ^ byte) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

Json json_of(const ExpressionOptions& options) {
  Json object;
  object["result"] = options.result ? Json(name_of(*options.result)) : Json(nullptr);
  object["real_only"] = options.real_only;
  object["fractional"] = options.fractional;
  object["subsampling"] = options.subsampling ? Json(*options.subsampling) : Json(nullptr);
  return object;
}

ExpressionOptions options_of(const JsonValue& value) {
  value.has_only({"result", "real_only", "fractional", "subsampling"});
  ExpressionOptions options;
  if (!value.at("result").is_null()) options.result = dtype_of_name(value.at("result").name());
  options.real_only = value.at("real_only").boolean();
  options.fractional = value.at("fractional").boolean();
  if (!value.at("subsampling").is_null()) options.subsampling = value.at("subsampling").integers(0);
  return options;
}

Json document_of(const PlanContents& contents, const Expression& expression, const RunOptions& run) {
  Json document;
  document["equation"] = expression.equation();
  document["operands"] = Json::array();
  for (const Operand& operand : contents.operands) document["operands"].push_back({{"name", operand.name}, {"shape", operand.shape}});
  document["options"] = json_of(contents.options);
  document["simplify"] = run.simplify;
  document["terms"] = Json::array();
  for (std::size_t t = 0; t < contents.terms.size(); ++t) {
    document["terms"].push_back({{"network", plan::json_of(contents.terms[t])},
                                 {"order", plan::json_of(contents.terms[t], (*contents.orders)[t])}});
  }
  return document;
}

void check_distinct(const std::vector<Operand>& operands) {
  std::set<std::string> names;
  for (const Operand& operand : operands) {
    if (!names.insert(operand.name).second) damaged("it lists an operand twice");
  }
}

Expression expression_of(const JsonValue& document) {
  document.has_only({"equation", "operands", "options", "simplify", "terms"});
  PlanContents contents;
  contents.options = options_of(document.at("options"));
  const bool simplified = document.at("simplify").boolean();
  auto orders = std::make_shared<std::vector<plan::Ordered>>();
  for (const JsonValue& term : document.at("terms").list()) {
    term.has_only({"network", "order"});
    contents.terms.push_back(plan::network_of(term.at("network")));
    if (contents.terms.back().shape() != contents.terms.front().shape()) damaged("its terms have different shapes");
    orders->push_back(plan::ordered_of(term.at("order"), contents.terms.back(), simplified));
  }
  if (contents.terms.empty()) damaged("it has no term");
  contents.orders = std::move(orders);
  for (const JsonValue& operand : document.at("operands").list()) {
    operand.has_only({"name", "shape"});
    contents.operands.push_back({operand.at("name").name(), operand.at("shape").integers(0)});
  }
  const std::vector<Operand> operands = contents.operands;
  check_distinct(operands);
  for (const Network& term : contents.terms) {
    check_distinct(term.operands);
    for (const Operand& operand : term.operands) {
      if (std::find(operands.begin(), operands.end(), operand) == operands.end()) damaged("it does not list all operands");
    }
  }
  Expression expression = PlanAccess::expression(std::move(contents));
  if (expression.operands() != operands) damaged("its operands are not those of its networks");
  if (Json(expression.equation()) != document.at("equation").json()) damaged("its equation is not that of its networks");
  return expression;
}

/// The file's text. What cannot be read again is not written.
std::string checked_text(const Json& document) {
  Json file;
  file["format"] = kFormat;
  file["version"] = kVersion;
  file["einfold"] = version();
  file["checksum"] = checksum(document);
  file["plan"] = document;
  std::string text = file.dump(1) + "\n";
  (void)read_plan(text);
  return text;
}

}  // namespace

std::string plan_text(const Expression& expression, std::span<const DType> types, const RunOptions& run) {
  const PlanContents contents = PlanAccess::contents(expression, types, run);
  try {
    return checked_text(document_of(contents, expression, run));
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kArgument, "E0554", "the plan cannot be stored: a name in it is not valid UTF-8");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kFile) throw;
    fail(ErrorKind::kArgument, "E0554", "the plan cannot be stored: ", error.what());
  }
}

std::string plan_text(const Expression& expression, DType type, const RunOptions& run) {
  return plan_text(expression, std::span(&type, 1), run);
}

Expression read_plan(std::string_view text) {
  const auto no_plan = [](const char* why) { fail(ErrorKind::kFile, "E0550", "this is no plan of einfold: ", why); };
  // the parser takes a zero byte for the end of the text
  const Json file = text.find('\0') == std::string_view::npos ? Json::parse(text.begin(), text.end(), nullptr, false)
                                                              : Json(Json::value_t::discarded);
  if (file.is_discarded()) no_plan("it is not JSON, or cut off");
  if (!file.is_object() || !file.contains("format") || file["format"] != kFormat) no_plan("it does not say that it is one");
  const JsonValue whole(file, "");
  const std::int64_t format_version = whole.at("version").integer();
  if (format_version != kVersion) {
    fail(ErrorKind::kFile, "E0551", "the plan is of version ", format_version, " of the format; this einfold reads version ", kVersion,
         ": make it again");
  }
  whole.has_only({"format", "version", "einfold", "checksum", "plan"});
  const JsonValue document = whole.at("plan");
  if (whole.at("checksum").json() != checksum(document.json())) damaged("its checksum differs");
  try {
    return expression_of(document);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kFile || error.code() == "E0601") throw;
    damaged(error.what());
  } catch (const InternalError& error) {
    damaged(error.what());
  }
}

void save_plan(const std::string& path, const Expression& expression, std::span<const DType> types, const RunOptions& run) {
  const std::string text = plan_text(expression, types, run);
  io::OutputFile file(path);
  file.write(text);
  file.commit();
}

void save_plan(const std::string& path, const Expression& expression, DType type, const RunOptions& run) {
  save_plan(path, expression, std::span(&type, 1), run);
}

Expression load_plan(const std::string& path) {
  const io::InputFile file(path);
  if (file.size() > kMostBytes) fail(ErrorKind::kFile, "E0550", file.name(), " is no plan of einfold: it has more than 1 GiB");
  try {
    return read_plan(file.text_at(0, static_cast<std::size_t>(file.size())));
  } catch (const Error& error) {
    const std::string what = error.what();
    throw Error(error.kind(), error.code(), file.name() + ": " + what.substr(error.code().size() + 2));
  }
}

}  // namespace einfold
