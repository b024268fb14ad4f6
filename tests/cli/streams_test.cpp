// SPDX-License-Identifier: MIT
//
// Standard streams and the environment, as bad as they come.
#include "cli/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace einfold::test {
namespace {

using Streams = Program;

TEST_F(Streams, AClosedOutputIsAnErrorOnlyWhereItIsNeeded) {
  const auto close_all = [] {
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    ::close(STDERR_FILENO);
  };
  EXPECT_EQ(run(words("einsum ij->i m23.npy"), close_all).code, 6);
  EXPECT_EQ(run(words("--help"), close_all).code, 6);
  const Outcome outcome = run(words("einsum ij->i m23.npy -o out.npy"), close_all);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(read_npy(folder / "out.npy").values<std::int64_t>(), (std::vector<std::int64_t>{6, 15}));
  EXPECT_EQ(run(words("frob"), close_all).code, 2);
  EXPECT_EQ(run(words("einsum ij->i m23.npy"), [] { ::close(STDIN_FILENO); }).code, 0);
}

TEST_F(Streams, AFullOutputIsAnError) {
  const auto full = [] { ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO); };
  for (const char* line : {"--help", "--version", "einsum ij->i m23.npy", "einsum ij->i m23.npy --json",
                           "explain einsum ij->i m23.npy"}) {
    const Outcome outcome = run(words(line), full);
    EXPECT_EQ(outcome.code, 6) << line;
    EXPECT_NE(outcome.err.find("No space left"), std::string::npos) << outcome.err;
  }
}

TEST_F(Streams, AReaderThatLeftIsNotTold) {
  const auto leave = [] {
    int ends[2] = {};
    if (::pipe(ends) != 0) ::_exit(124);
    ::close(ends[0]);
    ::dup2(ends[1], STDOUT_FILENO);
    std::signal(SIGPIPE, SIG_DFL);
  };
  const Outcome outcome = run(words("--help"), leave);
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_EQ(outcome.code, 6);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Streams, LocaleAndTerminalDoNotMatter) {
  save("half.npy", Tensor::scalar(1234.5));
  for (const char* locale : {"C", "de_DE.UTF-8", "nonsense"}) {
    const Outcome outcome = run({"einsum", "--", "->", "half.npy"}, [&] {
      ::setenv("LC_ALL", locale, 1);
      ::setenv("LC_NUMERIC", locale, 1);
      ::setenv("TERM", "dumb", 1);
      ::setenv("COLUMNS", "1", 1);
    });
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out, "float64 []\n1234.5\n");
    EXPECT_EQ(outcome.err, "");
  }
  EXPECT_EQ(run({"--version"}, [] { ::clearenv(); }).out, "einfold 0.1.0\n");
}

}  // namespace
}  // namespace einfold::test
