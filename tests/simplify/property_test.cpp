// SPDX-License-Identifier: MIT
//
// What all rules keep, on random networks.
#include "base/fail.hpp"
#include "einfold/reference.hpp"
#include "network/verify.hpp"
#include "simplify/simplify.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"
#include "support/shrink.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <tuple>

namespace einfold {
namespace {

using test::random_network;
using test::random_operands;
using test::shrunk;
using test::to_text;

/// Nothing, or what differs. Equal means the same shape and, entry by entry, the same number or NaN on both sides.
std::string difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return "different shapes";
  const std::vector<double> x = a.values<double>(), y = b.values<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] != y[i] && !(std::isnan(x[i]) && std::isnan(y[i]))) return cat("entry ", i, ": ", x[i], " and ", y[i]);
  }
  return {};
}

/// The measure that every rewrite lowers, but for the last component, the signs.
auto measure(const Network& network) {
  std::size_t legs = 0;
  std::int64_t coefficients = 0;
  for (const Affine& node : network.affine) {
    legs += node.terms.size();
    for (const Term& term : node.terms) coefficients += std::abs(term.coefficient);
  }
  return std::tuple(network.affine.size(), legs, network.indices.size(), coefficients);
}

/// Nothing, or the first broken promise of a rewrite on the way to the simplified network.
std::string broken_promise(const Network& network, std::uint64_t seed, std::map<std::string, int>* counts = nullptr) {
  const std::vector<Tensor> operands = random_operands(network, seed);
  const Tensor expected = evaluate_reference(network, operands);
  Network current = network;
  while (auto step = rules::first_rewrite(current)) {
    const std::string where = cat("after '", step->rule->name, "' (", step->result.what, "): ");
    const Network& next = step->result.network;
    verify(next);
    if (next.operands != network.operands) return where + "other operands";
    if (next.shape() != network.shape()) return where + "another shape";
    const std::string wrong = difference(expected, evaluate_reference(next, operands));
    if (!wrong.empty()) return cat(where, wrong, " in ", to_text(next));
    const bool lower = measure(next) < measure(current) || (next.zero && !current.zero);
    const bool sign = step->rule->name == "normalise" && measure(next) == measure(current);
    if (!lower && !sign) return where + "nothing got smaller";
    if (counts != nullptr) ++(*counts)[std::string(step->rule->name)];
    current = std::move(step->result.network);
  }
  const Simplified once = simplify(network);
  if (once.network != current) return "simplify stops elsewhere";
  const Simplified twice = simplify(once.network);
  if (!twice.trace.empty() || twice.network != once.network) return "a second run changes something";
  return {};
}

template <class Check>
::testing::AssertionResult holds(const Network& network, std::uint64_t seed, Check check) {
  std::string wrong;
  try {
    wrong = check(network);
  } catch (const std::exception& error) {
    wrong = error.what();
  }
  if (wrong.empty()) return ::testing::AssertionSuccess();
  const Network small = shrunk(network, [&](const Network& candidate) { return !check(candidate).empty(); });
  try {
    wrong = check(small);
  } catch (const std::exception& error) {
    wrong = error.what();
  }
  return ::testing::AssertionFailure() << "seed " << seed << ": " << to_text(small) << "\n" << wrong;
}

TEST(Simplify, KeepsTheValue_AfterEveryRewrite) {
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 0; seed < 8000; ++seed) {
    ASSERT_TRUE(holds(random_network(seed), seed, [&](const Network& n) { return broken_promise(n, seed, &counts); }));
  }
  for (const rules::Rule* rule : rules::all()) {
    EXPECT_GE(counts[std::string(rule->name)], 50) << rule->name << " was hardly tested";
  }
}

TEST(Simplify, ChangesNothing_WhenRunAgain) {
  for (std::uint64_t seed = 100'000; seed < 103'000; ++seed) {
    const Network network = random_network(seed, {.most_points = 10'000'000, .most_affine = 6, .most_dense = 5});
    const Simplified once = simplify(network);
    const Simplified twice = simplify(once.network);
    ASSERT_TRUE(twice.trace.empty()) << "seed " << seed << ": " << to_text(network) << "\n" << twice.trace[0].what;
    ASSERT_EQ(twice.network, once.network) << "seed " << seed;
  }
}

/// One entry of one operand at a time is NaN, or infinite: the same results are.
std::string leak(const Network& network, std::uint64_t seed) {
  const Network simplified = simplify(network).network;
  const std::vector<Tensor> operands = random_operands(network, seed, DType::kFloat64);
  for (std::size_t operand = 0; operand < operands.size(); ++operand) {
    for (std::int64_t entry = 0; entry < operands[operand].size(); ++entry) {
      for (const double poison : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        std::vector<Tensor> poisoned = operands;
        poisoned[operand] = operands[operand].clone();
        poisoned[operand].mutable_data_as<double>()[entry] = poison;
        const std::string wrong =
            difference(evaluate_reference(network, poisoned), evaluate_reference(simplified, poisoned));
        if (!wrong.empty()) return cat(poison, " at ", entry, " of operand ", operand, ": ", wrong);
      }
    }
  }
  return {};
}

TEST(Simplify, KeepsNaNWhereItIs) {
  for (std::uint64_t seed = 200'000; seed < 201'500; ++seed) {
    const Network network = random_network(seed, {.most_points = 300});
    ASSERT_TRUE(holds(network, seed, [&](const Network& n) { return leak(n, seed); }));
  }
}

}  // namespace
}  // namespace einfold
