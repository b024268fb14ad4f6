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
  Tensor like;                    ///< of the result's type, shape and strides; its elements are not to be read
};

/// Thread-safe; a few calls, the oldest goes. Finding one allocates nothing.
class ReadyCalls {
 public:
  /// For a new row-major result.
  [[nodiscard]] std::shared_ptr<const ReadyCall> find(std::span<const Tensor> operands, const RunOptions& options) const;
  /// For a result of this type, shape and strides.
  [[nodiscard]] std::shared_ptr<const ReadyCall> find(std::span<const Tensor> operands, const RunOptions& options, const Tensor& result) const;
  /// `call` but for what describes these operands and options.
  void insert(std::span<const Tensor> operands, const RunOptions& options, ReadyCall call);

 private:
  template <class FitsResult>
  [[nodiscard]] std::shared_ptr<const ReadyCall> find_if(std::span<const Tensor> operands, const RunOptions& options, const FitsResult& fits) const;

  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const ReadyCall>> calls_;
};

/// The value into `result`, which no operand overlaps.
void run(const ReadyCall& call, std::span<const Tensor> operands, const Tensor& result);

}  // namespace einfold
