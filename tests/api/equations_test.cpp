// SPDX-License-Identifier: MIT
//
// Equations through the public functions: errors with code and kind, values of awkward but valid ones, and the equation
// that an expression prints.
#include "conv/shapes.hpp"
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "network/print.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace einfold::test {
namespace {

using Doubles = std::vector<double>;

struct Refusal {
  const char* equation;
  std::vector<Shape> shapes;
  Notation notation = Notation::kAuto;
};

std::string code_of(const Refusal& refusal, ErrorKind kind) {
  std::vector<EinsumOperand> operands;
  for (const Shape& shape : refusal.shapes) operands.emplace_back(integers(shape, operands.size() + 1));
  try {
    (void)einsum(refusal.equation, operands, {.notation = refusal.notation});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << refusal.equation << "\n" << error.what();
    EXPECT_EQ(std::string(error.what()).substr(0, 7), error.code() + ": ");
    return error.code();
  }
  return "none";
}

TEST(Equations, ThatCannotBeReadAreErrorsOfTheEquation) {
  const Refusal refusals[] = {{"ij->->ij", {{2, 3}}},
                              {"ij-ij", {{2, 3}}},
                              {"ij>-ij", {{2, 3}}},
                              {"ij-", {{2, 3}}},
                              {"ij->ik", {{2, 3}}},
                              {"ij,", {{2, 3}}},
                              {"ij->i,j", {{2, 3}}},
                              {"..ij->ij", {{2, 3}}},
                              {"....ij->ij", {{2, 3}}},
                              {"......ij->ij", {{2, 3}}},
                              {"(i j -> i j", {{2, 3}}},
                              {"i j) -> i j", {{2, 3}}},
                              {"i 2 -> i", {{2, 2}}},
                              {"i j", {{2, 3}}, Notation::kNamed},
                              {"i\xff->i", {{2}}}};
  for (const Refusal& refusal : refusals) {
    const bool about_operands = std::string(refusal.equation) == "ij->ik" || std::string(refusal.equation) == "ij,";
    const std::string code = code_of(refusal, about_operands ? ErrorKind::kShape : ErrorKind::kEquation);
    EXPECT_EQ(code.substr(0, 3), about_operands ? "E02" : "E01") << refusal.equation << " gives " << code;
  }
  const std::string with_nul("i\0j->ij", 7);
  EXPECT_THROW((void)einsum(with_nul, {integers({2, 3}, 1)}), Error);
}

TEST(Equations, ThatDoNotFitTheirOperandsAreErrorsOfShape) {
  for (const Refusal& refusal : {Refusal{"ij,jk->ik", {{2, 3}}},
                                 Refusal{"ij->ij", {{2, 3}, {2, 3}}},
                                 Refusal{"ij->ij", {{2}}},
                                 Refusal{"ij->ij", {{2, 3, 4}}},
                                 Refusal{"ij,jk->ik", {{2, 3}, {4, 2}}},
                                 Refusal{"ij,jk->ik", {{2, 3}, {1, 2}}},  // nothing broadcasts unasked
                                 Refusal{"ii->i", {{2, 3}}},
                                 Refusal{"ii->i", {{1, 3}}},
                                 Refusal{"...i,...i->...", {{2, 4}, {3, 4}}},
                                 Refusal{"(a b) -> a b", {{6}}}}) {
    const std::string code = code_of(refusal, ErrorKind::kShape);
    EXPECT_NE(code, "none") << refusal.equation;
  }
  EXPECT_EQ(code_of({"ij,jk->ik", {{2, 3}, {4, 2}}}, ErrorKind::kShape), "E0103");
}

/// NumPy takes or refuses `...j->j` as its `optimize` says; here it is an error, whatever is simplified.
TEST(Equations, AnEllipsisOnOneSideOnlyIsAnError_SimplifiedOrNot) {
  for (const bool simplify : {true, false})
    for (const char* equation : {"...j->j", "j->...j"}) {
      try {
        (void)einsum(equation, {integers({2, 3}, 1)}, {.run = {.simplify = simplify}});
        FAIL() << equation;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kEquation);
      }
    }
}

TEST(Equations, OfScalarsAreValid) {
  const Tensor scalar = Tensor::scalar(7.0);
  EXPECT_EQ(einsum("", {scalar}).values<double>(), Doubles{7});
  EXPECT_EQ(einsum("->", {scalar}).values<double>(), Doubles{7});
  EXPECT_EQ(einsum(",->", {scalar, Tensor::scalar(-2.0)}).values<double>(), Doubles{-14});
  EXPECT_EQ(einsum(",i->i", {scalar, integers({3}, 1)}).shape(), Shape{3});
}

