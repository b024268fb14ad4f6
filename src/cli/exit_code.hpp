// SPDX-License-Identifier: MIT
//
// What the program's exit codes mean. They are a promise to scripts.
#pragma once

#include "einfold/error.hpp"

namespace einfold::cli {

enum ExitCode : int {
  kOk = 0,
  kBug = 1,       ///< our own mistake
  kUsage = 2,     ///< not a command that can be read
  kBadFile = 3,
  kImpossible = 4,  ///< a bad equation, shapes or hyper-parameters
  kMemory = 5,    ///< more memory than there is
  kOutput = 6,    ///< the result cannot be written
};

[[nodiscard]] inline ExitCode exit_code(const Error& error) {
  // The number of operands belongs to the command, even if only the equation tells how many there must be.
  if (error.code() == "E0220") return kUsage;
  switch (error.kind()) {
    case ErrorKind::kUsage: return kUsage;
    case ErrorKind::kEquation:
    case ErrorKind::kShape:
    case ErrorKind::kArgument: return kImpossible;
    case ErrorKind::kFile: return kBadFile;
    case ErrorKind::kMemory: return kMemory;
    case ErrorKind::kOutput: return kOutput;
  }
  return kBug;
}

}  // namespace einfold::cli
