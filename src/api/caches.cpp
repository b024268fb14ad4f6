// SPDX-License-Identifier: MIT
#include "api/caches.hpp"

#include "einfold/plan_cache.hpp"

namespace einfold {

// Never destroyed: static objects of the caller may still compute while the process ends.
LruCache<std::shared_ptr<const RememberedEquation>>& equation_cache() {
  static auto& cache = *new LruCache<std::shared_ptr<const RememberedEquation>>;
  return cache;
}

LruCache<std::shared_ptr<const RememberedPlans>>& plan_cache() {
  static auto& cache = *new LruCache<std::shared_ptr<const RememberedPlans>>;
  return cache;
}

PlanCacheStatistics plan_cache_statistics() {
  return {equation_cache().statistics(), plan_cache().statistics(), equation_cache().capacity()};
}

void clear_plan_cache() {
  equation_cache().clear();
  plan_cache().clear();
}

void set_plan_cache_capacity(std::size_t entries) {
  equation_cache().set_capacity(entries);
  plan_cache().set_capacity(entries);
}

}  // namespace einfold
