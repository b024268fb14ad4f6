// SPDX-License-Identifier: MIT
//
// Printed values, in text and in JSON.
#include "cli/program.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <complex>
#include <cstdlib>
#include <limits>
#include <sstream>

namespace einfold::test {
namespace {

using Values = Program;

TEST_F(Values, AreAligned_WithNestedBrackets) {
  EXPECT_EQ(ok(words("einsum ij,jk->ik m23.npy m34.npy")), "int64 [2, 4]\n[[ 38  44  50  56]\n [ 83  98 113 128]]\n");
  EXPECT_EQ(ok({"rearrange", "i j -> j i 1", "m23.npy"}),
            "int64 [3, 2, 1]\n[[[1]\n  [4]]\n\n [[2]\n  [5]]\n\n [[3]\n  [6]]]\n");
  EXPECT_EQ(ok(words("einsum ij->ji empty.npy")), "float64 [3, 0]\n[]\n");
  EXPECT_EQ(ok(words("einsum ij->j empty.npy")), "float64 [3]\n[0.0 0.0 0.0]\n");
}

TEST_F(Values, OfEveryType) {
  const double inf = std::numeric_limits<double>::infinity();
  save("f64.npy", Tensor::from({5}, std::vector<double>{0.1, -1e300, inf, -inf, std::nan("")}));
  save("f32.npy", Tensor::from({3}, std::vector<float>{0.1F, 16777216.0F, -0.5F}));
  save("c64.npy", Tensor::from({2}, std::vector<std::complex<float>>{{1, -2.5F}, {0, 1}}));
  save("i32.npy", Tensor::from({2}, std::vector<std::int32_t>{-2147483648, 7}));
  save("f16.npy", Tensor::from({2}, std::vector<float>{1.5F, -2}).to(DType::kFloat16));
  const Tensor bools(DType::kBool, {2});
  static_cast<unsigned char*>(bools.mutable_data())[1] = 1;
  save("bool.npy", bools);
  EXPECT_EQ(ok(words("einsum i->i f64.npy")), "float64 [5]\n[    0.1 -1e+300     inf    -inf     nan]\n");
  EXPECT_EQ(ok(words("einsum i->i f32.npy")), "float32 [3]\n[       0.1 16777216.0       -0.5]\n");
  EXPECT_EQ(ok(words("einsum i->i c64.npy")), "complex64 [2]\n[1.0-2.5j 0.0+1.0j]\n");
  EXPECT_EQ(ok(words("einsum i->i i32.npy")), "int32 [2]\n[-2147483648           7]\n");
  EXPECT_EQ(ok(words("einsum i->i f16.npy")), "float16 [2]\n[ 1.5 -2.0]\n");
  EXPECT_EQ(ok(words("rearrange i->i bool.npy")), "bool [2]\n[False  True]\n");
  EXPECT_EQ(ok(words("einsum i->i bool.npy")), "int64 [2]\n[0 1]\n");

  const auto values = [&](const Line& line) { return nlohmann::json::parse(ok(line + Line{"--json"})).at("values"); };
  EXPECT_EQ(values(words("einsum i->i f64.npy")).dump(), R"([0.1,-1e+300,"inf","-inf","nan"])");
  EXPECT_EQ(values(words("einsum i->i c64.npy")).dump(), "[[1.0,-2.5],[0.0,1.0]]");
  EXPECT_EQ(values(words("rearrange i->i bool.npy")).dump(), "[false,true]");
}

TEST_F(Values, ReadBackAsTheSameNumbers) {
  const Tensor tensor = normal({40}, 7);
  save("a.npy", tensor);
  const std::vector<double> expected = tensor.values<double>();
  std::istringstream text(ok(words("einsum i->i a.npy")));
  std::string word;
  std::getline(text, word, '[');
  std::getline(text, word, '[');
  for (const double value : expected) {
    text >> word;
    EXPECT_EQ(std::strtod(word.c_str(), nullptr), value);
  }
  EXPECT_EQ(nlohmann::json::parse(ok(words("einsum i->i a.npy --json"))).at("values").get<std::vector<double>>(), expected);
}

TEST_F(Values, AreAbbreviatedAboveAThousand) {
  std::vector<std::int64_t> counting(1001);
  for (std::size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<std::int64_t>(i);
  save("1001.npy", Tensor::from({1001}, counting));
  counting.pop_back();
  save("1000.npy", Tensor::from({1000}, counting));
  EXPECT_EQ(ok(words("einsum i->i 1001.npy")), "int64 [1001]\n[   0    1    2 ...  998  999 1000]\n");
  EXPECT_EQ(ok(words("einsum i->i 1000.npy")).find("..."), std::string::npos);
}

TEST_F(Values, LargeTablesKeepTheirEdges) {
  EXPECT_EQ(ok({"einsum", "k o i -> o i", "pattern:I=40,K=1"}),
            "int64 [40, 40]\n"
            "[[1 0 0 ... 0 0 0]\n"
            " [0 1 0 ... 0 0 0]\n"
            " [0 0 1 ... 0 0 0]\n"
            " ...\n"
            " [0 0 0 ... 1 0 0]\n"
            " [0 0 0 ... 0 1 0]\n"
            " [0 0 0 ... 0 0 1]]\n");
}

TEST_F(Values, ManyShortAxesAreOneRow) {
  Line line = {"einsum", "i j -> i j " + std::string("a b c d e f g h"), "m23.npy"};
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) line = line + Line{"--size", std::string(name) + "=3"};
  EXPECT_EQ(ok(line), "int64 [2, 3, 3, 3, 3, 3, 3, 3, 3, 3]\nin row-major order [1 1 1 ... 6 6 6]\n");
}

TEST_F(Values, InJsonAreNeverAbbreviated) {
  const auto json = nlohmann::json::parse(ok({"einsum", "k o i -> o i", "pattern:I=40,K=1", "--json"}));
  EXPECT_EQ(json.at("shape"), (nlohmann::json{40, 40}));
  EXPECT_EQ(json.at("dtype"), "int64");
  EXPECT_GE(json.at("seconds").get<double>(), 0.0);
  ASSERT_EQ(json.at("values").size(), 40U);
  for (std::size_t o = 0; o < 40; ++o) {
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(json["values"][o][i], o == i ? 1 : 0);
  }
}

TEST_F(Values, GoToTheFileOfO_UnderTheKeyResult) {
  const Outcome outcome = run(words("einsum ij,jk->ik m23.npy m34.npy -o out.npz"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("wrote 'out.npz': int64 [2, 4]"), std::string::npos) << outcome.err;
  const std::vector<std::int64_t> expected = {38, 44, 50, 56, 83, 98, 113, 128};
  EXPECT_EQ(read_npz(folder / "out.npz", "result").values<std::int64_t>(), expected);
  const auto json = nlohmann::json::parse(ok(words("einsum ij,jk->ik m23.npy m34.npy -oout.safetensors --json")));
  EXPECT_EQ(json.at("output"), "out.safetensors");
  EXPECT_FALSE(json.contains("values"));
  EXPECT_EQ(read_safetensors(folder / "out.safetensors", "result").values<std::int64_t>(), expected);
  ok(words("einsum ij,jk->ik m23.npy m34.npy --output=out.npy"));
  EXPECT_EQ(read_npy(folder / "out.npy").values<std::int64_t>(), expected);
}

}  // namespace
}  // namespace einfold::test
