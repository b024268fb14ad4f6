// SPDX-License-Identifier: MIT
//
// Independent trials on several threads. What a trial does must depend on its number alone.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace einfold::pathfind {

/// f(0), .., f(count - 1), each once, on at most `threads` threads. The first exception is thrown again here.
template <class F>
void for_each_trial(int count, int threads, F f) {
  std::atomic<int> next{0};
  std::exception_ptr error;
  std::mutex mutex;
  const auto work = [&] {
    for (int trial = next++; trial < count; trial = next++) {
      try {
        f(trial);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        return;
      }
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < std::min(threads, count); ++t) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace einfold::pathfind
