// SPDX-License-Identifier: MIT
//
// What is remembered between calls, and that remembering never shows in a value.
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace einfold::test {
namespace {

class PlanCache : public ::testing::Test {
 protected:
  void SetUp() override { clear_plan_cache(); }
  void TearDown() override {
    set_plan_cache_capacity(512);
    clear_plan_cache();
  }
};

TEST_F(PlanCache, KnowsACallAgain) {
  const Tensor a = integers({3, 4}, 1), b = integers({4, 5}, 2);
  const std::vector<double> first = einsum("ij,jk->ik", {a, b}).values<double>();
  EXPECT_EQ(plan_cache_statistics().equations.hits, 0);
  EXPECT_EQ(plan_cache_statistics().equations.misses, 1);
  for (int again = 0; again < 3; ++again) EXPECT_EQ(einsum("ij,jk->ik", {a, b}).values<double>(), first);
  const PlanCacheStatistics statistics = plan_cache_statistics();
  EXPECT_EQ(statistics.equations.hits, 3);
  EXPECT_EQ(statistics.equations.entries, 1);
  EXPECT_EQ(statistics.plans.entries, 1);
}

TEST_F(PlanCache, SharesPlansOfEquationsThatDifferInNames) {
  const Tensor a = integers({3, 4}, 1), b = integers({4, 5}, 2);
  const std::vector<double> first = einsum("ij,jk->ik", {a, b}).values<double>();
  EXPECT_EQ(einsum("ab,bc->ac", {a, b}).values<double>(), first);
  EXPECT_EQ(einsum("row inner, inner col -> row col", {a, b}).values<double>(), first);
  const PlanCacheStatistics statistics = plan_cache_statistics();
  EXPECT_EQ(statistics.equations.misses, 3);
  EXPECT_EQ(statistics.plans.entries, 1);
  EXPECT_EQ(statistics.plans.hits, 2);
}

/// Whatever decides the value or its type must tell calls apart.
TEST_F(PlanCache, TellsCallsApart) {
  const Tensor a = integers({4, 4}, 1), b = integers({4, 4}, 2);
  const std::vector<std::int64_t> transposed{1, 0};
  const auto product = [](const Tensor& x, const Tensor& y) { return einsum("ij,jk->ik", {x, y}); };
  const std::vector<double> plain = product(a, b).values<double>();
  EXPECT_NE(product(a.permute(transposed), b).values<double>(), plain);
  EXPECT_EQ(product(a.to(DType::kFloat32), b.to(DType::kFloat32)).dtype(), DType::kFloat32);
  EXPECT_EQ(product(a.to(DType::kInt32), b.to(DType::kFloat32)).values<double>(), plain);
  EXPECT_EQ(einsum("ij,jk->ki", {a, b}).values<double>(), product(a, b).permute(transposed).values<double>());
  EXPECT_EQ(einsum("ij,jk->ik", {a, b}, {.run = {.threads = 1}}).values<double>(), plain);
  EXPECT_EQ(einsum("ij,jk->ik", {a, b}, {.run = {.simplify = false}}).values<double>(), plain);
  EXPECT_EQ(product(a, b).values<double>(), plain);
  const Tensor narrow = integers({4, 1}, 3), wide = integers({4, 4}, 4);
  EXPECT_THROW((void)einsum("ij,ij->ij", {narrow, wide}), Error);
  EXPECT_EQ(einsum("ij,ij->ij", {narrow, wide}, {.broadcast = true}).shape(), (Shape{4, 4}));
  EXPECT_THROW((void)einsum("ij,ij->ij", {narrow, wide}), Error);
}

TEST_F(PlanCache, IsBounded) {
  set_plan_cache_capacity(5);
  for (std::int64_t n = 1; n <= 20; ++n) (void)einsum("ij->i", {integers({n, 3}, 1)});
  PlanCacheStatistics statistics = plan_cache_statistics();
  EXPECT_EQ(statistics.capacity, 5u);
  EXPECT_EQ(statistics.equations.entries, 5);
  EXPECT_EQ(statistics.equations.evictions, 15);
  (void)einsum("ij->i", {integers({16, 3}, 1)});  // the least recent of the five
  (void)einsum("ij->i", {integers({21, 3}, 1)});  // drives out 17, not 16
  (void)einsum("ij->i", {integers({16, 3}, 1)});
  statistics = plan_cache_statistics();
  EXPECT_EQ(statistics.equations.hits, 2);
  set_plan_cache_capacity(0);
  EXPECT_EQ(plan_cache_statistics().equations.entries, 0);
  EXPECT_EQ(einsum("ij->", {integers({2, 3}, 1)}).shape(), Shape{});
  EXPECT_EQ(plan_cache_statistics().equations.entries, 0);
}

TEST_F(PlanCache, ForgetsErrors) {
  EXPECT_THROW((void)einsum("ij,jk->ik", {integers({3, 4}, 1), integers({3, 4}, 1)}), Error);
  EXPECT_EQ(plan_cache_statistics().equations.entries, 0);
}

TEST_F(PlanCache, ServesManyThreads) {
  set_plan_cache_capacity(8);  // so that entries come and go
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&wrong, t] {
      for (int round = 0; round < 60; ++round) {
        const std::int64_t n = 1 + (round * 7 + t) % 13;
        const Tensor a = integers({n, 3}, static_cast<std::uint64_t>(n)), b = integers({3, 2}, 7);
        if (einsum("ij,jk->ik", {a, b}).values<double>() != compile("ij,jk->ik", {a.shape(), b.shape()})(a, b).values<double>()) ++wrong;
        if (round % 20 == 19) clear_plan_cache();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace einfold::test
