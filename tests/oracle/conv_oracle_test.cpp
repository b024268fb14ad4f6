// SPDX-License-Identifier: MIT
//
// Every convolution operation against reference values made from explicit patches (48 cases, 1 to 6 dimensions).
#include "einfold/conv.hpp"
#include "einfold/io.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

namespace einfold {
namespace {

using Tensors = std::map<std::string, Tensor>;

std::filesystem::path cases_folder() { return std::filesystem::path(EINFOLD_SHARED_DIR) / "oracle" / "conv"; }

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(cases_folder(), missing)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Tensors load_all(const std::filesystem::path& file) {
  Tensors tensors;
  for (NamedTensor& member : read_npz(file.string())) tensors.emplace(member.name, member.tensor);
  return tensors;
}

ConvSpec spec_of(const nlohmann::json& json) {
  ConvSpec spec;
  spec.kernel = json.at("kernel_size").get<std::vector<std::int64_t>>();
  spec.input = json.at("input_size").get<std::vector<std::int64_t>>();
  spec.stride = json.at("stride").get<std::vector<std::int64_t>>();
  spec.dilation = json.at("dilation").get<std::vector<std::int64_t>>();
  spec.groups = json.at("groups").get<std::int64_t>();
  spec.in_channels = json.at("in_channels").get<std::int64_t>();
  spec.out_channels = json.at("out_channels").get<std::int64_t>();
  const auto& padding = json.at("padding");
  if (padding.is_string()) {
    spec.padding = padding.get<std::string>();
  } else if (padding.front().is_array()) {
    spec.padding = padding.get<std::vector<std::pair<std::int64_t, std::int64_t>>>();
  } else {
    spec.padding = padding.get<std::vector<std::int64_t>>();
  }
  return spec;
}

/// The operands of an operation under the names of the case's inputs.
std::vector<Tensor> operands_of(const std::string& operation, const std::string& option, const Expression& expression,
                                const Tensors& inputs) {
  std::vector<Tensor> operands;
  for (const Operand& operand : expression.operands()) {
    if (operand.name == "v" && option == "subsampling") operands.push_back(inputs.at("vp"));
    else if (operand.name == "x" && operation == "transpose-forward") operands.push_back(inputs.at("v"));
    else if ((operand.name == "u" && operation == "weight-jvp") || (operand.name == "z" && operation == "input-jvp"))
      operands.push_back(inputs.at(operand.name).select(0, 0));
    else operands.push_back(inputs.at(operand.name));
  }
  return operands;
}

conv::Shapes shapes_of(const std::string& operation, const std::string& option, bool bias, const Tensors& inputs) {
  conv::Shapes shapes;
  for (const conv::OperationInfo& info : conv::operations()) {
    if (info.name != operation) continue;
    for (const auto& alternatives : info.operands) {
      const std::string& role = alternatives.front();
      const bool v_as_x = role == "x" && operation == "transpose-forward";
      const std::string name = v_as_x ? "v" : role == "v" && option == "subsampling" ? "vp" : role;
      shapes[role] = inputs.at(name).shape();
      const bool one_of_several = (role == "u" && operation == "weight-jvp") || (role == "z" && operation == "input-jvp");
      if (one_of_several) shapes[role].erase(shapes[role].begin());
    }
    if (bias) shapes["bias"] = inputs.at("bias").shape();
  }
  return shapes;
}

std::vector<Tensor> absolute(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors) {
    std::vector<double> values = tensor.values<double>();
    for (double& value : values) value = std::abs(value);
    result.push_back(Tensor::from(tensor.shape(), values));
  }
  return result;
}

class ConvOracle : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ConvOracle);

TEST_P(ConvOracle, GivesTheReferenceValuesOfEveryOperation) {
  const auto folder = cases_folder() / GetParam();
  std::ifstream file(folder / "case.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  const Tensors inputs = load_all(folder / "inputs.npz");
  const Tensors expected = load_all(folder / "expected.npz");
  for (const auto& [key, value] : expected) {
    SCOPED_TRACE(key);
    const bool bias = key == "forward-bias";
    const std::string operation = bias ? "forward" : key.substr(0, key.find('@'));
    const std::string option = key.find('@') == std::string::npos ? "" : key.substr(key.find('@') + 1);
    ConvSpec spec = spec_of(json);
    if (option == "scale") spec.scale = 0.25;
    if (option == "homogeneous") spec.homogeneous = true;
    if (option == "average") spec.group_mode = GroupMode::kAverage;
    if (option == "subsampling") spec.subsampling = json.at("subsampling").get<std::vector<std::int64_t>>();
    if (option == "output-padding") {
      spec.output_padding = json.at("output_padding").get<std::vector<std::int64_t>>();
      spec.input = {};
    }
    const Expression expression = conv::operation(operation, spec, shapes_of(operation, option, bias, inputs));
    const std::vector<Tensor> operands = operands_of(operation, option, expression, inputs);
    const Tensor result = expression.evaluate(operands);
    ASSERT_EQ(result.shape(), value.shape());
    // The bound: 1e-12 times the same contraction on absolute values.
    const std::vector<double> bound = expression.evaluate(absolute(operands)).values<double>();
    const std::vector<double> got = result.values<double>(), want = value.values<double>();
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_LE(std::abs(got[i] - want[i]), 1e-12 * bound[i]) << "element " << i << ": " << got[i] << " != " << want[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ConvOracle, testing::ValuesIn(case_names()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(ConvOracleFolder, HasAllCases) {
  if (case_names().empty()) GTEST_SKIP() << "SKIPPED: no reference cases in " << cases_folder();
  EXPECT_EQ(case_names().size(), 48u);
}

}  // namespace
}  // namespace einfold
