// SPDX-License-Identifier: MIT
//
// Reference values through the command line: every operation of some convolution cases, and some equations.
#include "cli/program.hpp"

#include "einfold/conv.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace einfold::test {
namespace {

std::filesystem::path oracle() { return std::filesystem::path(EINFOLD_SHARED_DIR) / "oracle"; }

nlohmann::json parse_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

/// [3, 1] as "3,1"; [[2, 1]] as "2:1"; a string as it is.
std::string text_of(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const auto& part : value) {
    text += text.empty() ? "" : ",";
    text += part.is_array() ? part[0].dump() + ":" + part[1].dump() : part.dump();
  }
  return text;
}

class Oracle : public Program {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(oracle())) GTEST_SKIP() << "no reference values at " << oracle();
  }

  /// The result of a line, by way of each file format in turn.
  Tensor result_of(const Line& line) {
    static constexpr const char* kEndings[] = {".npy", ".npz", ".safetensors"};
    const std::string name = std::string("out") + kEndings[turn_++ % 3];
    ok(line + Line{"-o", name});
    return load((folder / name) + (name == "out.npy" ? "" : ":result"));
  }

 private:
  std::size_t turn_ = 0;
};

/// The command for `key` of expected.npz (NAME or NAME@OPTION), with operands from `inputs`.
Line conv_line(const std::string& key, const nlohmann::json& json, const std::string& inputs) {
  const std::string operation = key == "forward-bias" ? "forward" : key.substr(0, key.find('@'));
  const std::string option = key.find('@') == std::string::npos ? "" : key.substr(key.find('@') + 1);
  Line line = {"conv", operation};
  for (const conv::OperationInfo& info : conv::operations()) {
    if (info.name != operation) continue;
    for (const auto& alternatives : info.operands) {
      const std::string& role = alternatives.front();
      std::string member = role;
      if (role == "x" && operation == "transpose-forward") member = "v";
      if (role == "v" && option == "subsampling") member = "vp";
      if (operation == "weight-jvp" && role == "u") member = "u0";
      if (operation == "input-jvp" && role == "z") member = "z0";
      line = line + Line{"--" + role, inputs + ":" + member};
    }
  }
  if (key == "forward-bias") line = line + Line{"--bias", inputs + ":bias"};
  const auto add = [&](const std::string& name, const char* field) { line = line + Line{name, text_of(json.at(field))}; };
  add("--kernel", "kernel_size");
  add("--stride", "stride");
  add("--padding", "padding");
  add("--dilation", "dilation");
  add("--groups", "groups");
  add("--in-channels", "in_channels");
  add("--out-channels", "out_channels");
  if (option == "output-padding") add("--output-padding", "output_padding");
  else add("--input", "input_size");
  if (option == "subsampling") add("--subsampling", "subsampling");
  if (option == "scale") line = line + Line{"--scale", "0.25"};
  if (option == "homogeneous") line.push_back("--homogeneous");
  if (option == "average") line = line + Line{"--group-mode", "average"};
  return line;
}

TEST_F(Oracle, ConvolutionsGiveTheReferenceValues) {
  for (const char* name : {"1d-06-asymmetric", "2d-00-general", "2d-03-same", "3d-05-downsampling", "5d-00-general"}) {
    const auto case_folder = oracle() / "conv" / name;
    const nlohmann::json json = parse_file(case_folder / "case.json");
    // Beside the inputs their absolute values, and the first vectors of u and z.
    std::vector<NamedTensor> inputs = read_npz((case_folder / "inputs.npz").string());
    for (const char* several : {"u", "z"}) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].name == several) inputs.push_back({several + std::string("0"), inputs[i].tensor.select(0, 0)});
      }
    }
    einfold::save(folder / "inputs.npz", inputs);
    for (NamedTensor& input : inputs) {
      std::vector<double> values = input.tensor.values<double>();
      for (double& value : values) value = std::abs(value);
      input.tensor = Tensor::from(input.tensor.shape(), values);
    }
    einfold::save(folder / "absolute.npz", inputs);
    for (const auto& [key, expected] : read_npz((case_folder / "expected.npz").string())) {
      SCOPED_TRACE(std::string(name) + " " + key);
      const Tensor result = result_of(conv_line(key, json, "inputs.npz"));
      ASSERT_EQ(result.shape(), expected.shape());
      const std::vector<double> bound = result_of(conv_line(key, json, "absolute.npz")).values<double>();
      const std::vector<double> got = result.values<double>(), want = expected.values<double>();
      for (std::size_t i = 0; i < got.size(); ++i) ASSERT_LE(std::abs(got[i] - want[i]), 1e-12 * bound[i]) << i;
    }
  }
}

TEST_F(Oracle, EquationsGiveTheReferenceValues) {
  const nlohmann::json index = parse_file(oracle() / "equations" / "index.json");
  for (std::size_t i = 0; i < index.size(); i += 5) {
    const nlohmann::json& entry = index[i];
    const std::string file = (oracle() / "equations" / entry.at("file").get<std::string>()).string();
    Line line = {"einsum", "--notation", "named"};
    for (const auto& [name, extent] : entry.at("sizes").items()) line = line + Line{"--size", name + "=" + extent.dump()};
    SCOPED_TRACE(entry.dump());
    const Tensor expected = read_npz(file, "expected");
    Line operands = {"--", entry.at("equation").get<std::string>()};
    for (int k = 0; k < entry.at("operands").get<int>(); ++k) operands.push_back(file + ":operand" + std::to_string(k));
    const std::string out = "out.npy";
    ok(line + Line{"-o", out} + operands);
    const Tensor result = read_npy(folder / out);
    ASSERT_EQ(result.shape(), expected.shape());
    EXPECT_EQ(result.values<double>(), expected.values<double>());
  }
}

}  // namespace
}  // namespace einfold::test
