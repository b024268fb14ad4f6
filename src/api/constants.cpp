// SPDX-License-Identifier: MIT
#include "api/constants.hpp"

namespace einfold {

const std::vector<Tensor>& Constants::in(DType type) const {
  const std::lock_guard lock(mutex_);
  const auto known = values_.find(type);
  if (known != values_.end()) return known->second;
  std::vector<Tensor> values;
  for (const Recipe& recipe : recipes_) {
    std::vector<Tensor> originals;
    for (const std::size_t original : recipe.originals) originals.push_back(originals_[original].to(type));
    values.push_back(recipe.expression ? recipe.expression->evaluate(originals) : originals.front());
  }
  return values_.emplace(type, std::move(values)).first->second;
}

}  // namespace einfold
