// SPDX-License-Identifier: MIT
//
// The workspace that a plan states is what a run allocates.
#include "exec/executable.hpp"
#include "memory/counting.hpp"
#include "memory/expressions.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

namespace einfold::test {
namespace {

/// Handles, strides and keys of a call; nothing that grows with a tensor.
constexpr std::int64_t kHandles = 16 << 10;

TEST(Workspace, IsWhatARunAllocates) {
  if (!counting()) GTEST_SKIP() << "sanitizers have an allocator of their own";
  for (const auto& [name, expression] : expressions_of_all_kinds()) {
    SCOPED_TRACE(name);
    for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
      std::vector<Tensor> operands;
      for (const Operand& operand : expression.operands()) operands.push_back(reals(operand.shape, operands.size() + 1, dtype));
      const Tensor result(dtype, expression.shape());
      for (const int threads : {1, 2, 3}) {
        const RunOptions run{.threads = threads};
        expression.evaluate_into(operands, result, run);  // plans, starts threads
        const std::int64_t planned = expression.workspace_bytes(dtype, run);
        start_counting();
        expression.evaluate_into(operands, result, run);
        const std::int64_t allocated = most_bytes_alive();
        EXPECT_GE(allocated, planned > Executable::kOnTheStack ? planned : 0) << threads << " threads";
        EXPECT_LE(allocated, planned + kHandles) << threads << " threads";
      }
    }
  }
}

TEST(Workspace, StaysBelowALimit) {
  if (!counting()) GTEST_SKIP() << "sanitizers have an allocator of their own";
  int limited = 0;
  for (const auto& [name, expression] : expressions_of_all_kinds()) {
    SCOPED_TRACE(name);
    const std::int64_t limit = expression.workspace_bytes(DType::kFloat32, {.threads = 2}) / 2;
    const RunOptions run{.threads = 2, .memory_limit_bytes = limit};
    std::vector<Tensor> operands;
    for (const Operand& operand : expression.operands()) operands.push_back(reals(operand.shape, operands.size() + 1, DType::kFloat32));
    const Tensor result(DType::kFloat32, expression.shape());
    try {
      expression.evaluate_into(operands, result, run);
    } catch (const std::exception&) {
      continue;  // refused: less than half does not do
    }
    start_counting();
    expression.evaluate_into(operands, result, run);
    EXPECT_LE(most_bytes_alive(), limit + kHandles);
    ++limited;
  }
  EXPECT_GE(limited, 10);
}

}  // namespace
}  // namespace einfold::test
