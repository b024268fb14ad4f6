// SPDX-License-Identifier: MIT
//
// Running independent tasks on several threads. Knows nothing of tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace einfold {

/// A borrowed callable `void(std::int64_t task, int worker)`: valid as long as what it refers to.
class TaskRef {
 public:
  template <class F, class = std::enable_if_t<!std::is_same_v<std::remove_cvref_t<F>, TaskRef>>>
  TaskRef(F&& function) noexcept  // NOLINT(google-explicit-constructor)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, std::int64_t task, int worker) {
          (*static_cast<std::remove_reference_t<F>*>(object))(task, worker);
        }) {}
  void operator()(std::int64_t task, int worker) const { call_(object_, task, worker); }

 private:
  void* object_;
  void (*call_)(void*, std::int64_t, int);
};

/// Calls fn(task, worker) once for each task in [0, tasks), on at most `threads` threads, the caller among
/// them.
///
/// `worker` is in [0, threads) and no two calls that run at the same time share it. Tasks start in ascending
/// order. The first exception is rethrown here once all running tasks have ended; tasks not yet started are
/// then skipped. Called from inside a task it runs everything on the calling thread, as worker 0. Several
/// threads may call it at once, and it works in a child after fork.
void parallel_for(int threads, std::int64_t tasks, TaskRef fn);

/// Where tasks run: einfold's own pool, or whatever a host lends. The contract of `run` is that of
/// `parallel_for`.
class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual int threads() const noexcept = 0;
  virtual void run(std::int64_t tasks, TaskRef fn) = 0;
};

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
