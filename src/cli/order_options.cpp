// SPDX-License-Identifier: MIT
#include "cli/order_options.hpp"

#include "cli/fail.hpp"
#include "cli/text_file.hpp"
#include "cli/values.hpp"

namespace einfold::cli {
namespace {

Minimize minimize_named(std::string_view name) {
  if (name == "flops") return Minimize::kFlops;
  if (name == "size") return Minimize::kSize;
  if (name == "write") return Minimize::kWrite;
  if (name == "combo") return Minimize::kCombo;
  usage_error("E0810", "--minimize: ", printable(name), " is none of flops, size, write and combo");
}

/// A name; or a path, which begins with a bracket; or a file with one.
void set_search(std::string_view text, OrderOptions& order) {
  if (text.starts_with('@')) order.path = read_path(read_text_file(std::string(text.substr(1))));
  else if (text.ends_with(".json")) order.path = read_path(read_text_file(std::string(text)));
  else if (!text.empty() && std::string_view("[({").find(text.front()) != std::string_view::npos) order.path = read_path(text);
  else order.search = std::string(text);
}

}  // namespace

OrderOptions order_options(const Arguments& arguments) {
  OrderOptions order;
  if (const std::string* text = arguments.find("--optimize")) set_search(*text, order);
  if (const std::string* text = arguments.find("--minimize")) order.minimize = minimize_named(*text);
  if (const std::string* text = arguments.find("--max-seconds")) {
    order.max_seconds = real(*text, "--max-seconds");
    if (order.max_seconds < 0) usage_error("E0805", "--max-seconds: ", printable(*text), " is negative");
  }
  if (const std::string* text = arguments.find("--seed")) {
    const std::int64_t seed = integer(*text, "--seed");
    if (seed < 0) usage_error("E0805", "--seed: ", seed, " is negative");
    order.seed = static_cast<std::uint64_t>(seed);
  }
  return order;
}

}  // namespace einfold::cli
