// SPDX-License-Identifier: MIT
//
// The program as its users meet it: a process of its own with arguments, files, streams and an exit code.
#pragma once

#include "einfold/io.hpp"
#include "io/files.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace einfold::test {

using Line = std::vector<std::string>;

struct Outcome {
  int code = -1;    ///< exit code; -1: ended by a signal
  int signal = 0;
  std::string out;
  std::string err;
};

/// A folder with operands, in which the program runs.
class Program : public testing::Test {
 protected:
  Program();

  /// Runs to its end, a minute at most. `prepare` is called in the new process, before the program starts.
  Outcome run(const Line& arguments, const std::function<void()>& prepare = {}) const;

  /// Runs, expects exit code 0, and returns standard output.
  std::string ok(const Line& arguments) const;

  /// Expects this exit code, nothing on standard output, no new file in the folder, and a message for people with
  /// `part` in it on standard error, without control characters.
  void fails(int code, const std::string& part, const Line& arguments) const;

  void save(const std::string& name, const Tensor& tensor) const { einfold::save(folder / name, tensor); }

  Folder folder;
};

/// "einsum i->i x.npy", split at spaces.
[[nodiscard]] Line words(const std::string& line);
[[nodiscard]] Line operator+(Line line, const Line& more);

/// Normally distributed float64.
[[nodiscard]] Tensor normal(const Shape& shape, unsigned seed);

}  // namespace einfold::test
