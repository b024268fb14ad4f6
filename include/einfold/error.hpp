// SPDX-License-Identifier: MIT
//
// Errors. The user's mistakes are `Error` with a stable code; our own broken promises are `InternalError`.
#pragma once

#include <stdexcept>
#include <string>

namespace einfold {

/// What went wrong, as a caller may want to distinguish it. The command line maps kinds to exit codes.
enum class ErrorKind {
  kUsage,        ///< not a well-formed request: unknown name, missing operand, a number that is none
  kEquation,     ///< the equation cannot be read
  kShape,        ///< shapes, extents or sizes do not fit together
  kArgument,     ///< a well-formed argument that asks for the impossible (stride 0, a dtype that cannot be)
  kFile,         ///< a file cannot be read or is not what it claims to be
  kMemory,       ///< more memory than there is, or than the caller allows
  kOutput,       ///< a result cannot be written
};

/// A mistake of the caller, or a limit of the machine. `what()` is the full message, `E0103: ...`.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string code, const std::string& message)
      : std::runtime_error(code + ": " + message), kind_(kind), code_(std::move(code)) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  /// Stable code, listed in docs/errors.md.
  [[nodiscard]] const std::string& code() const noexcept { return code_; }

 private:
  ErrorKind kind_;
  std::string code_;
};

/// A broken invariant of einfold itself: always a bug, never the caller's fault.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace einfold