TEST(Equations, WriteAndReadDiagonals) {
  const Tensor m = integers({3, 3}, 1), v = integers({3}, 2);
  const Doubles a = m.values<double>(), b = v.values<double>();
  EXPECT_EQ(einsum("ii->i", {m}).values<double>(), (Doubles{a[0], a[4], a[8]}));
  EXPECT_EQ(einsum("ii", {m}).values<double>(), (Doubles{a[0] + a[4] + a[8]}));
  EXPECT_EQ(einsum("i->ii", {v}).values<double>(), (Doubles{b[0], 0, 0, 0, b[1], 0, 0, 0, b[2]}));
  EXPECT_EQ(einsum("iij,jk->k", {integers({2, 2, 3}, 3), integers({3, 2}, 4)}).shape(), Shape{2});
}

/// Einsums.jl took this outer product for something else.
TEST(Equations, AnOuterProductOverAnAxisBetween) {
  const Tensor ac = integers({2, 4}, 1), b = integers({3}, 2);
  const Tensor abc = einsum("ac,b->abc", {ac, b});
  ASSERT_EQ(abc.shape(), (Shape{2, 3, 4}));
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j)
      for (std::int64_t k = 0; k < 4; ++k) {
        EXPECT_EQ(abc.at<double>({i, j, k}), ac.at<double>({i, k}) * b.at<double>({j}));
      }
}

TEST(Equations, WithoutAnArrowSortTheirOutput) {
  const Tensor ba = integers({2, 3}, 1);
  EXPECT_EQ(einsum("ba", {ba}).values<double>(), einsum("ba->ab", {ba}).values<double>());
  EXPECT_EQ(einsum("aB", {ba}).values<double>(), einsum("aB->Ba", {ba}).values<double>());
}

TEST(Equations, NamesAreTokens) {
  const Tensor a = integers({2, 3}, 1), b = integers({3, 4}, 2);
  const Doubles expected = einsum("ij,jk->ik", {a, b}).values<double>();
  EXPECT_EQ(einsum("k1 k10, k10 k -> k1 k", {a, b}).values<double>(), expected);
  EXPECT_EQ(einsum("n N, N n' -> n n'", {a, b}).values<double>(), expected);
  EXPECT_EQ(einsum("\xce\xb1\xce\xb2,\xce\xb2\xce\xb3->\xce\xb1\xce\xb3", {a, b}).values<double>(), expected);
}

TEST(Equations, OfThousandsOfOperandsAndOfManyAxesWork) {
  std::string scalars;
  std::vector<EinsumOperand> operands;
  for (int i = 0; i < 300; ++i) {
    scalars += i == 0 ? "i" : ",i";
    operands.emplace_back(Tensor::from({2}, Doubles{1, i == 17 ? 5.0 : -1.0}));
  }
  EXPECT_EQ(einsum(scalars + "->i", operands).values<double>(), (Doubles{1, -5}));
  const Shape ones(100, 1);
  std::string axes;
  for (int i = 0; i < 100; ++i) axes += " a" + std::to_string(i);
  EXPECT_EQ(einsum(axes + " -> a99 a3", {Tensor::from(ones, Doubles{4})}).values<double>(), Doubles{4});
}

/// What an expression prints is an equation again, of the same value once the factor is applied.
TEST(Equations, PrintedByOperationsMeanTheSame) {
  const conv::Geometry geometry{2, 2, 2, 4, 2, {{7, 3, 3, 2, 1, 0, 1}}};
  for (const conv::OperationInfo& info : conv::operations()) {
    const Expression expression = conv::operation(info.name, spec_of(geometry), shapes_for(info, geometry));
    std::map<std::string, Tensor> tensors;
    std::vector<Tensor> in_order;
    for (const Operand& operand : expression.operands()) {
      in_order.push_back(integers(operand.shape, in_order.size() + 1));
      tensors.emplace(operand.name, in_order.back());
    }
    std::string text;
    Doubles sum(static_cast<std::size_t>(element_count(expression.shape())));
    for (const Network& network : expression.networks()) {
      const EquationText printed = to_equation(network);
      std::vector<EinsumOperand> operands;
      for (const TermOperand& term : printed.operands) {
        operands.emplace_back(term.operand >= 0 ? tensors.at(network.operands[static_cast<std::size_t>(term.operand)].name)
                                                : Tensor::from(term.shape, Doubles(static_cast<std::size_t>(element_count(term.shape)), 1.0)));
      }
      const Doubles values = einsum(printed.equation, operands, {.sizes = printed.sizes}).values<double>();
      ASSERT_EQ(values.size(), sum.size()) << info.name;
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += printed.scale.value() * values[i];
      text += (text.empty() ? "" : " + ") + printed.equation;
    }
    EXPECT_EQ(expression.equation(), text);
    const Doubles expected = expression.evaluate(in_order).values<double>();
    for (std::size_t i = 0; i < sum.size(); ++i) {
      ASSERT_NEAR(sum[i], expected[i], 1e-12 * (1 + std::abs(expected[i]))) << info.name << ": " << text;
    }
  }
}

}  // namespace
}  // namespace einfold::test
