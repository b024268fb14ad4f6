// SPDX-License-Identifier: MIT
//
// Where a computation's tasks run: einfold's own pool, or the threads of a host program.
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

/// What a host implements to lend its threads: RunOptions::executor.
class Executor {
 public:
  virtual ~Executor() = default;
  /// At least 1. Scratch memory is planned for so many workers.
  [[nodiscard]] virtual int threads() const noexcept = 0;
  /// Calls fn(task, worker) once for each task in [0, tasks), and returns when all have ended. `worker` is in
  /// [0, threads()), and no two calls that run at the same time share it. The first exception of a task is rethrown
  /// once all running tasks have ended; tasks not yet started may then be skipped. May be called from several threads at
  /// once, and from inside a task; running everything on the calling thread as worker 0 is then right.
  virtual void run(std::int64_t tasks, TaskRef fn) = 0;
};

}  // namespace einfold
