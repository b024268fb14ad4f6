// SPDX-License-Identifier: MIT
//
// Threads: one expression from many of them, and the same bits on any number of them.
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <complex>
#include <cstring>
#include <iterator>
#include <thread>

namespace einfold::test {
namespace {

/// Every thread plans and runs for its own types, strides and options, all on one object.
TEST(Threads, ShareOneExpression) {
  const ConvSpec spec{.stride = {1, 2}, .padding = 1};
  const Expression forward = conv::forward(spec, {2, 3, 8, 9}, {4, 3, 3, 3});
  constexpr int kThreads = 16, kRuns = 20;
  const DType types[] = {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64};
  std::vector<std::vector<Tensor>> operands;
  std::vector<std::vector<double>> expected;
  for (int t = 0; t < kThreads; ++t) {
    const auto seed = static_cast<std::uint64_t>(t);
    operands.push_back({integers({2, 3, 8, 9}, seed, types[t % 4]), integers({4, 3, 3, 3}, seed + 100, types[t % 4])});
    const Expression own = conv::forward(spec, {2, 3, 8, 9}, {4, 3, 3, 3});
    expected.push_back(own.evaluate(operands.back(), {.threads = 1}).values<double>());
  }
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int run = 0; run < kRuns; ++run) {
        const RunOptions options{.threads = 1 + run % 3, .simplify = run % 2 == 0};
        if (forward.evaluate(operands[t], options).values<double>() != expected[t]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

std::vector<Expression> expressions() {
  const Shape x{4, 6, 14, 13}, w{8, 3, 3, 3}, v{4, 8, 14, 13};
  const ConvSpec spec{.kernel = {3, 3}, .padding = 1, .groups = 2};
  return {conv::forward(spec, x, w),
          conv::weight_vjp(spec, x, v),
          conv::input_vjp({.input = {14, 13}, .padding = 1, .groups = 2}, w, v),
          conv::kfc(spec, x),
          conv::kfac_reduce(spec, x),
          conv::unfold(spec, x),
          conv::per_example_squared_norm(spec, x, v),
          compile("ij,jk->ik", {Shape{65, 700}, Shape{700, 33}}),
          compile("ij->", {Shape{300, 401}}),
          compile("ij->j", {Shape{3000, 7}}),
          compile("ab,bc,cd->ad", {Shape{40, 300}, Shape{300, 50}, Shape{50, 60}})};
}

TEST(Threads, NeverChangeABitOfTheResult) {
  for (const Expression& expression : expressions()) {
    SCOPED_TRACE(expression.equation());
    std::vector<Tensor> operands;
    for (const Operand& operand : expression.operands()) operands.push_back(reals(operand.shape, operands.size() + 1, DType::kFloat32));
    const Tensor alone = expression.evaluate(operands, {.threads = 1});
    for (const int threads : {1, 2, 3, 8}) {
      const Tensor together = expression.evaluate(operands, {.threads = threads});
      ASSERT_EQ(std::memcmp(alone.data(), together.data(), static_cast<std::size_t>(alone.size()) * sizeof(float)), 0)
          << threads << " threads";
    }
  }
}

/// A host with threads of its own: a new one per worker and job.
class Host final : public Executor {
 public:
  explicit Host(int threads) : threads_(threads) {}
  [[nodiscard]] int threads() const noexcept override { return threads_; }
  void run(std::int64_t tasks, TaskRef fn) override {
    jobs += 1;
    std::atomic<std::int64_t> next = 0;
    std::vector<std::thread> workers;
    for (int worker = 0; worker < threads_; ++worker) {
      workers.emplace_back([&, worker] {
        for (std::int64_t task = next++; task < tasks; task = next++) fn(task, worker);
      });
    }
    for (std::thread& worker : workers) worker.join();
  }
  std::atomic<int> jobs = 0;

 private:
  int threads_;
};

TEST(Threads, MayBeLentByTheHost) {
  for (const Expression& expression : expressions()) {
    SCOPED_TRACE(expression.equation());
    std::vector<Tensor> operands;
    for (const Operand& operand : expression.operands()) operands.push_back(reals(operand.shape, operands.size() + 1, DType::kFloat32));
    const Tensor alone = expression.evaluate(operands, {.threads = 1});
    Host host(3);
    for (int again = 0; again < 2; ++again) {
      const Tensor lent = expression.evaluate(operands, {.executor = &host});
      ASSERT_EQ(std::memcmp(alone.data(), lent.data(), static_cast<std::size_t>(alone.size()) * sizeof(float)), 0);
    }
    EXPECT_GT(host.jobs, 0);
  }
}

/// Equations and plans are found, made, forgotten and counted at once; some calls lend threads, which meet in one host.
TEST(Threads, ShareTheCaches) {
  constexpr int kThreads = 8, kRuns = 40;
  const char* const equations[] = {"ij,jk->ik", "ab,bc->ac", "ij,jk->ki", "ij,kj->ik", "ij,jk->i"};
  std::vector<Tensor> operands;
  std::vector<std::vector<double>> expected;
  for (const std::int64_t n : {3, 20, 40}) {
    operands.push_back(integers({n, n}, static_cast<std::uint64_t>(n), DType::kFloat32));
    for (const char* equation : equations) expected.push_back(einsum(equation, {operands.back(), operands.back()}).values<double>());
  }
  const std::size_t capacity = plan_cache_statistics().capacity;
  Host host(2);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int run = 0; run < kRuns; ++run) {
        const auto which = static_cast<std::size_t>(t * 7 + run) % expected.size();
        const Tensor& operand = operands[which / std::size(equations)];
        const RunOptions options{.threads = 1 + run % 2, .executor = run % 8 == 0 ? &host : nullptr};
        const Tensor result = einsum(equations[which % std::size(equations)], {operand, operand}, {.run = options});
        if (result.values<double>() != expected[which]) ++wrong;
        if (run % 10 == t) clear_plan_cache();
        if (run % 13 == t) set_plan_cache_capacity(static_cast<std::size_t>(1 + run % 5));
        (void)plan_cache_statistics();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  set_plan_cache_capacity(capacity);
  EXPECT_EQ(wrong, 0);
}

/// What constants decide is computed on the first run of each type, by whoever comes first.
TEST(Threads, ShareConstants) {
  const Tensor a = integers({6, 7}, 1, DType::kFloat64), b = integers({7, 5}, 2, DType::kFloat64);
  const Expression expression = compile("ij,jk,kl->il", {a, b, Shape{5, 4}});
  const Tensor x = integers({5, 4}, 3, DType::kFloat64);
  const std::vector<double> expected = einsum("ij,jk,kl->il", {a, b, x}).values<double>();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const std::vector<Tensor> own{x.to(t % 2 == 0 ? DType::kFloat64 : DType::kComplex128)};
      for (int run = 0; run < 10; ++run) {
        const Tensor result = expression.evaluate(own, {.threads = 1 + run % 2});
        for (std::size_t i = 0; i < expected.size(); ++i) {
          wrong += std::real(result.to(DType::kComplex128).values<std::complex<double>>()[i]) != expected[i];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace einfold::test
