// SPDX-License-Identifier: MIT
#include "base/thread_pool.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace einfold {
namespace {

TEST(ThreadPool, RunsEveryTaskOnce_WithWorkersBelowTheLimit) {
  for (const int threads : {1, 2, 3, 8}) {
    std::vector<std::atomic<int>> runs(1000);
    std::vector<std::atomic<int>> inside(static_cast<std::size_t>(threads));
    std::atomic<bool> shared{false};
    parallel_for(threads, 1000, [&](std::int64_t task, int worker) {
      if (inside[static_cast<std::size_t>(worker)].fetch_add(1) != 0) shared = true;
      ++runs[static_cast<std::size_t>(task)];
      --inside[static_cast<std::size_t>(worker)];
    });
    EXPECT_FALSE(shared);
    for (const auto& count : runs) ASSERT_EQ(count, 1);
  }
}

TEST(ThreadPool, RunsNestedCallsOnTheCallingThread) {
  std::atomic<int> foreign{0}, inner{0};
  parallel_for(4, 8, [&](std::int64_t, int) {
    const auto self = std::this_thread::get_id();
    parallel_for(4, 8, [&](std::int64_t, int worker) {
      ++inner;
      if (std::this_thread::get_id() != self || worker != 0) ++foreign;
    });
  });
  EXPECT_EQ(inner, 64);
  EXPECT_EQ(foreign, 0);
}

TEST(ThreadPool, RethrowsATasksException_AndStaysUsable) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    EXPECT_THROW(parallel_for(3, 100,
                              [](std::int64_t task, int) {
                                if (task == 17) throw std::runtime_error("seventeen");
                              }),
                 std::runtime_error);
    std::atomic<int> count{0};
    parallel_for(3, 100, [&](std::int64_t, int) { ++count; });
    EXPECT_EQ(count, 100);
  }
}

TEST(ThreadPool, ServesSeveralCallersAtOnce) {
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> sum{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 200; ++repeat) {
        parallel_for(3, 20, [&](std::int64_t task, int) { sum += task; });
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 200 * 190);
}

#if !defined(__SANITIZE_THREAD__)
TEST(ThreadPool, WorksInAChildAfterFork) {
  parallel_for(3, 10, [](std::int64_t, int) {});
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> count{0};
    parallel_for(3, 100, [&](std::int64_t, int) { ++count; });
    _exit(count == 100 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
#endif

}  // namespace
}  // namespace einfold
