// SPDX-License-Identifier: MIT
#include "check_step.hpp"

namespace einfold::cpu::test {
namespace {

double points(const plan::Contraction& step) {
  double result = 1;
  for (const std::int64_t extent : step.nests[0].extents) result *= static_cast<double>(extent);
  return result;
}

template <class T>
class GemmOf : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(GemmOf, Types);

TYPED_TEST(GemmOf, EveryInstructionSetAndThreadCountGivesTheSameBits) {
  int products = 0;
  for (std::uint64_t seed = 0; seed < 30 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const Sizes sizes = seed % 3 == 0 ? Sizes{70, 70, 20, 2, 3} : Sizes{20, 30, 40, 3, 4};
    const plan::Contraction step = structured_contraction(dice, sizes);
    if (points(step) > 2e5) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    std::vector<std::byte> first;
    for (const Isa isa : supported_isas()) {
      for (const int threads : {1, 3}) {
        Dice same(seed + 1000);
        const Checked checked = check_step<TypeParam>(step, same, {.threads = threads, .isa = isa});
        products += checked.kernel != "generic";
        if (first.empty()) first = checked.result;
        EXPECT_TRUE(first == checked.result) << name_of(isa) << ", " << threads << " threads";
      }
    }
  }
  EXPECT_GT(products, 15);
}

/// Rows around every tile height, columns around every tile width, sums around the length of a chain.
TEST(Gemm, TileEdgesGiveTheirDefinition) {
  for (const Isa isa : supported_isas()) {
    for (const std::int64_t m : {1, 2, 5, 11, 12, 13, 25}) {
      for (const std::int64_t n : {1, 7, 15, 16, 17, 31, 33, 48, 65}) {
        for (const std::int64_t k : {1, 3, 255, 256, 257, 700}) {
          if (m * n * k > 200000) continue;
          plan::Contraction step;
          plan::Nest nest;
          nest.extents = {m, n, k};
          nest.a.strides = {k + 1, 0, 1};
          nest.b.strides = {0, 1, n};
          nest.c.strides = {n, 1, 0};
          if (m % 2 == 0) nest.c.strides = {1, m, 0};
          step.c_extents = {m, n};
          step.c_strides = {nest.c.strides[0], nest.c.strides[1]};
          step.nests = {nest};
          Dice dice(static_cast<std::uint64_t>(m * 10000 + n * 100 + k));
          SCOPED_TRACE(describe(step));
          check_step<float>(step, dice, {.isa = isa});
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(Gemm, NothingOutsideAWindowIsMultiplied_NotEvenByZero) {
  int products = 0;
  for (std::uint64_t seed = 0; seed < 200 && !HasFailure(); ++seed) {
    Dice dice(seed);
    const plan::Contraction step = structured_contraction(dice, {12, 12, 12, 2, 3});
    if (points(step) > 2e5) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    products += check_step<float>(step, dice, {.threads = 2, .infinities = true}).kernel != "generic";
  }
  EXPECT_GT(products, 20);
}

TEST(Gemm, IsPassedOver_WhenItsWorkspaceIsNotAllowed) {
  plan::Contraction step;
  plan::Nest nest;
  nest.extents = {100, 90, 80};
  nest.a.strides = {80, 0, 1};
  nest.b.strides = {0, 1, 90};
  nest.c.strides = {90, 1, 0};
  step.nests = {nest};
  step.c_extents = {100, 90};
  step.c_strides = {90, 1};
  const auto free = prepare(step, DType::kFloat32, {});
  EXPECT_EQ(free->name(), "gemm");
  const auto bound = prepare(step, DType::kFloat32, {.workspace_limit_bytes = free->workspace_bytes() - 1});
  EXPECT_EQ(bound->name(), "generic");
  EXPECT_EQ(bound->workspace_bytes(), 0);
  EXPECT_EQ(bound->declined().back().reason,
            "needs " + std::to_string(free->workspace_bytes()) + " bytes of workspace");
}

}  // namespace
}  // namespace einfold::cpu::test
