// SPDX-License-Identifier: MIT
//
// Awkward and bad hyper-parameters: a promised value, or exit code 4 that names them.
#include "cli/program.hpp"

#include <cmath>

namespace einfold::test {
namespace {

class Convolution : public Program {
 protected:
  /// `conv OPERATION ..` must be refused; `line` is without -o.
  void impossible(const std::string& part, const std::string& line) const {
    fails(4, part, Line{"conv"} + words(line) + Line{"-o", "never.npy"});
    EXPECT_FALSE(std::filesystem::exists(folder / "never.npy"));
  }

  [[nodiscard]] Tensor value(const std::string& line) const {
    ok(Line{"conv"} + words(line) + Line{"-o", "out.npy"});
    return read_npy(folder / "out.npy");
  }
};

TEST_F(Convolution, ImpossibleHyperParametersAreNamed) {
  const std::string unfold = "unfold --x x.npy --kernel 3 ";
  for (const char* option : {"--stride 0", "--stride -1", "--stride=-1", "--stride 1,0", "--stride -9223372036854775808"}) {
    impossible("stride must be at least 1", unfold + option);
  }
  for (const char* option : {"--dilation 0", "--dilation -1"}) impossible("dilation must be at least 1", unfold + option);
  for (const char* option : {"--padding -1", "--padding -1:0", "--padding 0,-1"}) {
    impossible("padding must be at least 0", unfold + option);
  }
  for (const char* option : {"--groups 0", "--groups -1"}) impossible("groups must be at least 1", unfold + option);
  impossible("kernel extent must be at least 1", "unfold --x x.npy --kernel 0,3");
  impossible("kernel extent must be at least 1", "unfold --x x.npy --kernel -3");
  impossible("", "unfolded-kernel --weight w.npy --input -1,5");
  impossible("", "weight-jacobian --x x.npy --kernel 3 --out-channels -2");
  impossible("needs stride 1", unfold + "--padding same --stride 2");
}

TEST_F(Convolution, GroupsMustDivideChannels) {
  impossible("in_channels 4 is not a multiple of groups 3", "unfold --x x.npy --kernel 3 --groups 3");
  impossible("", "forward --x x.npy --weight w.npy --groups 2");  // the weight has 4 channels per group, not 2
  impossible("out_channels 6 is not a multiple of groups 4", "bias-vjp --v v.npy --groups 4");
}

TEST_F(Convolution, TheKernelMustFit) {
  impossible("spans 7 positions", "unfold --x tap3.npy --kernel 3 --dilation 3");
  impossible("more than the padded input's 10", "unfold --x line.npy --kernel 1250000000000");
  EXPECT_EQ(value("unfold --x tap3.npy --kernel 3 --dilation 3 --padding 2").shape(), (Shape{1, 3, 1}));
}

TEST_F(Convolution, ArithmeticThatDoesNotFitIsAnError) {
  const std::string unfold = "unfold --x line.npy --kernel 3 ";
  impossible("64 bits", unfold + "--dilation 4611686018427387904");
  impossible("64 bits", unfold + "--padding 4611686018427387904");
  impossible("64 bits", unfold + "--padding 9223372036854775807");
  impossible("64 bits", "unfold --x line.npy --kernel 5 --dilation 2305843009213693952");
  impossible("", unfold + "--groups 9223372036854775807");
  impossible("64 bits", "input-vjp --weight tap3.npy --v line.npy --stride 4611686018427387904");
}

TEST_F(Convolution, ExtremesThatFitAreComputed) {
  // Only the centre tap hits: a copy of the input times that tap.
  const std::vector<double> line = read_npy(folder / "line.npy").values<double>();
  const double centre = read_npy(folder / "tap3.npy").values<double>()[1];
  const std::vector<double> y = value("forward --x line.npy --weight tap3.npy --padding same --dilation 2147483648").values<double>();
  ASSERT_EQ(y.size(), line.size());
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], line[i] * centre);
  EXPECT_EQ(value("forward --x line.npy --weight tap3.npy --stride 4611686018427387904").shape(), (Shape{1, 1, 1}));
}

TEST_F(Convolution, OfNothingIsEmptyOrZero) {
  save("nobody.npy", Tensor(DType::kFloat64, {0, 4, 9, 8}));
  EXPECT_EQ(value("forward --x nobody.npy --weight w.npy --padding 1").shape(), (Shape{0, 6, 9, 8}));
  save("x0.npy", Tensor(DType::kFloat64, {1, 0, 8, 8}));
  save("w0.npy", Tensor(DType::kFloat64, {4, 0, 3, 3}));
  const Tensor zeros = value("forward --x x0.npy --weight w0.npy");
  EXPECT_EQ(zeros.shape(), (Shape{1, 4, 6, 6}));
  EXPECT_EQ(zeros.values<double>(), std::vector<double>(144, 0.0));
  save("wide0.npy", Tensor(DType::kFloat64, {0, 4, 3, 3}));
  EXPECT_EQ(value("forward --x x.npy --weight wide0.npy").shape(), (Shape{2, 0, 7, 6}));
  save("i0.npy", Tensor(DType::kFloat64, {1, 1, 0}));
  const Tensor padding = value("forward --x i0.npy --weight tap3.npy --padding 2");
  EXPECT_EQ(padding.values<double>(), std::vector<double>(2, 0.0));
  impossible("", "forward --x i0.npy --weight tap3.npy --padding 1");
}

