// SPDX-License-Identifier: MIT
//
// The memory limit counts real bytes: what a run allocates beside operands and result is what the plan says, whatever the limit.
#include "einfold/error.hpp"
#include "einfold/einsum.hpp"
#include "einfold/expression.hpp"
#include "exec/executable.hpp"
#include "property/random_convolution.hpp"
#include "support/network_text.hpp"
#include "support/random_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

/// Of workspaces: nothing else asks for aligned memory that way. The size stands in front.
std::size_t living_bytes = 0, peak_bytes = 0;
constexpr std::size_t kFront = 4096;

}  // namespace

void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  if (static_cast<std::size_t>(alignment) > kFront) return nullptr;
  void* block = std::aligned_alloc(kFront, (bytes + 2 * kFront - 1) / kFront * kFront);
  if (block == nullptr) return nullptr;
  *static_cast<std::size_t*>(block) = bytes;
  living_bytes += bytes;
  peak_bytes = std::max(peak_bytes, living_bytes);
  return static_cast<std::byte*>(block) + kFront;
}

void operator delete(void* pointer, std::align_val_t) noexcept {
  if (pointer == nullptr) return;
  void* block = static_cast<std::byte*>(pointer) - kFront;
  living_bytes -= *static_cast<std::size_t*>(block);
  std::free(block);
}

namespace einfold::test {
namespace {

/// The number of bytes that the refusal of a limit names.
std::int64_t named(const Error& error) {
  EXPECT_EQ(error.code(), "E0603") << error.what();
  const std::string what = error.what();
  const std::size_t at = what.find("at least ");
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? -2 : std::strtoll(what.c_str() + at + 9, nullptr, 10);
}

struct Counts {
  int refused = 0, sliced = 0;
};

/// Under `limit`: the refusal's number, or -1 if the values are those expected and no byte more was taken than the plan said.
std::int64_t run_within(const Expression& expression, const std::vector<Tensor>& operands, std::int64_t limit, const Values& expected) {
  const RunOptions run{.threads = 1, .memory_limit_bytes = limit};
  const Tensor result(DType::kFloat64, expression.shape());
  try {
    peak_bytes = living_bytes = 0;
    expression.evaluate_into(operands, result, run);
  } catch (const Error& error) {
    EXPECT_EQ(peak_bytes, 0u) << "refused, but only after it had begun";
    return named(error);
  }
  const std::int64_t stated = expression.workspace_bytes(DType::kFloat64, run);
  EXPECT_LE(stated, limit);
  const bool on_the_stack = stated <= Executable::kOnTheStack;
  EXPECT_EQ(peak_bytes, on_the_stack ? 0u : static_cast<std::size_t>(stated));
  EXPECT_EQ(result.values<double>(), expected);
  return -1;
}

/// Values are those without a limit down to the least that a refusal names; that works, and a byte less is refused with the same number.
void expect_limits_kept(const Expression& expression, const std::vector<Tensor>& operands, Counts& counts) {
  const Tensor unlimited(DType::kFloat64, expression.shape());
  expression.evaluate_into(operands, unlimited, {.threads = 1});
  const Values expected = unlimited.values<double>();
  const std::int64_t most = expression.workspace_bytes(DType::kFloat64, {.threads = 1});
  const std::int64_t least = run_within(expression, operands, 0, expected);
  if (least == -1) return;
  ++counts.refused;
  ASSERT_GT(least, 0);
  ASSERT_LE(least, most);
  counts.sliced += least < most;
  ASSERT_EQ(run_within(expression, operands, least, expected), -1);
  ASSERT_EQ(run_within(expression, operands, least - 1, expected), least);
  for (const std::int64_t limit : {least + 1, least + (most - least) / 3, least + (most - least) * 2 / 3, most - 1, most})
    ASSERT_EQ(run_within(expression, operands, std::max(limit, least), expected), -1) << limit << " of " << least << " to " << most;
}

TEST(Limits, AreKeptToTheByte_ByRandomNetworks) {
  Counts counts;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Network network = random_network(seed, {.most_points = 20'000, .most_affine = 3, .most_dense = 5});
    if (network.operands.empty()) continue;  // an integer
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + to_text(network));
    expect_limits_kept(Expression(network), random_operands(network, seed, DType::kFloat64), counts);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(counts.refused, 40);
  EXPECT_GT(counts.sliced, 10);
}

/// Every operation that has intermediates, whatever the dimensions, strides and groups.
TEST(Limits, AreKeptToTheByte_ByOperationsOfConvolutions) {
  Counts counts;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const RandomConvolution c(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (const auto& [name, roles] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"kfc", {"x"}}, {"kfac-reduce", {"x"}}, {"transpose-kfac-reduce", {"v"}}, {"ggn-diagonal", {"x", "s"}},
             {"ggn-gram", {"x", "s"}}, {"ggn-block", {"x", "s"}}, {"per-example-squared-norm", {"x", "v"}},
             {"gradient-gram", {"x", "v"}}, {"gradient-second-moment", {"x", "v"}}}) {
      SCOPED_TRACE(name);
      conv::Shapes shapes;
      std::vector<Tensor> operands;
      for (const std::string& role : roles) {
        operands.push_back(c.operand(role).to(DType::kFloat64));
        shapes[role] = operands.back().shape();
      }
      ConvSpec spec = c.spec;
      if (name.find("kf") != std::string::npos) spec.scale = 1.0;  // exact in any order
      expect_limits_kept(conv::operation(name, spec, shapes), operands, counts);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(counts.refused, 30);
  EXPECT_GT(counts.sliced, 10);
}

/// A limit of a few bytes on a chain of large matrices neither takes for ever to plan nor makes a plan without end.
TEST(Limits, OfAFewBytes_ArePlannedInNoTime) {
  const Expression expression = compile("ab,bc,cd->ad", {Shape{700, 300}, Shape{300, 800}, Shape{800, 600}});
  try {
    (void)expression.workspace_bytes(DType::kFloat32, {.threads = 1, .memory_limit_bytes = 1});
    FAIL() << "a matrix product needs an intermediate";
  } catch (const Error& error) {
    const std::int64_t least = named(error);
    EXPECT_LE(least, 1 << 10);
    EXPECT_LE(expression.workspace_bytes(DType::kFloat32, {.threads = 1, .memory_limit_bytes = least}), least);
  }
}

}  // namespace
}  // namespace einfold::test
