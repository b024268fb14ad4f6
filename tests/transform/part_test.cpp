// SPDX-License-Identifier: MIT
//
// Parts of networks cut out, replaced, and found again, on values of the reference evaluator.
#include "transform/part.hpp"

#include "einfold/conv.hpp"
#include "network/verify.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"
#include "transform/formulas.hpp"

namespace einfold::test {
namespace {

Part random_part(const Network& network, std::uint64_t seed) {
  Random random(seed);
  Part part;
  for (std::size_t i = 0; i < network.dense.size(); ++i) {
    if (random.chance(60)) part.dense.push_back(i);
  }
  for (std::size_t i = 0; i < network.affine.size(); ++i) {
    if (random.chance(50)) part.affine.push_back(i);
  }
  if (part.dense.empty()) part.dense.push_back(0);
  return part;
}

Bound bound_to(const Network& network, const std::vector<Tensor>& operands) {
  Bound bound;
  for (std::size_t i = 0; i < operands.size(); ++i) bound.emplace(network.operands[i].name, operands[i]);
  return bound;
}

TEST(Part, ReplacedByItsValue) {
  int parts = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    const Network network = random_network(seed, {.most_points = 5'000});
    if (network.zero || network.dense.empty()) continue;
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + to_text(network));
    const Part part = random_part(network, seed);
    const Bound bound = bound_to(network, random_operands(network, seed, DType::kFloat64));
    const Network inside = cut(network, part), outside = replaced(network, part, "whole");
    verify(inside);
    verify(outside);
    Bound with_value = bound;
    with_value.emplace("whole", value(inside, bound));
    ASSERT_EQ(value(outside, with_value).values<double>(), value(network, bound).values<double>());
    ++parts;
  }
  EXPECT_GT(parts, 1000);
}

/// A part that was cut out is found again where it came from, and read back from its value.
TEST(Part, IsFoundWhereItWasCut) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    const Network network = random_network(seed, {.most_points = 5'000});
    if (network.zero || network.dense.empty()) continue;
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + to_text(network));
    const Network definition = cut(network, random_part(network, seed));
    const Bound bound = bound_to(network, random_operands(network, seed, DType::kFloat64));
    Bound with_value = bound;
    with_value.emplace("whole", value(definition, bound));
    const auto occurrence = find_occurrence(network, definition);
    ASSERT_TRUE(occurrence.has_value());
    const Network outside = replaced(network, occurrence->part, "whole", occurrence->axes);
    verify(outside);
    ASSERT_EQ(value(outside, with_value).values<double>(), value(network, bound).values<double>());
    ++found;
  }
  EXPECT_GT(found, 1000);
}

TEST(Part, OccursTwiceInItsGram) {
  const ConvSpec spec{.kernel = {3, 2}, .stride = {2, 1}, .padding = 1, .groups = 2};
  const Shape x{3, 4, 6, 5}, v{3, 6, 3, 6};
  const Network gradients = conv::operation("weight-vjp-per-example", spec, {{"x", x}, {"v", v}}).network();
  Network norms = conv::per_example_squared_norm(spec, x, v).network();
  for (int copy = 0; copy < 2; ++copy) {
    const auto occurrence = find_occurrence(norms, gradients);
    ASSERT_TRUE(occurrence.has_value());
    norms = replaced(norms, occurrence->part, "gradients", occurrence->axes);
  }
  EXPECT_EQ(norms.dense.size(), 2u);
  EXPECT_EQ(norms.operands.size(), 1u);
  EXPECT_TRUE(norms.affine.empty());
  EXPECT_FALSE(find_occurrence(norms, gradients).has_value());
}

TEST(Part, IsNotFoundWhereItsSumIsOpen) {
  const Network sum = network_of("i j, j k -> i k", {Shape{3, 4}, Shape{4, 2}});
  EXPECT_FALSE(find_occurrence(network_of("i j, j k -> i j k", {Shape{3, 4}, Shape{4, 2}}), sum).has_value());
  EXPECT_FALSE(find_occurrence(network_of("i j, j k, j -> i k", {Shape{3, 4}, Shape{4, 2}, Shape{4}}), sum).has_value());
  EXPECT_TRUE(find_occurrence(network_of("i j, j k, k -> i", {Shape{3, 4}, Shape{4, 2}, Shape{2}}), sum).has_value());
}

TEST(Part, IsReadAlongTheDiagonalWhereItsAxesMeet) {
  const Network product = network_of("i j, j k -> i k", {Shape{3, 4}, Shape{4, 3}});
  const Network trace = network_of("i j, j i -> ", {Shape{3, 4}, Shape{4, 3}});
  const auto occurrence = find_occurrence(trace, product);
  ASSERT_TRUE(occurrence.has_value());
  ASSERT_EQ(occurrence->axes.size(), 2u);
  EXPECT_EQ(occurrence->axes[0], occurrence->axes[1]);
  // But two indices of which one is summed must not meet.
  EXPECT_FALSE(find_occurrence(network_of("i i, i k -> k", {Shape{4, 4}, Shape{4, 3}}),
                               network_of("i j, j k -> i k", {Shape{4, 4}, Shape{4, 3}})).has_value());
}

}  // namespace
}  // namespace einfold::test
