// SPDX-License-Identifier: MIT
//
// The command line taken apart: positional arguments, and options with their values. Any bytes are fine.
#pragma once

#include "cli/options.hpp"
#include "einfold/error.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::cli {

class Arguments {
 public:
  /// Never throws for what the user wrote: the first mistake is kept, so that --help works beside it.
  [[nodiscard]] static Arguments parse(std::span<const char* const> arguments);

  [[nodiscard]] const std::vector<std::string>& positional() const noexcept { return positional_; }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  /// The value of a single-valued option, or null.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;

  /// Throws the mistake found while parsing: E0802 (unknown option), E0803 (a value missing or superfluous), E0804
  /// (given twice); then E0802 for an option that belongs to none of `commands`.
  void check(unsigned commands, std::string_view command) const;

 private:
  struct Given {
    const Option* option;
    std::string value;
  };

  std::size_t take(std::span<const char* const> arguments, std::size_t at);

  std::vector<std::string> positional_;
  std::vector<Given> given_;
  std::optional<Error> mistake_;
};

}  // namespace einfold::cli
