// SPDX-License-Identifier: MIT
#include "cli/random_tensor.hpp"

#include <complex>

namespace einfold::cli {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-52 - 1; }

 private:
  std::uint64_t state_;
};

template <class T>
Tensor filled(const Shape& shape, std::uint64_t seed) {
  const Tensor tensor = Tensor::uninitialised(dtype_of<T>, shape);
  Random random(seed);
  T* elements = tensor.mutable_data_as<T>();
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if constexpr (std::is_same_v<T, bool>) elements[i] = random.next() >> 63 != 0;
    else if constexpr (std::is_integral_v<T>) elements[i] = static_cast<T>(random.next() >> 60) - 8;
    else if constexpr (std::is_floating_point_v<T>) elements[i] = static_cast<T>(random.uniform());
    else elements[i] = T(static_cast<typename T::value_type>(random.uniform()), static_cast<typename T::value_type>(random.uniform()));
  }
  return tensor;
}

}  // namespace

Tensor random_tensor(DType dtype, const Shape& shape, std::uint64_t seed) {
  switch (dtype) {
    case DType::kBool: return filled<bool>(shape, seed);
    case DType::kInt32: return filled<std::int32_t>(shape, seed);
    case DType::kInt64: return filled<std::int64_t>(shape, seed);
    case DType::kFloat64: return filled<double>(shape, seed);
    case DType::kComplex64: return filled<std::complex<float>>(shape, seed);
    case DType::kComplex128: return filled<std::complex<double>>(shape, seed);
    default: return filled<float>(shape, seed).to(dtype);
  }
}

}  // namespace einfold::cli
