// SPDX-License-Identifier: MIT
//
// Peak resident memory of a fresh process that does one thing is operands + result + workspace. The program starts itself again
// for each operation.
#include "memory/counting.hpp"
#include "memory/expressions.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace einfold::test {
namespace {

constexpr const char* kWhich = "EINFOLD_MEASURE_EXPRESSION";
/// Pages touched for the first time: code, stacks of threads, the allocator's own.
constexpr std::int64_t kSlack = 3 << 20;

std::int64_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

/// Prints by how much the process's peak rose over one run, operands and result made and the plan ready.
int measure_in_this_process(std::size_t which) {
  const Expression expression = expressions_of_all_kinds().at(which).second;
  const RunOptions run{.threads = 2};
  const std::int64_t workspace = expression.workspace_bytes(DType::kFloat32, run);
  std::vector<Tensor> operands;
  for (const Operand& operand : expression.operands()) {
    // Filled in place: a temporary copy would raise the peak before the run.
    const Tensor tensor(DType::kFloat32, operand.shape);
    auto* values = tensor.mutable_data_as<float>();
    for (std::int64_t i = 0; i < tensor.size(); ++i) values[i] = static_cast<float>(i % 613) * 0.01F - 3;
    operands.push_back(tensor);
  }
  const Tensor result(DType::kFloat32, expression.shape());
  auto* values = result.mutable_data_as<float>();
  for (std::int64_t i = 0; i < result.size(); ++i) values[i] = 1;
  const std::int64_t before = peak_resident_bytes();
  expression.evaluate_into(operands, result, run);
  std::printf("%lld %lld\n", static_cast<long long>(peak_resident_bytes() - before), static_cast<long long>(workspace));
  return 0;
}

TEST(PeakMemory, OfAFreshProcessIsOperandsResultAndWorkspace) {
  if (!counting()) GTEST_SKIP() << "sanitizers need memory of their own";
  char self[4096] = {};
  ASSERT_GT(readlink("/proc/self/exe", self, sizeof self - 1), 0);
  const auto expressions = expressions_of_all_kinds();
  for (std::size_t which = 0; which < expressions.size(); ++which) {
    SCOPED_TRACE(expressions[which].first);
    FILE* out = popen((std::string(kWhich) + "=" + std::to_string(which) + " '" + self + "'").c_str(), "r");
    ASSERT_NE(out, nullptr);
    long long rose = -1, workspace = -1;
    EXPECT_EQ(std::fscanf(out, "%lld %lld", &rose, &workspace), 2);
    EXPECT_EQ(pclose(out), 0);
    EXPECT_LE(rose, workspace + kSlack);
  }
}

}  // namespace
}  // namespace einfold::test

int main(int count, char** arguments) {
  if (const char* which = std::getenv(einfold::test::kWhich)) return einfold::test::measure_in_this_process(std::strtoul(which, nullptr, 10));
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
