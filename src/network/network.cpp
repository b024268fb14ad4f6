// SPDX-License-Identifier: MIT
#include "einfold/network.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <utility>

namespace einfold {

double Scale::value() const noexcept {
  return static_cast<double>(numerator) / static_cast<double>(denominator) * real;
}

Scale Scale::times(std::int64_t factor, std::int64_t divisor) const {
  EINFOLD_INVARIANT(divisor > 0);
  Scale result = *this;
  if (factor == 0) {
    result.numerator = 0;
    result.denominator = 1;
    return result;
  }
  // Cancel across before multiplying, so that the products stay as small as they can.
  const std::int64_t g1 = checked::common_divisor(numerator, divisor);
  const std::int64_t g2 = checked::common_divisor(factor, denominator);
  const auto top = checked::multiply(numerator / g1, factor / g2);
  const auto bottom = checked::multiply(denominator / g2, divisor / g1);
  if (top && bottom) {
    result.numerator = *top;
    result.denominator = *bottom;
  } else {
    result.real *= static_cast<double>(factor) / static_cast<double>(divisor);
  }
  return result;
}

Scale Scale::times(const Scale& other) const {
  Scale result = times(other.numerator, other.denominator);
  result.real *= other.real;
  return result;
}

IndexId Network::add_index(std::string name, std::int64_t extent) {
  const IndexId id = indices.empty() ? 0 : indices.rbegin()->first + 1;
  indices.emplace(id, Index{std::move(name), extent});
  return id;
}

int Network::add_operand(std::string name, Shape shape) {
  operands.push_back({std::move(name), std::move(shape)});
  return static_cast<int>(operands.size()) - 1;
}

std::int64_t Network::extent(const Group& group) const {
  std::int64_t product = 1;
  for (const IndexId index : group) {
    const auto next = checked::multiply(product, extent(index));
    if (!next) fail(ErrorKind::kShape, "E0204", "an axis with more than 2^63 - 1 entries");
    product = *next;
  }
  return product;
}

Shape Network::shape() const {
  Shape result;
  for (const Group& group : output) result.push_back(extent(group));
  return result;
}

}  // namespace einfold
