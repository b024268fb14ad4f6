// SPDX-License-Identifier: MIT
//
// The help, and that its examples work.
#include "cli/program.hpp"

#include "einfold/conv.hpp"

#include <sstream>
#include <utility>

namespace einfold::test {
namespace {

constexpr const char* kCommands[] = {"einsum", "conv", "rearrange", "reduce", "repeat", "explain", "path", "bench"};

using Help = Program;

/// A shell's words: split at spaces, except within single quotes.
Line shell_words(const std::string& line) {
  Line result;
  std::string word;
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') quoted = !quoted;
    else if (c == ' ' && !quoted) result.push_back(std::exchange(word, ""));
    else word += c;
  }
  result.push_back(word);
  return result;
}

TEST_F(Help, NamesEveryCommandOptionAndExitCode) {
  const std::string text = ok({"--help"});
  for (const char* command : kCommands) EXPECT_NE(text.find(std::string("einfold ") + command), std::string::npos);
  for (const char* option : {"--output", "--notation", "--threads", "--memory-limit", "--json", "--help", "--version"}) {
    EXPECT_NE(text.find(std::string("  ") + option), std::string::npos) << option;
  }
  for (const char* code : {"  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  6  "}) {
    EXPECT_NE(text.find(code), std::string::npos);
  }
}

TEST_F(Help, OfConvNamesEveryOperationAndOperand) {
  const std::string text = ok({"conv", "--help"});
  for (const conv::OperationInfo& info : conv::operations()) {
    EXPECT_NE(text.find("\n  " + info.name), std::string::npos) << info.name;
    for (const auto& alternatives : info.operands) {
      for (const std::string& role : alternatives) EXPECT_NE(text.find("\n  --" + role + " OPERAND"), std::string::npos) << role;
    }
  }
}

TEST_F(Help, FitsInAWindow) {
  for (const char* command : kCommands) {
    std::istringstream text(ok({command, "--help"}) + ok({"--help"}));
    for (std::string line; std::getline(text, line);) EXPECT_LE(line.size(), 120U) << line;
  }
}

TEST_F(Help, ExamplesWork) {
  save("a.npy", normal({2, 3}, 11));
  save("b.npy", normal({3, 4}, 12));
  save("x.npy", normal({2, 3, 8, 6}, 13));
  save("w.npy", normal({5, 3, 3, 3}, 14));
  const NamedTensor signal{"signal", normal({2, 3, 9}, 15)};
  einfold::save(folder / "data.npz", std::span(&signal, 1));
  int examples = 0;
  for (const char* command : kCommands) {
    std::istringstream text(ok({command, "--help"}));
    std::string line;
    while (std::getline(text, line) && line != "Examples:") {}
    while (std::getline(text, line) && !line.empty()) {
      const Line example = shell_words(line.substr(2));
      ASSERT_EQ(example.front(), "einfold");
      // v is a vector in output space for convolutions, a plain vector elsewhere.
      save("v.npy", example[1] == "conv" ? normal({2, 5, 8, 6}, 16) : normal({6}, 17));
      ok(Line(example.begin() + 1, example.end()));
      ++examples;
    }
  }
  EXPECT_GE(examples, 12);
}

TEST_F(Help, ExamplesOfTheDocumentationWorkAndPrintWhatItSays) {
  save("a.npy", normal({10, 20}, 11));
  save("b.npy", normal({20, 30}, 12));
  save("c.npy", normal({30, 5}, 13));
  std::istringstream page(contents(std::string(EINFOLD_SOURCE_DIR) + "/docs/orders.md"));
  std::string output;
  int examples = 0, results = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("    einfold ")) {
      const Line example = shell_words(line.substr(4));
      output = ok(Line(example.begin() + 1, example.end()));
      ++examples;
    } else if (line.starts_with("    ") && line.find(":  ") != std::string::npos) {
      EXPECT_NE(output.find(line.substr(4) + "\n"), std::string::npos) << line << "\n" << output;
      ++results;
    }
  }
  EXPECT_EQ(examples, 5);
  EXPECT_EQ(results, 7);
}

}  // namespace
}  // namespace einfold::test
