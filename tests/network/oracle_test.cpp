// SPDX-License-Identifier: MIT
//
// The recorded equations: built, evaluated, printed, built again; all exactly.
#include "einfold/io.hpp"
#include "network/print.hpp"
#include "network/support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace einfold {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(EINFOLD_SHARED_DIR) / "oracle" / "equations";

struct Case {
  std::string file;
  std::string equation;
  Sizes sizes;
};

std::vector<Case> cases() {
  std::ifstream in(kFolder / "index.json");
  std::stringstream all;
  all << in.rdbuf();
  const std::string text = all.str();
  const std::regex entry(
      R"re("file": "([^"]*)",\s*"equation": "([^"]*)",\s*"sizes": \{([^}]*)\},\s*"operands": \d+)re");
  const std::regex size(R"re("([^"]+)": (\d+))re");
  std::vector<Case> result;
  for (std::sregex_iterator it(text.begin(), text.end(), entry), end; it != end; ++it) {
    Case each{(*it)[1], (*it)[2], {}};
    const std::string sizes = (*it)[3];
    for (std::sregex_iterator s(sizes.begin(), sizes.end(), size); s != end; ++s) {
      each.sizes[(*s)[1]] = std::stoll((*s)[2]);
    }
    result.push_back(std::move(each));
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
