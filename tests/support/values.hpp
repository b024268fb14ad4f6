// SPDX-License-Identifier: MIT
//
// Seeded values for tensors of tests: small integers, so that sums of products are exact in every type.
#pragma once

#include "einfold/tensor.hpp"
#include "support/random.hpp"

#include <vector>

namespace einfold::test {

/// Integers in [low, high]; never all equal where there are two elements.
inline Tensor integers(const Shape& shape, std::uint64_t seed, DType dtype = DType::kFloat64, int low = -3, int high = 3) {
  Random random(seed);
  std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
  for (double& value : values) value = random.between(low, high);
  if (values.size() > 1 && values.front() == values.back()) values.back() = values.front() == high ? low : values.front() + 1;
  return Tensor::from(shape, values).to(dtype);
}

/// Uniform in [low, high).
inline Tensor reals(const Shape& shape, std::uint64_t seed, DType dtype, double low = -1.0, double high = 1.0) {
  Random random(seed);
  std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
  for (double& value : values) value = low + (high - low) * random.between(0, (1 << 24) - 1) / (1 << 24);
  return Tensor::from(shape, values).to(dtype);
}

}  // namespace einfold::test
