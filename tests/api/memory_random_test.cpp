// SPDX-License-Identifier: MIT
//
// The memory limit on random networks: values are the reference's, or the error's number is the least that does.
#include "einfold/error.hpp"
#include "einfold/expression.hpp"
#include "einfold/reference.hpp"
#include "support/every.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace einfold::test {
namespace {

/// Bytes that the refusal names; -1 if `limit` does.
std::int64_t refused_with(const Expression& expression, const std::vector<Tensor>& operands, std::int64_t limit, std::vector<double>& values) {
  try {
    values = expression.evaluate(operands, {.threads = 1, .memory_limit_bytes = limit}).values<double>();
    return -1;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0603") << error.what();
    const std::string what = error.what();
    const std::size_t at = what.find("at least ");
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? -2 : std::strtoll(what.c_str() + at + 9, nullptr, 10);
  }
}

TEST(MemoryOfRandomNetworks, IsKeptOrItsLeastIsNamed) {
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 1500; seed += kEveryNth) {
    const Network network = random_network(seed, {.most_points = 50'000, .most_affine = 3, .most_dense = 4});
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + to_text(network));
    const std::vector<Tensor> operands = random_operands(network, seed, DType::kFloat64);
    const std::vector<double> expected = evaluate_reference(network, operands).values<double>();
    const Expression expression(network);
    std::vector<double> values;
    const std::int64_t least = refused_with(expression, operands, 0, values);
    if (least != -1) {
      ++refused;
      ASSERT_GT(least, 0);
      ASSERT_EQ(refused_with(expression, operands, least, values), -1);
      ASSERT_EQ(values, expected);
      ASSERT_EQ(refused_with(expression, operands, least - 1, values), least);
      for (const std::int64_t limit : {least + 8, least + least / 2, 2 * least, 4 * least}) {
        ASSERT_EQ(refused_with(expression, operands, limit, values), -1) << "works with " << least << ", but not with " << limit;
        ASSERT_EQ(values, expected);
      }
    }
    ASSERT_EQ(values, expected);
  }
  EXPECT_GT(refused, 100 / kEveryNth);
}

}  // namespace
}  // namespace einfold::test
