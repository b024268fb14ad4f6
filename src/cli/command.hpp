// SPDX-License-Identifier: MIT
//
// The commands as a table: name, place in the help, and the function that runs it.
#pragma once

#include "cli/arguments.hpp"
#include "cli/standard_streams.hpp"
#include "einfold/expression.hpp"
#include "einfold/notation.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::cli {

/// What every command gets: the line, what its global options say, and where to print.
struct Call {
  const Arguments& arguments;
  std::vector<std::string> positional;  ///< behind the command's name
  RunOptions run;
  Notation notation = Notation::kAuto;
  bool json = false;
  StandardOutput& out;
};

void run_einsum(const Call& call);
void run_conv(const Call& call);
void run_rearrange(const Call& call);
void run_reduce(const Call& call);
void run_repeat(const Call& call);
void run_explain(const Call& call);
void run_path(const Call& call);
void run_bench(const Call& call);

struct Command {
  std::string_view name;
  Commands bit;
  std::string_view usage;     ///< behind the name
  std::string_view summary;   ///< one line
  std::string_view text;      ///< paragraphs
  std::string_view examples;  ///< one command per line
  void (*run)(const Call& call);
};

[[nodiscard]] std::span<const Command> all_commands();

/// Throws E0801 with the nearest name.
[[nodiscard]] const Command& command_named(std::string_view name);

/// Throws E0806 unless there are exactly, or with `more` at least, these positional arguments: `what` names them.
void require_positional(const Call& call, std::size_t count, bool more, std::string_view what);

}  // namespace einfold::cli
