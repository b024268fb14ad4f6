// SPDX-License-Identifier: MIT
#include "cli/arguments.hpp"

#include "cli/fail.hpp"

#include <algorithm>

namespace einfold::cli {
namespace {

const Option* option_named(std::string_view name) {
  if (name == "-o") name = "--output";
  if (name == "-h") name = "--help";
  const auto options = all_options();
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

[[noreturn]] void unknown_option(std::string_view name) {
  std::vector<std::string> names;
  for (const Option& option : all_options()) names.emplace_back(option.name);
  const bool equation = name.find('>') != std::string_view::npos;
  usage_error("E0802", "unknown option ", printable(name),
              equation ? ": an equation that begins with '-' goes behind '--'" : did_you_mean(name, names));
}

}  // namespace

Arguments Arguments::parse(std::span<const char* const> arguments) {
  Arguments result;
  for (std::size_t i = 0; i < arguments.size();) {
    const std::string_view argument = arguments[i];
    if (argument == "--") {
      result.positional_.insert(result.positional_.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                arguments.end());
      break;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      result.positional_.emplace_back(argument);
      ++i;
      continue;
    }
    try {
      i += result.take(arguments, i);
    } catch (const Error& mistake) {
      if (!result.mistake_) result.mistake_ = mistake;
      ++i;
    }
  }
  return result;
}

/// The option at `at`: `--name`, `--name value`, `--name=value`, `-o value` or `-ovalue`. Returns how many arguments it is.
std::size_t Arguments::take(std::span<const char* const> arguments, std::size_t at) {
  std::string_view argument = arguments[at];
  std::optional<std::string_view> attached;
  if (argument.starts_with("-o") && argument.size() > 2) {
    attached = argument.substr(2);
    argument = argument.substr(0, 2);
  } else if (const std::size_t equals = argument.find('='); equals != std::string_view::npos) {
    attached = argument.substr(equals + 1);
    argument = argument.substr(0, equals);
  }
  const Option* option = option_named(argument);
  if (option == nullptr) unknown_option(arguments[at]);
  const auto repeated = [&](const Given& given) { return given.option == option; };
  if (!option->repeatable && std::any_of(given_.begin(), given_.end(), repeated)) {
    usage_error("E0804", "option ", option->name, " is given twice");
  }
  if (option->value.empty()) {
    if (attached) usage_error("E0803", "option ", option->name, " takes no value, but has ", printable(*attached));
    given_.push_back({option, {}});
    return 1;
  }
  if (attached) {
    given_.push_back({option, std::string(*attached)});
    return 1;
  }
  if (at + 1 == arguments.size() || option_named(arguments[at + 1]) != nullptr) {
    usage_error("E0803", "option ", option->name, " needs a value, ", option->value);
  }
  given_.push_back({option, arguments[at + 1]});
  return 2;
}

const std::string* Arguments::find(std::string_view name) const {
  const auto found = std::find_if(given_.begin(), given_.end(), [&](const Given& g) { return g.option->name == name; });
  return found == given_.end() ? nullptr : &found->value;
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const Given& given : given_) {
    if (given.option->name == name) values.push_back(given.value);
  }
  return values;
}

void Arguments::check(unsigned commands, std::string_view command) const {
  if (mistake_) throw *mistake_;
  for (const Given& given : given_) {
    if ((given.option->commands & commands) == 0) {
      usage_error("E0802", "option ", given.option->name, " does not belong to ", command);
    }
  }
}

}  // namespace einfold::cli
