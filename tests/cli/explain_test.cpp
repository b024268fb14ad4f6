// SPDX-License-Identifier: MIT
#include "cli/program.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace einfold::test {
namespace {

using Explain = Program;

TEST_F(Explain, ShowsNetworkRulesOrderAndWorkspace) {
  const std::string text = ok(words("explain conv kfac-reduce --shape x=32,128,64,64 --kernel 7 --padding 3 --groups 128"));
  for (const char* part : {"operand x [32, 128, 64, 64]", "result [128, 49, 49]", "network", "rule", "multiply-adds", "B, kernel",
                           "workspace: "}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST_F(Explain, TakesShapesOfAnySize_AndRunsNothing) {
  const std::string text = ok(words("explain einsum ij,jk->ik --shape 0=1000000,1000000 --shape 1=1000000,1000000"));
  EXPECT_NE(text.find("result [1000000, 1000000]"), std::string::npos);
  ok(words("explain einsum ij->ij m23.npy -o out.npy"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out.npy"));
}

TEST_F(Explain, FillsOperandsFromShapesFilesAndPatterns) {
  const auto json = nlohmann::json::parse(
      ok({"explain", "einsum", "n i, k o i, k j -> n o j", "--shape", "0=2,9", "pattern:I=9,K=2", "m23.npy", "--json"}));
  EXPECT_EQ(json.at("shape"), (nlohmann::json{2, 8, 3}));
  ASSERT_EQ(json.at("operands").size(), 2U);
  EXPECT_EQ(json["operands"][0].at("shape"), (nlohmann::json{2, 9}));
  EXPECT_EQ(json["operands"][0].at("dtype"), "float32");
  EXPECT_EQ(json["operands"][1].at("dtype"), "int64");
  EXPECT_NE(json.at("text").get<std::string>().find("workspace"), std::string::npos);
  EXPECT_FALSE(json.at("equation").get<std::string>().empty());
  ASSERT_FALSE(json.at("steps").empty());
  EXPECT_GT(json["steps"][0].at("predicted_seconds").get<double>(), 0);
  EXPECT_FALSE(json["steps"][0].at("kernel").get<std::string>().empty());
  ok({"explain", "einsum", "k o i -> k", "pattern:I=9,K=2"});
  ok(words("explain einsum ,-> --shape 0= --shape 1="));
  ok(words("explain conv forward --x x.npy --shape weight=6,4,3,3"));
}

/// Text and steps tell of the same runs: a time in the text is that of the only step, in three digits.
TEST_F(Explain, MeasuresOnce) {
  const auto json = nlohmann::json::parse(ok(words("explain einsum ij,jk->ik --shape 0=90,80 --shape 1=80,70 --run --json")));
  ASSERT_EQ(json.at("steps").size(), 1U);
  const std::string text = json.at("text");
  const std::size_t at = text.find("measured: ");
  ASSERT_NE(at, std::string::npos) << text;
  std::istringstream line(text.substr(at + std::string("measured: ").size()));
  double told = 0;
  std::string unit;
  line >> told >> unit;
  const double scale = unit == "ns" ? 1e-9 : unit == "us" ? 1e-6 : unit == "ms" ? 1e-3 : 1;
  EXPECT_NEAR(told * scale, json["steps"][0].at("seconds").get<double>(), 0.005 * told * scale) << text;
}

TEST_F(Explain, SaysWhatIsMissingOrBad) {
  fails(2, "'einsum' or 'conv'", words("explain"));
  fails(2, "not 'rearrange'", {"explain", "rearrange", "i j -> j i", "m23.npy"});
  fails(2, "needs an EQUATION", words("explain einsum"));
  fails(2, "needs OPERANDs", words("explain einsum ij->"));
  fails(2, "operand 0 is missing", words("explain einsum ij,jk->ik --shape 1=2,3"));
  fails(2, "is not an integer", words("explain einsum ij-> --shape x=2,3"));
  fails(2, "is not an integer", words("explain einsum ij-> --shape 0=2,x"));
  fails(2, "numbered from 0", words("explain einsum ij-> --shape -1=2,3"));
  fails(2, "no operand (did you mean 'weight'?)", words("explain conv forward --shape wieght=2,3"));
  fails(2, "as a file and as a shape", words("explain conv unfold --x x.npy --shape x=1,1,3 --kernel 1"));
  fails(4, "negative", words("explain einsum ij-> --shape 0=2,-3"));
  fails(4, "extent", words("explain einsum ii-> --shape 0=2,3"));
  fails(4, "stride must be at least 1", words("explain conv unfold --shape x=1,1,3 --kernel 1 --stride 0"));
}

}  // namespace
}  // namespace einfold::test
