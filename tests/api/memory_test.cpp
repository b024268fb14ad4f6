// SPDX-License-Identifier: MIT
//
// The memory limit: kept, or an error that names the least that does.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace einfold::test {
namespace {

std::vector<Tensor> operands_of(const Expression& expression, DType type) {
  std::vector<Tensor> operands;
  for (const Operand& operand : expression.operands()) operands.push_back(integers(operand.shape, operands.size() + 1, type));
  return operands;
}

/// The number of bytes that the refusal of `limit` names; -1 if there is none.
std::int64_t named_least(const Expression& expression, const std::vector<Tensor>& operands, std::int64_t limit) {
  try {
    (void)expression.evaluate(operands, {.threads = 1, .memory_limit_bytes = limit});
    return -1;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0603");
    EXPECT_EQ(error.kind(), ErrorKind::kMemory);
    const std::string what = error.what();
    const std::size_t at = what.find("at least ");
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? -2 : std::strtoll(what.c_str() + at + 9, nullptr, 10);
  }
}

std::vector<std::pair<std::string, Expression>> expressions() {
  const ConvSpec spec{.kernel = {3, 3}, .padding = 1, .groups = 2};
  const Shape x{3, 4, 9, 8}, w{4, 2, 3, 3}, v{3, 4, 9, 8}, s{2, 3, 4, 9, 8};
  return {{"chain", compile("ab,bc,cd->ad", {Shape{20, 30}, Shape{30, 25}, Shape{25, 10}})},
          {"star", compile("ax,bx,cx->abc", {Shape{6, 40}, Shape{7, 40}, Shape{8, 40}})},
          {"long chain", compile("ab,bc,cd,de,ef->af", {Shape{9, 12}, Shape{12, 7}, Shape{7, 15}, Shape{15, 8}, Shape{8, 5}})},
          {"forward", conv::forward(spec, x, w)},
          {"kfc", conv::kfc({.kernel = {3, 3}, .padding = 1, .groups = 2, .scale = 1.0}, x)},
          {"ggn-diagonal", conv::ggn_diagonal(spec, x, s)},
          {"ggn-gram", conv::ggn_gram(spec, x, s)},
          {"per-example-squared-norm", conv::per_example_squared_norm(spec, x, v)}};
}

TEST(Memory, AtTheNamedLeastItWorks_OneByteBelowItIsRefused) {
  int refused = 0;
  for (const auto& [name, expression] : expressions()) {
    SCOPED_TRACE(name);
    const std::vector<Tensor> operands = operands_of(expression, DType::kFloat64);
    const std::vector<double> expected = expression.evaluate(operands, {.threads = 1}).values<double>();
    const std::int64_t least = named_least(expression, operands, 0);
    if (least < 0) {
      EXPECT_EQ(least, -1);  // nothing but operands and result is needed
      continue;
    }
    ++refused;
    ASSERT_GT(least, 0);
    EXPECT_EQ(expression.evaluate(operands, {.threads = 1, .memory_limit_bytes = least}).values<double>(), expected);
    EXPECT_EQ(named_least(expression, operands, least - 1), least);
  }
  EXPECT_GE(refused, 3);
}

TEST(Memory, ValuesAreTheSameUnderEveryLimitThatDoes) {
  for (const auto& [name, expression] : expressions()) {
    SCOPED_TRACE(name);
    const std::vector<Tensor> operands = operands_of(expression, DType::kFloat64);
    const std::vector<double> expected = expression.evaluate(operands, {.threads = 1}).values<double>();
    const std::int64_t most = expression.workspace_bytes(DType::kFloat64, {.threads = 1});
    int done = 0;
    for (std::int64_t limit = most; limit > 0; limit = limit * 2 / 3) {
      try {
        const RunOptions run{.threads = 1, .memory_limit_bytes = limit};
        ASSERT_EQ(expression.evaluate(operands, run).values<double>(), expected) << limit;
        ASSERT_LE(expression.workspace_bytes(DType::kFloat64, run), limit);
        ++done;
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), "E0603");
      }
    }
    EXPECT_GE(done, most > 0 ? 1 : 0);
  }
}

/// An intermediate of 64 MiB where one slice of it does: the limit is kept, not ignored.
TEST(Memory, ALargeIntermediateIsSliced) {
  const Expression expression = compile("ab,bc,cd,ad->", {Shape{2048, 16}, Shape{16, 2048}, Shape{2048, 16}, Shape{2048, 16}});
  const std::int64_t limit = 4 << 20;
  EXPECT_LE(expression.workspace_bytes(DType::kFloat32, {.memory_limit_bytes = limit}), limit);
}

/// The result alone is beyond any memory: an error before an operand is touched.
TEST(Memory, AResultBeyondMemoryIsAnError) {
  const std::int64_t huge = std::int64_t{1} << 21;
  const Tensor a = integers({1}, 1).expand({huge}), b = a;
  try {
    (void)einsum("i,j->ij", {a, b});  // 32 TiB
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0601") << error.what();
    EXPECT_EQ(error.kind(), ErrorKind::kMemory);
  }
}

}  // namespace
}  // namespace einfold::test
