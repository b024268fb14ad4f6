// SPDX-License-Identifier: MIT
#include "cli/help.hpp"

#include "einfold/conv.hpp"

#include <sstream>

namespace einfold::cli {
namespace {

constexpr std::string_view kOperands = R"(An OPERAND is one of
  a.npy
  a.npz:KEY
  a.safetensors:KEY
  pattern:I=9,K=3[,S=1][,P=0|,P=LEFT:RIGHT][,D=1]   for einsum: the index pattern of a convolution, never stored, with
                                                    axes k o i and entries 1 where i = S o + D k - LEFT, 0 elsewhere
)";

constexpr std::string_view kExitCodes = R"(Exit codes:
  0  done
  2  the command cannot be read: an unknown name, something missing or too much, a number that is none
  3  a file cannot be read, or is not what it claims to be
  4  the equation, shapes or hyper-parameters ask for the impossible
  5  more memory than there is, or than --memory-limit allows
  6  the result cannot be written
  1  a bug in einfold
)";

std::string indented(std::string_view lines) {
  std::string text = "  ";
  for (const char c : lines) text += c == '\n' ? "\n  " : std::string(1, c);
  return text + "\n";
}

/// The options that exactly the commands in `of` understand, one per line.
std::string options(bool global, unsigned of) {
  std::ostringstream out;
  for (const Option& option : all_options()) {
    if ((option.commands == kEvery) != global || (option.commands & of) == 0) continue;
    std::string left = "  " + std::string(option.name);
    if (!option.value.empty()) left += " " + std::string(option.value);
    constexpr std::size_t column = 28;
    out << left << (left.size() + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - left.size(), ' '))
        << option.help << "\n";
  }
  return out.str();
}

std::string operations() {
  std::ostringstream out;
  out << "Operations, and the operands of each:\n";
  for (const conv::OperationInfo& info : conv::operations()) {
    std::string line = "  " + info.name + std::string(info.name.size() < 32 ? 32 - info.name.size() : 1, ' ');
    for (const auto& alternatives : info.operands) {
      std::string names;
      for (const std::string& role : alternatives) names += (names.empty() ? "--" : "|--") + role;
      line += names + " ";
    }
    for (const std::string& role : info.optional_operands) line += "[--" + role + "] ";
    while (line.back() == ' ') line.pop_back();
    out << line << "\n";
  }
  return out.str();
}

}  // namespace

std::string help() {
  std::ostringstream out;
  out << "einfold: einsum with affine axes; convolutions, and everything derived from them\n\nUsage:\n";
  for (const Command& command : all_commands()) out << "  einfold " << command.name << " " << command.usage << "\n";
  out << "\nCommands:\n";
  for (const Command& command : all_commands()) {
    out << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary << "\n";
  }
  out << "\n'einfold COMMAND --help' tells more about each. Options may stand anywhere; '--' ends them, for an equation that\n"
         "begins with '-'.\n\n"
      << kOperands << "\nOptions of every command:\n"
      << options(true, kEvery) << "\nExamples:\n";
  for (const Command& command : all_commands()) {
    out << "  " << command.examples.substr(0, command.examples.find('\n')) << "\n";
  }
  out << "\n" << kExitCodes;
  return out.str();
}

std::string help(const Command& command) {
  const unsigned of = command.bit == kExplain || command.bit == kBench ? command.bit | kEinsum | kConv : unsigned{command.bit};
  std::ostringstream out;
  out << "einfold " << command.name << ": " << command.summary << "\n\nUsage:\n  einfold " << command.name << " "
      << command.usage << "\n\n"
      << command.text << "\n\n"
      << kOperands << "\n";
  if (command.bit == kConv) out << operations() << "\n";
  out << "Options:\n" << options(false, of) << "\nOptions of every command:\n" << options(true, of) << "\nExamples:\n"
      << indented(command.examples) << "\n"
      << kExitCodes;
  return out.str();
}

}  // namespace einfold::cli
