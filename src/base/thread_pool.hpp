// SPDX-License-Identifier: MIT
//
// einfold's own pool of threads. Knows nothing of tensors.
#pragma once

#include "einfold/executor.hpp"

#include <cstdint>

namespace einfold {

/// Calls fn(task, worker) once for each task in [0, tasks), on at most `threads` threads, the caller among
/// them.
///
/// `worker` is in [0, threads) and no two calls that run at the same time share it. Tasks start in ascending
/// order. The first exception is rethrown here once all running tasks have ended; tasks not yet started are
/// then skipped. Called from inside a task it runs everything on the calling thread, as worker 0. Several
/// threads may call it at once, and it works in a child after fork.
void parallel_for(int threads, std::int64_t tasks, TaskRef fn);

/// einfold's own pool, with this many threads.
class PoolExecutor final : public Executor {
 public:
  explicit PoolExecutor(int threads) noexcept : threads_(threads < 1 ? 1 : threads) {}
  [[nodiscard]] int threads() const noexcept override { return threads_; }
  void run(std::int64_t tasks, TaskRef fn) override { parallel_for(threads_, tasks, fn); }

 private:
  int threads_;
};

/// Number of processors this process may run on.
[[nodiscard]] int available_processors() noexcept;

}  // namespace einfold
