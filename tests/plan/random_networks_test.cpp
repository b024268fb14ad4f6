// SPDX-License-Identifier: MIT
//
// The planned evaluator against the reference on random networks: integers, so values are exact.
#include "einfold/reference.hpp"
#include "network/verify.hpp"
#include "support/evaluate.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"
#include "support/shrink.hpp"

#include <gtest/gtest.h>

namespace einfold::test {
namespace {

/// Whether the planned value differs from the reference.
bool differs(const Network& network, std::uint64_t seed, const plan::PipelineOptions& options) {
  const std::vector<Tensor> operands = random_operands(network, seed, DType::kFloat64);
  const std::vector<double> expected = evaluate_reference(network, operands).values<double>();
  return evaluate_planned(network, operands, DType::kFloat64, options).values<double>() != expected;
}

void expect_equal_to_reference(std::uint64_t seeds, const plan::PipelineOptions& options, const RandomNetworkOptions& kind) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Network network = random_network(seed, kind);
    const auto fails = [&](const Network& candidate) { return differs(candidate, seed, options); };
    bool failed = true;
    std::string why;
    try {
      failed = fails(network);
    } catch (const std::exception& error) {
      why = error.what();
    }
    ASSERT_FALSE(failed) << "seed " << seed << " " << why << "\n" << to_text(network) << "\n" << to_text(shrunk(network, fails));
  }
}

TEST(Plan, EqualsTheReference_OnRandomNetworks) { expect_equal_to_reference(20000, {}, {}); }

TEST(Plan, EqualsTheReference_WithoutSimplification) {
  plan::PipelineOptions options;
  options.simplify = false;
  expect_equal_to_reference(6000, options, {});
}

TEST(Plan, EqualsTheReference_OnLargerNetworks) {
  expect_equal_to_reference(1000, {}, {.most_points = 200'000, .most_affine = 5, .most_dense = 5});
}

TEST(Plan, EqualsTheReference_ByGreedyOrders) {
  plan::PipelineOptions options;
  options.search.exact_nodes = 0;
  expect_equal_to_reference(2000, options, {.most_points = 50'000, .most_affine = 4, .most_dense = 4});
}

TEST(Plan, EqualsTheReference_WithTightMemory) {
  for (const std::int64_t limit : {0, 4, 30}) {
    plan::PipelineOptions options;
    options.limit_elements = limit;
    expect_equal_to_reference(2000, options, {.most_points = 50'000, .most_affine = 4, .most_dense = 4});
  }
}

}  // namespace
}  // namespace einfold::test
