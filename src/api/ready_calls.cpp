// SPDX-License-Identifier: MIT
#include "api/ready_calls.hpp"

#include "api/hash.hpp"

#include <array>

namespace einfold {
namespace {

constexpr std::size_t kMostCalls = 16;

std::uint64_t hash_of(std::span<const Tensor> operands, const RunOptions& options) {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(options.threads));
  for (const Tensor& operand : operands) {
    hash.add(static_cast<std::uint64_t>(operand.dtype()));
    hash.add(operand.strides());
  }
  return hash.value();
}

bool matches(const ReadyCall& call, std::span<const Tensor> operands, const RunOptions& options) {
  if (call.types.size() != operands.size() || call.options != options) return false;
  if (options.executor != nullptr && options.executor->threads() != call.threads) return false;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Tensor& operand = operands[i];
    if (call.types[i] != operand.dtype() || call.shapes[i] != operand.shape() || call.strides[i] != operand.strides()) return false;
  }
  return true;
}

}  // namespace

template <class FitsResult>
std::shared_ptr<const ReadyCall> ReadyCalls::find_if(std::span<const Tensor> operands, const RunOptions& options,
                                                     const FitsResult& fits) const {
  const std::uint64_t hash = hash_of(operands, options);
  const std::lock_guard lock(mutex_);
  for (const auto& call : calls_) {
    if (call->hash == hash && matches(*call, operands, options) && fits(call->like)) return call;
  }
  return nullptr;
}

std::shared_ptr<const ReadyCall> ReadyCalls::find(std::span<const Tensor> operands, const RunOptions& options) const {
  return find_if(operands, options, [](const Tensor& like) { return like.is_contiguous(); });
}

std::shared_ptr<const ReadyCall> ReadyCalls::find(std::span<const Tensor> operands, const RunOptions& options,
                                                  const Tensor& result) const {
  return find_if(operands, options, [&](const Tensor& like) {
    return like.dtype() == result.dtype() && like.shape() == result.shape() && like.strides() == result.strides();
  });
}

void ReadyCalls::insert(std::span<const Tensor> operands, const RunOptions& options, ReadyCall call) {
  call.hash = hash_of(operands, options);
  call.options = options;
  for (const Tensor& operand : operands) {
    call.types.push_back(operand.dtype());
    call.shapes.push_back(operand.shape());
    call.strides.push_back(operand.strides());
  }
  auto kept = std::make_shared<const ReadyCall>(std::move(call));
  const std::lock_guard lock(mutex_);
  calls_.push_front(std::move(kept));
  if (calls_.size() > kMostCalls) calls_.pop_back();
}

void run(const ReadyCall& call, std::span<const Tensor> operands, const Tensor& result) {
  constexpr std::size_t kFew = 16;
  const std::size_t count = operands.size() + call.constants.size();
  std::array<const void*, kFew> few;
  std::vector<const void*> many(count > kFew ? count : 0);
  const std::span<const void*> addresses(count > kFew ? many.data() : few.data(), count);
  std::size_t at = 0;
  for (const Tensor& operand : operands) addresses[at++] = operand.data();
  for (const Tensor& constant : call.constants) addresses[at++] = constant.data();
  PoolExecutor pool(call.threads);
  Executor* const lent = call.options.executor;
  call.compiled->run(addresses, result.mutable_data(), lent != nullptr ? *lent : pool);
}

}  // namespace einfold
