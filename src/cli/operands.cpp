// SPDX-License-Identifier: MIT
#include "cli/operands.hpp"

#include "cli/fail.hpp"
#include "cli/values.hpp"
#include "einfold/io.hpp"

#include <string>
#include <tuple>
#include <vector>

namespace einfold::cli {
namespace {

constexpr std::string_view kPattern = "pattern:";

[[noreturn]] void bad_pattern(std::string_view text, std::string_view why) {
  usage_error("E0809", printable(text), " ", why, ": a pattern is written pattern:I=9,K=3,S=2,P=1,D=1");
}

IndexPattern pattern(std::string_view text) {
  std::vector<std::string> parts;
  for (std::string_view rest = text.substr(kPattern.size());;) {
    const std::size_t comma = rest.find(',');
    parts.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  IndexPattern result;
  bool input = false, kernel = false;
  for (const auto& [name, value] : named_values(parts, text)) {
    if (name == "P" && value.find(':') != std::string::npos) {
      std::tie(result.padding_left, result.padding_right) = sides(value, text);
      continue;
    }
    const std::int64_t number = integer(value, text);
    if (name == "I") result.input = number, input = true;
    else if (name == "K") result.kernel = number, kernel = true;
    else if (name == "S") result.stride = number;
    else if (name == "D") result.dilation = number;
    else if (name == "P") result.padding_left = result.padding_right = number;
    else bad_pattern(text, "has an unknown letter");
  }
  if (!input || !kernel) bad_pattern(text, input ? "lacks K" : "lacks I");
  return result;
}

}  // namespace

EinsumOperand operand(std::string_view text) {
  if (text.starts_with(kPattern)) return pattern(text);
  return load(text);
}

Tensor tensor_operand(std::string_view text) {
  if (text.starts_with(kPattern)) usage_error("E0809", printable(text), ": only einsum takes patterns");
  return load(text);
}

EinsumShape shape_of(const EinsumOperand& operand) {
  if (const auto* tensor = std::get_if<Tensor>(&operand)) return tensor->shape();
  return std::get<IndexPattern>(operand);
}

}  // namespace einfold::cli
