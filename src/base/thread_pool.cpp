// SPDX-License-Identifier: MIT
#include "base/thread_pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace einfold {
namespace {

thread_local bool inside_task = false;

struct Job {
  TaskRef fn;
  std::int64_t tasks;
  int threads;
  std::atomic<std::int64_t> next{0};
  std::atomic<bool> failed{false};
  int joined = 1;            // guarded by the pool's mutex; the caller is worker 0
  int active = 0;            // the same; workers of the pool still inside
  std::exception_ptr error;  // the same

  Job(TaskRef f, std::int64_t count, int limit) : fn(f), tasks(count), threads(limit) {}

  /// Takes tasks until none is left; returns what a task threw.
  std::exception_ptr work(int worker) noexcept {
    inside_task = true;
    std::exception_ptr thrown;
    while (!failed.load(std::memory_order_relaxed)) {
      const std::int64_t task = next.fetch_add(1, std::memory_order_relaxed);
      if (task >= tasks) break;
      try {
        fn(task, worker);
      } catch (...) {
        thrown = std::current_exception();
        failed.store(true, std::memory_order_relaxed);
      }
    }
    inside_task = false;
    return thrown;
  }
};

/// Threads that wait for jobs. They are detached and the pool is never destroyed: no order of shutdown to get
/// wrong.
class Pool {
 public:
  void run(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      const int wanted = static_cast<int>(std::min<std::int64_t>(job.threads, job.tasks)) - 1;
      try {
        for (; workers_ < wanted; ++workers_) std::thread([this] { serve(); }).detach();
      } catch (const std::system_error&) {
        // no more threads to be had: the ones there are do the work
      }
      jobs_.push_back(&job);
    }
    published_.fetch_add(1, std::memory_order_release);
    wake_.notify_all();
    std::exception_ptr thrown = job.work(0);
    std::unique_lock lock(mutex_);
    jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
    done_.wait(lock, [&] { return job.active == 0; });
    if (!job.error) job.error = thrown;
    lock.unlock();
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
  Job* joinable() const {
    for (Job* job : jobs_) {
      if (job->joined < job->threads && job->next.load(std::memory_order_relaxed) < job->tasks) return job;
    }
    return nullptr;
  }

  [[noreturn]] void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      Job* job = joinable();
      if (job == nullptr) {
        // A short spin catches the next of many short jobs without a system call.
        const auto seen = published_.load(std::memory_order_acquire);
        lock.unlock();
        for (int i = 0; i < 2000 && published_.load(std::memory_order_acquire) == seen; ++i) relax();
        lock.lock();
        wake_.wait(lock, [&] { return (job = joinable()) != nullptr; });
      }
      const int worker = job->joined++;
      ++job->active;
      lock.unlock();
      std::exception_ptr thrown = job->work(worker);
      lock.lock();
      if (thrown && !job->error) job->error = std::move(thrown);
      thrown = nullptr;
      if (--job->active == 0) done_.notify_all();
    }
  }

  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Job*> jobs_;
  std::atomic<std::uint64_t> published_{0};
  int workers_ = 0;
};

std::atomic<Pool*> current_pool{nullptr};

/// The pool of this process. A child after fork has none of its parent's threads, so it starts with a new
/// pool.
Pool& pool() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { current_pool.store(nullptr); });
  (void)registered;
  Pool* seen = current_pool.load(std::memory_order_acquire);
  if (seen != nullptr) return *seen;
  auto* made = new Pool;  // never destroyed, see Pool
  if (current_pool.compare_exchange_strong(seen, made, std::memory_order_acq_rel)) return *made;
  delete made;
  return *seen;
}

}  // namespace

void parallel_for(int threads, std::int64_t tasks, TaskRef fn) {
  if (threads <= 1 || tasks <= 1 || inside_task) {
    for (std::int64_t task = 0; task < tasks; ++task) fn(task, 0);
    return;
  }
  Job job(fn, tasks, threads);
  pool().run(job);
}

int available_processors() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace einfold
