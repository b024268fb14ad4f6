// SPDX-License-Identifier: MIT
//
// bench: fields that scripts rely on, results that are checked, tables of layers.
#include "cli/program.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace einfold::test {
namespace {

using Bench = Program;
using nlohmann::json;

constexpr const char* kFields[] = {"seconds_median",   "seconds_best",          "seconds_plan",   "gflops_nominal",   "gflops_executed",
                                   "gigabytes_per_second", "fraction_of_peak",  "fraction_of_bandwidth", "seconds_read_bound",
                                   "bytes_operands",   "bytes_result",          "bytes_workspace", "bytes_peak_extra"};

void expect_fields(const json& object) {
  for (const char* field : kFields) EXPECT_TRUE(object.at(field).is_number()) << field;
  EXPECT_GT(object["seconds_median"], 0);
  EXPECT_GE(object["seconds_median"], object["seconds_best"]);
  EXPECT_TRUE(object["passed"]);
  EXPECT_GT(object["checked_entries"], 0);
}

TEST_F(Bench, TimesAnEquation) {
  const json object = json::parse(ok(words("bench einsum ij,jk->ik --shape 0=64,100 --shape 1=100,48 --repeat 3 --threads 2 --json")));
  expect_fields(object);
  EXPECT_EQ(object["repeats"], 3);
  EXPECT_EQ(object["threads"], 2);
  EXPECT_EQ(object["bytes_operands"], 4 * (64 * 100 + 100 * 48));
  EXPECT_EQ(object["bytes_result"], 4 * 64 * 48);
  const double flops = 2.0 * 64 * 100 * 48;
  EXPECT_NEAR(object["gflops_nominal"].get<double>() * object["seconds_median"].get<double>(), flops * 1e-9, 1e-6);
  EXPECT_GT(object["ceilings"]["gflops_float32"], 0.1);
  EXPECT_GT(object["ceilings"]["gigabytes_read"], 0.1);
}

TEST_F(Bench, TimesAConvolution_WithTheArithmeticOfItsFormula) {
  const json object = json::parse(
      ok(words("bench conv kfc --shape x=2,4,9,8 --kernel 3 --padding 1 --dtype float64 --repeat 1 --memory-limit 1MB --json")));
  expect_fields(object);
  EXPECT_EQ(object["dtype"], "float64");
  const double rows = 4 * 9, positions = 2 * 9 * 8;
  EXPECT_NEAR(object["gflops_nominal"].get<double>() * object["seconds_median"].get<double>(), 2 * rows * rows * positions * 1e-9, 1e-6);
  EXPECT_TRUE(object["checked_by_reference"]);
}

TEST_F(Bench, SaysInWordsWhatItFound) {
  const std::string text = ok(words("bench conv forward --shape x=2,4,9,8 --shape weight=6,4,3,3 --repeat 1"));
  for (const char* part : {"ceilings", "median of 1", "GFLOP/s nominal", "GB/s", "workspace", "right: "}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST_F(Bench, RunsATableOfLayers) {
  std::ofstream(folder / "layers.csv")
      << "network,layer,count,batch,in_channels,input,out_channels,kernel,stride,padding,dilation,groups,bias,output,kind\n"
         "toy,first,1,2,3,9 8,4,3 3,1 1,1 1,1 1,1,1,9 8,general\n"
         "toy,second,1,2,4,8 8,4,2 2,2 2,0:1 0,1 1,2,1,4 4,general\n";
  const json object = json::parse(ok(words("bench --layers layers.csv --operation weight-vjp --repeat 1 --json")));
  ASSERT_EQ(object["rows"].size(), 2U);
  EXPECT_EQ(object["rows"][1]["layer"], "second");
  for (const json& row : object["rows"]) expect_fields(row);
  EXPECT_NE(ok(words("bench --layers layers.csv --operation kfac-reduce --repeat 1")).find("toy first"), std::string::npos);
}

TEST_F(Bench, RefusesWhatCannotBe) {
  fails(2, "einsum", words("bench"));
  fails(2, "bench takes", words("bench rearrange"));
  fails(2, "--repeat", words("bench einsum i->i --shape 0=3 --repeat 0"));
  fails(2, "--operation", words("bench --layers layers.csv"));
  fails(2, "cannot read", words("bench --layers missing.csv --operation kfc"));
  fails(2, "does not belong", words("einsum i->i m23.npy --repeat 3"));
  std::ofstream(folder / "bad.csv") << "network,layer\nx,y\n";
  fails(2, "has no column", words("bench --layers bad.csv --operation kfc"));
}

}  // namespace
}  // namespace einfold::test
