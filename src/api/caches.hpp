// SPDX-License-Identifier: MIT
//
// The two caches of the process, see einfold/plan_cache.hpp.
#pragma once

#include "api/lru_cache.hpp"
#include "api/plans.hpp"
#include "einfold/einsum.hpp"

#include <memory>
#include <string>
#include <vector>

namespace einfold {

/// A call of einsum, but for the elements of its operands.
struct RememberedEquation {
  std::string equation;
  std::vector<EinsumShape> operands;
  EinsumOptions options;
  Expression expression;
};

struct RememberedPlans {
  std::string form;
  std::shared_ptr<Plans> plans;
};

[[nodiscard]] LruCache<std::shared_ptr<const RememberedEquation>>& equation_cache();
[[nodiscard]] LruCache<std::shared_ptr<const RememberedPlans>>& plan_cache();

}  // namespace einfold
