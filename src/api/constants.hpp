// SPDX-License-Identifier: MIT
//
// Operands that are bound ahead, and what can be computed from them alone.
#pragma once

#include "einfold/expression.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace einfold {

/// Tensors that an expression binds behind the caller's operands: constants as they are, and products of constants.
/// They are computed in the type of the run, so that folding does not lose what that type holds. Thread-safe.
class Constants {
 public:
  /// One tensor: the original it names, or an expression over the originals it names.
  struct Recipe {
    std::optional<Expression> expression;
    std::vector<std::size_t> originals;
  };

  Constants(std::vector<Tensor> originals, std::vector<Recipe> recipes)
      : originals_(std::move(originals)), recipes_(std::move(recipes)) {}

  [[nodiscard]] const std::vector<Tensor>& originals() const noexcept { return originals_; }
  [[nodiscard]] const std::vector<Recipe>& recipes() const noexcept { return recipes_; }

  /// One tensor per recipe; computed at first use of the type, and kept.
  [[nodiscard]] const std::vector<Tensor>& in(DType type) const;

 private:
  std::vector<Tensor> originals_;
  std::vector<Recipe> recipes_;
  mutable std::mutex mutex_;
  mutable std::map<DType, std::vector<Tensor>> values_;
};

}  // namespace einfold
