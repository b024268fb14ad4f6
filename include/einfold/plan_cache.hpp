// SPDX-License-Identifier: MIT
//
// What einfold remembers between calls. All functions are thread-safe and hold for the process.
#pragma once

#include <cstddef>
#include <cstdint>

namespace einfold {

/// Counted since the process started or the cache was cleared.
struct CacheStatistics {
  std::int64_t hits = 0;
  std::int64_t misses = 0;
  std::int64_t evictions = 0;  ///< entries that went because the cache was full, the least recently used first
  std::int64_t entries = 0;    ///< there now
};

struct PlanCacheStatistics {
  CacheStatistics equations;  ///< of `einsum`, by its text, options and shapes: no parsing
  CacheStatistics plans;      ///< of all expressions, by their networks without names: no search, no lowering
  std::size_t capacity = 0;   ///< entries that either may have
};

[[nodiscard]] PlanCacheStatistics plan_cache_statistics();

/// Forgets everything and counts from zero. Expressions that are alive keep their plans.
void clear_plan_cache();

/// At most so many entries each; 0 remembers nothing. 512 at the start.
void set_plan_cache_capacity(std::size_t entries);

}  // namespace einfold
