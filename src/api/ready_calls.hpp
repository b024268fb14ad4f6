// SPDX-License-Identifier: MIT
//
// Calls of an expression that need nothing but to be run: no conversion, no plan, no check but of shapes and strides.
#pragma once

#include "api/compiled.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace einfold {

struct ReadyCall {
  std::uint64_t hash = 0;
  std::vector<DType> types;
  std::vector<Shape> shapes;
  std::vector<Strides> strides;
  RunOptions options;
  int threads = 1;
  std::shared_ptr<const Compiled> compiled;
  std::vector<Tensor> constants;  ///< that follow the operands
  Tensor like;                    ///< of the result's type and shape; its elements are not to be read
};

/// Thread-safe; a few calls, the oldest goes. Finding one allocates nothing.
class ReadyCalls {
 public:
  [[nodiscard]] std::shared_ptr<const ReadyCall> find(std::span<const Tensor> operands, const RunOptions& options) const;
  /// `call` but for what describes these operands and options.
  void insert(std::span<const Tensor> operands, const RunOptions& options, ReadyCall call);

 private:
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const ReadyCall>> calls_;
};

/// A new tensor with the value.
[[nodiscard]] Tensor run(const ReadyCall& call, std::span<const Tensor> operands);

}  // namespace einfold
