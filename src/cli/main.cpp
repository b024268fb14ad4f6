// SPDX-License-Identifier: MIT
//
// The command line program: reads the line, runs the command, and turns whatever happens into an exit code.
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/fail.hpp"
#include "cli/help.hpp"
#include "cli/standard_streams.hpp"
#include "cli/values.hpp"
#include "einfold/version.hpp"

#include <exception>
#include <new>
#include <optional>

namespace einfold::cli {
namespace {

constexpr std::int64_t kMostThreads = 1024;

Notation notation_of(const Arguments& arguments) {
  const std::string* name = arguments.find("--notation");
  if (name == nullptr || *name == "auto") return Notation::kAuto;
  if (*name == "compact") return Notation::kCompact;
  if (*name == "named") return Notation::kNamed;
  usage_error("E0810", "--notation: ", printable(*name), " is none of auto, compact and named");
}

RunOptions run_options(const Arguments& arguments) {
  RunOptions run;
  if (const std::string* text = arguments.find("--threads")) {
    const std::int64_t threads = integer(*text, "--threads");
    if (threads < 1 || threads > kMostThreads) {
      usage_error("E0805", "--threads: ", threads, " is not between 1 and ", kMostThreads);
    }
    run.threads = static_cast<int>(threads);
  }
  if (const std::string* text = arguments.find("--memory-limit")) {
    run.memory_limit_bytes = memory_size(*text, "--memory-limit");
  }
  return run;
}

void run(const Arguments& arguments, StandardOutput& out) {
  const std::vector<std::string>& positional = arguments.positional();
  if (arguments.has("--help")) {
    return out.write(positional.empty() ? help() : help(command_named(positional.front())));
  }
  if (arguments.has("--version")) {
    return out.write(arguments.has("--json") ? "{\"version\":\"" + std::string(version()) + "\"}\n"
                                             : "einfold " + std::string(version()) + "\n");
  }
  if (positional.empty()) {
    arguments.check(kEvery, "einfold");
    usage_error("E0801", "needs a command: einsum, conv, rearrange, reduce, repeat, explain, path or bench");
  }
  const Command& command = command_named(positional.front());
  // explain and bench check by themselves: they take the options of another command too.
  arguments.check(command.bit == kExplain || command.bit == kBench ? unsigned{kEvery} : unsigned{command.bit}, command.name);
  command.run({.arguments = arguments,
               .positional = {positional.begin() + 1, positional.end()},
               .run = run_options(arguments),
               .notation = notation_of(arguments),
               .json = arguments.has("--json"),
               .out = out});
}

/// "Try 'einfold conv --help'."
std::string advice(const Arguments& arguments) {
  std::string command;
  for (const Command& known : all_commands()) {
    if (!arguments.positional().empty() && arguments.positional().front() == known.name) {
      command = std::string(known.name) + " ";
    }
  }
  return "\nTry 'einfold " + command + "--help'.";
}

int bug(std::string_view what) {
  narrate("internal error: " + std::string(what) +
          "\nThis is a bug in einfold, not your mistake. Please report it with the command that led here.");
  return kBug;
}

int guarded(std::span<const char* const> line) {
  std::optional<Arguments> arguments;
  try {
    arguments = Arguments::parse(line);
    StandardOutput out;
    run(*arguments, out);
    out.flush();
    return kOk;
  } catch (const BrokenPipe&) {
    return kOutput;
  } catch (const Error& error) {
    const ExitCode code = exit_code(error);
    narrate(error.what() + (code == kUsage && arguments ? advice(*arguments) : std::string()));
    return code;
  } catch (const std::bad_alloc&) {
    narrate("E0601: memory ran out");
    return kMemory;
  } catch (const std::exception& error) {
    return bug(error.what());
  } catch (...) {
    return bug("an unknown exception");
  }
}

}  // namespace
}  // namespace einfold::cli

int main(int count, char** arguments) {
  einfold::cli::secure_standard_streams();
  const std::vector<const char*> line(arguments + (count > 0 ? 1 : 0), arguments + count);
  return einfold::cli::guarded(line);
}
