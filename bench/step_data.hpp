// SPDX-License-Identifier: MIT
//
// What steps stated as loop nests are made of, and data for them.
#pragma once

#include "plan/contraction.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace einfold::bench {

using plan::Access;
using plan::Contraction;
using plan::Nest;
using plan::Window;
using Ints = std::vector<std::int64_t>;

/// Uniform in [-0.5, 0.5): never zeros, for some processors store those faster.
inline std::vector<float> random_floats(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::minstd_rand engine(1);
  for (float& x : values) x = static_cast<float>(engine()) * 0x1p-31f - 0.5f;
  return values;
}

}  // namespace einfold::bench
