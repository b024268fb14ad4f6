// SPDX-License-Identifier: MIT
#include "network/print.hpp"

#include "network/names.hpp"
#include "network/support.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"

#include <gtest/gtest.h>

#include <set>

namespace einfold {
namespace {

using test::built;

std::string equation_of(std::string_view text, const std::vector<OperandSpec>& operands,
                        const BuildOptions& options = {}) {
  return to_equation(built(text, operands, options)).equation;
}

OperandSpec of(Shape shape) { return OperandSpec(std::move(shape)); }

TEST(Print, WritesAffineAxesAgain) {
  EXPECT_EQ(
      equation_of("n (g c) 2*o+k-3, (g d) c k -> n (g d) o", {of({2, 6, 9}), of({4, 3, 7})}, {.sizes = {{"g", 2}}}),
      "n (g c) 2*o+k-3, (g d) c k -> n (g d) o");
  EXPECT_EQ(equation_of("o k -> x=3*o-k+2", {of({2, 3})}, {.sizes = {{"x", 6}}}), "o k -> x=3*o-k+2");
  EXPECT_EQ(equation_of("k o i, i, k -> o", {IndexPattern{.input = 7, .kernel = 3}, of({7}), of({3})}),
            "k+o, k -> o");
  EXPECT_EQ(equation_of("(c o+k), k, c -> o c", {of({21}), of({3}), of({3})}), "(c i=k+o), k, c -> o c");
}

TEST(Print, GivesSizesOfWhatShapesLeaveOpen) {
  const Network network = built("n (g c) 2*o+k-3, (g d) c k -> n (g d) o", {of({2, 6, 9}), of({4, 3, 7})});
  EXPECT_EQ(to_equation(network).sizes, (Sizes{{"o", 5}}));
  EXPECT_EQ(to_equation(built("o k -> x=3*o-k+2", {of({2, 3})}, {.sizes = {{"x", 6}}})).sizes, (Sizes{{"x", 6}}));
  EXPECT_EQ(to_equation(built("(a b) -> a b", {of({6})}, {.sizes = {{"b", 2}}})).sizes, (Sizes{{"a", 3}}));
}

TEST(Print, RestrictsWithOnes_WhenNoLegIsFree) {
  // the input extent i is on two operands, so the pattern cannot be written on one of them
  const Network network =
      built("k o i, i a, i b, k a, o a -> o a b k",
            {IndexPattern{.input = 5, .kernel = 2}, of({5, 2}), of({5, 3}), of({2, 2}), of({4, 2})});
  const EquationText text = to_equation(network);
  EXPECT_EQ(text.equation, "i a, i b, k a, o a, k+o-i -> o a b k");
  EXPECT_EQ(text.operands.back(), (TermOperand{-1, {1}}));
  EXPECT_EQ(text.sizes, (Sizes{}));
}

TEST(Print, MentionsEveryIndex) {
  Network network;
  const IndexId x = network.add_index("x", 3);
  EXPECT_EQ(to_equation(network).equation, "0*x ->");
  network.output = {{x}};
  EXPECT_EQ(to_equation(network).equation, " -> x");
  EXPECT_EQ(to_equation(network).operands, (std::vector<TermOperand>{{-1, {}}}));
}

TEST(Print, IsReadAsNames) {
  EXPECT_EQ(equation_of("(time) -> time", {of({3})}), "(time) -> time");
  EXPECT_EQ(equation_of("t -> t", {of({3})}), "t -> t");
}

TEST(Print, GivesIndicesDifferentNames) {
  Network network;
  for (const char* name : {"k", "k", "k'", "k", "k", "k", "", "3d", "a-b", "\xFF", "\xC3\xA4", "''", "_1"}) {
    network.add_index(name, 2);
  }
  std::vector<std::string> names;
  for (const auto& [id, name] : unique_names(network)) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"k", "k''", "k'", "k'''", "k_4", "k_5", "x", "x3d", "ab", "x'", "\xC3\xA4",
                                             "x''", "_1"}));
}

TEST(Print, ShowsANetworkInOneLine) {
  Network network =
      built("n (c k), i=2*o+k-1 n -> n o 1", {OperandSpec(Shape{5, 6}, "x"), of({4, 5})}, {.sizes = {{"c", 3}}});
  network.scale = Scale{}.times(1, 2);
  network.scale.real = 0.5;
  EXPECT_EQ(to_string(network),
            "x[n (c k)] 1[i n] [-i + 2*o + k = 1] -> n o () | n=5 c=3 k=2 o=3 i=4 | scale 1/2 * 0.5");
  EXPECT_EQ(test::to_text(network), to_string(network));
}

/// The network that the printed equation builds, over the same operands and ones.
void expect_round_trip(const Network& network, std::uint64_t seed) {
  const EquationText text = to_equation(network);
  const std::vector<Tensor> bound = test::random_operands(network, seed);
  std::vector<OperandSpec> specs;
  std::vector<Tensor> operands;
  for (const TermOperand& each : text.operands) {
    specs.emplace_back(each.shape);
    operands.push_back(each.operand < 0 ? test::ones(each.shape) : bound[each.operand]);
  }
  Network again = built(text.equation, specs, {.sizes = text.sizes});
  again.scale = text.scale;
  ASSERT_EQ(again.shape(), network.shape()) << text.equation;
  EXPECT_EQ(evaluate_reference(again, operands).values<double>(), evaluate_reference(network, bound).values<double>())
      << text.equation << "\n" << to_string(network);
}

TEST(Print, RoundTrips_RandomNetworks) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) expect_round_trip(test::random_network(seed), seed);
}

}  // namespace
}  // namespace einfold
