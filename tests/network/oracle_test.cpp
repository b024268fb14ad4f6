// SPDX-License-Identifier: MIT
//
// The recorded equations: built, evaluated, printed, built again; all exactly.
#include "einfold/io.hpp"
#include "network/print.hpp"
#include "network/support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace einfold {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(EINFOLD_SHARED_DIR) / "oracle" / "equations";

struct Case {
  std::string file;
  std::string equation;
  Sizes sizes;
};

/// Reads index.json, whose strings have no escapes: what stands between two quotes alternates with punctuation and
/// numbers.
std::vector<Case> cases() {
  std::ifstream in(kFolder / "index.json");
  std::vector<std::string> parts;
  for (std::string part; std::getline(in, part, '"');) parts.push_back(part);
  std::vector<Case> result;
  bool in_sizes = false;
  for (std::size_t i = 1; i + 1 < parts.size(); i += 2) {
    const std::string& key = parts[i];
    if (parts[i + 1].find(':') == std::string::npos) continue;  // a string that is a value
    if (in_sizes && key != "operands")
      result.back().sizes[key] = std::stoll(parts[i + 1].substr(parts[i + 1].find(':') + 1));
    if (!in_sizes && key == "file") result.push_back({parts[i + 2], {}, {}});
    if (!in_sizes && key == "equation") result.back().equation = parts[i + 2];
    in_sizes = key == "sizes" || (in_sizes && parts[i + 1].find('}') == std::string::npos);
  }
  return result;
}

TEST(Oracle, EquationsHaveTheirRecordedValues) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "no recorded cases at " << kFolder;
  const std::vector<Case> all = cases();
  ASSERT_EQ(all.size(), 240U);
  for (const Case& each : all) {
    std::map<std::string, Tensor> arrays;
    for (auto& [name, tensor] : read_npz((kFolder / each.file).string())) arrays.emplace(name, tensor);
    std::vector<OperandSpec> specs;
    std::vector<Tensor> operands;
    for (std::size_t i = 0; i + 1 < arrays.size(); ++i) {
      operands.push_back(arrays.at("operand" + std::to_string(i)));
      specs.emplace_back(operands.back().shape());
    }
    const Tensor& expected = arrays.at("expected");
    const Network network = test::built(each.equation, specs, {.sizes = each.sizes}, Notation::kNamed);
    const Tensor value = evaluate_reference(network, operands);
    EXPECT_EQ(value.shape(), expected.shape()) << each.equation;
    EXPECT_EQ(value.values<double>(), expected.values<double>()) << each.equation;
    const EquationText printed = to_equation(network);
    std::vector<OperandSpec> specs_again;
    std::vector<Tensor> operands_again;
    for (const TermOperand& operand : printed.operands) {
      specs_again.emplace_back(operand.shape);
      operands_again.push_back(operand.operand < 0 ? test::ones(operand.shape) : operands[operand.operand]);
    }
    const Network again = test::built(printed.equation, specs_again, {.sizes = printed.sizes});
    EXPECT_EQ(evaluate_reference(again, operands_again).values<double>(), expected.values<double>())
        << each.equation << "\n" << printed.equation;
  }
}

}  // namespace
}  // namespace einfold
