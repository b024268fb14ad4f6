// SPDX-License-Identifier: MIT
#include "tables/runner.hpp"

#include "timing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace einfold::bench {
namespace {

/// Numerical Recipes' 64-bit linear congruence; the upper half is used.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
  std::uint32_t bits() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 32);
  }

 private:
  std::uint64_t state_;
};

/// Largest difference over the largest entry.
double difference(const Tensor& ours, const float* theirs) {
  const float* values = ours.data_as<float>();
  double largest = 0, apart = 0;
  for (std::int64_t i = 0; i < ours.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(values[i])));
    apart = std::max(apart, std::abs(static_cast<double>(values[i]) - static_cast<double>(theirs[i])));
  }
  return largest == 0 ? apart : apart / largest;
}

double bytes_of(const Tensor& tensor) { return static_cast<double>(tensor.size()) * static_cast<double>(size_bytes(tensor.dtype())); }

}  // namespace

template <class T>
Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
  Stream stream(seed);
  const Tensor tensor = Tensor::uninitialised(dtype_of<T>, shape);
  T* values = tensor.mutable_data_as<T>();
  for (std::int64_t i = 0; i < tensor.size(); ++i)
    values[i] = static_cast<T>(stream.bits() >> 8) * T(0x1p-23) - T(1);
  return tensor;
}
template Tensor random_tensor<float>(const Shape&, std::uint64_t);
template Tensor random_tensor<double>(const Shape&, std::uint64_t);

std::vector<Tensor> random_operands(const Expression& expression, DType dtype) {
  std::vector<Tensor> operands;
  std::uint64_t seed = 1;
  for (const Operand& operand : expression.operands()) {
    operands.push_back(dtype == DType::kFloat64 ? random_tensor<double>(operand.shape, seed)
                                                : random_tensor<float>(operand.shape, seed));
    ++seed;
  }
  return operands;
}

double seconds_of_bound(const Row& row, const Ceilings& ceilings, const std::vector<Tensor>& operands, const Tensor& result) {
  switch (row.bound) {
    case Bound::kPeak: return row.flops / (result.dtype() == DType::kFloat64 ? ceilings.flops_float64 : ceilings.flops_float32);
    case Bound::kRead: {
      double bytes = 0;
      for (const Tensor& operand : operands) bytes += bytes_of(operand);
      return bytes / ceilings.bytes_read;
    }
    case Bound::kWrite: return bytes_of(result) / ceilings.bytes_written;
    case Bound::kNone: break;
  }
  return 0;
}

void Run::measure(Row row, const Expression& expression, const std::vector<Tensor>& operands, const std::vector<Contender>& contenders) {
  const RunOptions options{.threads = settings.threads};
  const DType dtype = operands.front().dtype();
  const Tensor result = Tensor::uninitialised(dtype, expression.shape());
  row.dtype = name_of(dtype);
  row.cost = expression.cost(dtype, options);
  row.seconds_bound = seconds_of_bound(row, report.ceilings, operands, result);
  const Timing ours = time_of([&] { expression.evaluate_into(operands, result, options); }, settings.threads, settings.seconds, settings.repeats);
  row.seconds = ours.median;
  row.seconds_best = ours.best;
  row.check = check_sample(expression, operands, result);
  for (const Contender& contender : contenders) {
    const Timing theirs = time_of(contender.run, settings.threads, settings.seconds, settings.repeats);
    const bool comparable = contender.result != nullptr && dtype == DType::kFloat32;
    row.opponents.push_back({contender.name, theirs.median,
                             comparable ? difference(result, contender.result) : std::numeric_limits<double>::quiet_NaN()});
  }
  std::printf("%s\n", text_line(row).c_str());
  std::fflush(stdout);
  report.rows.push_back(std::move(row));
}

}  // namespace einfold::bench
