// SPDX-License-Identifier: MIT
//
// Large networks: ratios of two sizes in one process, never absolute times.
#include "network/verify.hpp"
#include "simplify/simplify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

namespace einfold {
namespace {

/// A chain of matrices t0[a0 b0 a1 b1 u], t1[a1 b1 a2 b2 u] ..: bonds (a b) are parallel legs, every node has a unit leg.
Network chain(int nodes) {
  Network network;
  std::vector<Group> bonds;
  for (int i = 0; i <= nodes; ++i) bonds.push_back({network.add_index("a", 2), network.add_index("b", 3)});
  for (int i = 0; i < nodes; ++i) {
    const IndexId unit = network.add_index("u", 1);
    network.add_index("free", 1);
    const std::size_t at = static_cast<std::size_t>(i);
    network.dense.push_back({network.add_operand("t", {6, 6, 1}), {bonds[at], bonds[at + 1], {unit}}});
  }
  network.output = {bonds.front(), bonds.back()};
  return network;
}

/// Of this thread, so that a busy machine does not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_to_simplify(const Network& network) {
  double best = 1e9;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const double start = processor_seconds();
    const Simplified result = simplify(network);
    best = std::min(best, processor_seconds() - start);
    EXPECT_EQ(result.trace.size(), 3u);
  }
  return best;
}

TEST(Simplify, TakesNearLinearTime_InTheNumberOfDenseNodes) {
  const double small = seconds_to_simplify(chain(1'000));
  const double large = seconds_to_simplify(chain(16'000));
  EXPECT_LT(large / small, 16 * 8);  // quadratic would be 256; caches fill up on the way
  RecordProperty("milliseconds_for_16000_nodes", std::to_string(1e3 * large));
}

TEST(Simplify, RewritesAllPlacesAtOnce) {
  const Simplified result = simplify(chain(10'000));
  EXPECT_EQ(result.network.indices.size(), 10'001u);
  for (const TraceEntry& entry : result.trace) EXPECT_LT(entry.what.size(), 400u) << entry.rule;
  verify(result.network);
}

}  // namespace
}  // namespace einfold
