// SPDX-License-Identifier: MIT
//
// Timing for benchmarks. One thread: processor time of the thread, which other programs on the machine
// disturb least; several: wall time. The best of many repetitions is what the machine can do; the median is
// what it did.
#pragma once

#include <time.h>

#include <algorithm>
#include <vector>

namespace einfold::bench {

inline double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Timing {
  double best = 0, median = 0;
};

/// Runs f until `budget` seconds have passed and at least `repeats` times, after one run to warm up.
template <class F>
Timing time_of(F&& f, int threads = 1, double budget = 0.5, std::size_t repeats = 7) {
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  f();
  std::vector<double> times;
  double total = 0;
  while (times.size() < repeats || (total < budget && times.size() < 200)) {
    const double start = seconds_of(clock);
    f();
    times.push_back(seconds_of(clock) - start);
    total += times.back();
  }
  std::sort(times.begin(), times.end());
  return {times.front(), times[times.size() / 2]};
}

}  // namespace einfold::bench