TEST_F(Convolution, SameAndAsymmetricPadding) {
  EXPECT_EQ(value("unfold --x line.npy --kernel 4 --padding same").shape(), (Shape{1, 4, 10}));
  EXPECT_EQ(value("unfold --x line.npy --kernel 3 --padding 0:1").shape(), (Shape{1, 3, 9}));
  EXPECT_EQ(value("unfold --x line.npy --kernel 3 --padding valid").shape(), (Shape{1, 3, 8}));
  EXPECT_EQ(value("unfold --x x.npy --kernel 3 --padding 1,0").shape(), (Shape{2, 36, 9 * 6}));
  EXPECT_EQ(value("unfold --x x.npy --kernel 3 --padding 0:1,1:0").shape(), (Shape{2, 36, 8 * 7}));
}

TEST_F(Convolution, TransposedOperationsCheckTheirExtents) {
  const std::string transpose = "transpose-forward --x v.npy --weight w.npy ";
  EXPECT_EQ(value(transpose + "--padding 1 --stride 2 --output-padding 1").shape(), (Shape{2, 4, 18, 16}));
  EXPECT_EQ(value(transpose + "--padding 1 --input 9,8").shape(), (Shape{2, 4, 9, 8}));
  impossible("output padding 1 must be at least 0 and less than 1", transpose + "--output-padding 1");
  impossible("output padding -1", transpose + "--output-padding -1");
  impossible("must be at least 1", transpose + "--padding 20");
  impossible("", transpose + "--padding 1 --input 9,7");
  save("cols.npy", Tensor(DType::kFloat64, {1, 3, 7}));
  impossible("", "fold --cols cols.npy --kernel 3 --input 10");
  save("cols.npy", Tensor(DType::kFloat64, {1, 3, 8}));
  EXPECT_EQ(value("fold --cols cols.npy --kernel 3 --input 10").shape(), (Shape{1, 1, 10}));
}

TEST_F(Convolution, RanksAndLengthsMustAgree) {
  impossible("", "unfold --x x.npy --kernel 3,3,3");
  impossible("", "unfold --x x.npy --kernel 3 --stride 1,1,1");
  impossible("", "forward --x m23.npy --weight w.npy");
  impossible("", "forward --x x.npy --weight m23.npy");
  impossible("", "forward --x x.npy --weight w.npy --bias m23.npy");
  save("bias.npy", normal({5}, 6));
  impossible("bias", "forward --x x.npy --weight w.npy --bias bias.npy");
  impossible("", "forward --x x.npy --weight w.npy --kernel 5");
  impossible("", "forward --x x.npy --weight w.npy --in-channels 5");
  save("flat.npy", normal({2, 4}, 8));
  impossible("einsum", "forward --x flat.npy --weight flat.npy");
}

TEST_F(Convolution, OfEightDimensionsWorks) {
  save("x8.npy", normal({1, 1, 2, 2, 2, 2, 2, 2, 2, 2}, 9));
  save("w8.npy", normal({1, 1, 2, 1, 2, 1, 2, 1, 2, 1}, 10));
  EXPECT_EQ(value("forward --x x8.npy --weight w8.npy").shape(), (Shape{1, 1, 1, 2, 1, 2, 1, 2, 1, 2}));
}

TEST_F(Convolution, OptionsThatAnOperationLacksAreRefused) {
  impossible("leave out 'homogeneous'", "unfold --x x.npy --kernel 3 --homogeneous");
  impossible("no Kronecker factor", "unfold --x x.npy --kernel 3 --group-mode average");
  impossible("example 2", "weight-vjp --x x.npy --v v.npy --kernel 3 --padding 1 --subsampling 0,2");
  impossible("example -1", "weight-vjp --x x.npy --v v.npy --kernel 3 --padding 1 --subsampling -1,0");
  impossible("cannot be subsampled", "unfold --x x.npy --kernel 3 --subsampling 0");
}

TEST_F(Convolution, ConsistentOptionsThatItDoesNotNeedAreAccepted) {
  const Tensor plain = value("forward --x x.npy --weight w.npy");
  const Tensor same = value("forward --x x.npy --weight w.npy --kernel 3,3 --input 9,8 --in-channels 4 --out-channels 6 --groups 1 "
                            "--padding valid --dilation 1,1 --stride 1");
  expect_equal(plain, same);
}

TEST_F(Convolution, ScaleMayBeNegative) {
  const std::vector<double> one = value("kfc --x x.npy --kernel 3 --scale 1").values<double>();
  const std::vector<double> minus = value("kfc --x x.npy --kernel 3 --scale -2.5").values<double>();
  ASSERT_EQ(one.size(), 36U * 36U);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(minus[i], -2.5 * one[i], 1e-12 * std::abs(minus[i]));
}

TEST_F(Convolution, OfComplexNumbersHasNoSquares) {
  save("c.npy", Tensor(DType::kComplex128, {1, 2, 5}));
  impossible("complex", "kfc --x c.npy --kernel 3");
  EXPECT_EQ(value("unfold --x c.npy --kernel 3").dtype(), DType::kComplex128);
}

}  // namespace
}  // namespace einfold::test
