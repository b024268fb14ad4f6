// SPDX-License-Identifier: MIT
//
// Every option of every command, as a table: what parses the line, checks it and prints the help reads it here.
//
// A table of our own and not CLI11: options stand anywhere on the line, also before the command and behind operands,
// `explain` takes the options of the command that follows it, values such as `-1` belong to their option, and any bytes
// pass. With sub-commands of CLI11 each of these needs its own work-around; here they follow from one pass over one table.
#pragma once

#include <span>
#include <string_view>

namespace einfold::cli {

/// The commands as bits of a set.
enum Commands : unsigned {
  kEinsum = 1,
  kConv = 2,
  kRearrange = 4,
  kReduce = 8,
  kRepeat = 16,
  kExplain = 32,
  kPath = 64,
  kBench = 128,
  kEinops = kRearrange | kReduce | kRepeat,
  kOrdered = kEinsum | kConv | kPath,  // explain takes their options
  kEvery = 255,
};

struct Option {
  std::string_view name;    ///< "--size"
  std::string_view value;   ///< what follows, as the help calls it; empty: nothing follows
  std::string_view help;
  unsigned commands = kEvery;
  bool repeatable = false;  ///< each occurrence says another thing
};

[[nodiscard]] std::span<const Option> all_options();

/// The operands of convolutions: options whose value is an OPERAND. Names without "--".
[[nodiscard]] std::span<const std::string_view> conv_operands();

}  // namespace einfold::cli
