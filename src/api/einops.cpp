// SPDX-License-Identifier: MIT
#include "api/memory_limit.hpp"
#include "base/fail.hpp"
#include "einfold/einsum.hpp"
#include "network/einops.hpp"

#include <algorithm>
#include <array>
#include <complex>
#include <cmath>
#include <limits>
#include <numeric>

namespace einfold {
namespace {

Tensor evaluate(Network network, const Tensor& tensor, const ExpressionOptions& options, const RunOptions& run) {
  const std::array<Tensor, 1> operands{tensor};
  return Expression(std::vector<Network>{std::move(network)}, {}, options).evaluate(operands, run);
}

/// Reductions that are no sums walk the operand as [kept.., reduced..], reordered into memory of its own.
Network reduced_last(const EinopsNetwork& einops) {
  Network network = einops.network;
  for (const IndexId index : einops.reduced) network.output.push_back({index});
  return network;
}

template <class T>
struct Better {
  Reduction reduction;

  /// As in NumPy, NaN wins; complex numbers compare by real, then by imaginary part.
  T operator()(T a, T b) const {
    if (reduction == Reduction::kProduct) return product(a, b);
    if (a != a) return a;
    if (b != b) return b;
    return (reduction == Reduction::kMax) == less(a, b) ? b : a;
  }

 private:
  static T product(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    } else {
      return a * b;
    }
  }
  static bool less(const T& a, const T& b) {
    if constexpr (requires { a.real(); }) {
      return a.real() != b.real() ? a.real() < b.real() : a.imag() < b.imag();
    } else {
      return a < b;
    }
  }
};

template <class T>
Tensor fold_rows(const Tensor& rows, std::int64_t row_size, Shape shape, Reduction reduction) {
  const Tensor result = Tensor::uninitialised(rows.dtype(), std::move(shape));
  const T* in = rows.data_as<T>();
  T* out = result.mutable_data_as<T>();
  const Better<T> better{reduction};
  for (std::int64_t i = 0; i < result.size(); ++i, in += row_size) {
    out[i] = row_size == 0 ? T(1) : std::accumulate(in + 1, in + row_size, in[0], better);
  }
  return result;
}

Tensor fold_rows(const Tensor& rows, std::int64_t row_size, const Shape& shape, Reduction reduction) {
  switch (rows.dtype()) {
    case DType::kInt32: return fold_rows<std::int32_t>(rows, row_size, shape, reduction);
    case DType::kInt64: return fold_rows<std::int64_t>(rows, row_size, shape, reduction);
    case DType::kFloat32: return fold_rows<float>(rows, row_size, shape, reduction);
    case DType::kFloat64: return fold_rows<double>(rows, row_size, shape, reduction);
    case DType::kComplex64: return fold_rows<std::complex<float>>(rows, row_size, shape, reduction);
    case DType::kComplex128: return fold_rows<std::complex<double>>(rows, row_size, shape, reduction);
    case DType::kBool:
    case DType::kFloat16:
    case DType::kBFloat16: break;
  }
  throw InternalError("a reduction in a type that is stored only");
}

/// The type that max, min and products are taken in.
DType wide(DType dtype) {
  if (dtype == DType::kBool) return DType::kInt64;
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16 ? DType::kFloat32 : dtype;
}

/// 0 / 0, as in NumPy. A plan fills an empty sum with zeros and never scales it.
Tensor mean_of_nothing(const Shape& shape, DType type) {
  const auto size = static_cast<std::size_t>(element_count(shape));
  return Tensor::from(shape, std::vector<double>(size, std::numeric_limits<double>::quiet_NaN())).to(type);
}

}  // namespace

Tensor rearrange(std::string_view pattern, const Tensor& tensor, const Sizes& sizes, const RunOptions& run) {
  return evaluate(einops_network(EinopsFunction::kRearrange, pattern, tensor.shape(), sizes).network, tensor, {.result = tensor.dtype()}, run);
}

Tensor repeat(std::string_view pattern, const Tensor& tensor, const Sizes& sizes, const RunOptions& run) {
  return evaluate(einops_network(EinopsFunction::kRepeat, pattern, tensor.shape(), sizes).network, tensor, {.result = tensor.dtype()}, run);
}

Tensor reduce(std::string_view pattern, const Tensor& tensor, Reduction reduction, const Sizes& sizes, const RunOptions& run) {
  const EinopsNetwork einops = einops_network(EinopsFunction::kReduce, pattern, tensor.shape(), sizes);
  if (reduction == Reduction::kSum) return evaluate(einops.network, tensor, {}, run);
  const Shape shape = einops.network.shape();
  const std::int64_t row_size = einops.network.extent(einops.reduced);
  if (reduction == Reduction::kMean) {
    const DType type = is_integer(tensor.dtype()) ? DType::kFloat64 : tensor.dtype();
    if (row_size == 0) return mean_of_nothing(shape, type);
    return evaluate(einops.mean(), tensor, {.result = type, .fractional = true}, run);
  }
  const DType type = wide(tensor.dtype());
  const Tensor rows = beside(bytes_of(tensor.size(), type), run.memory_limit_bytes, [&](std::int64_t limit) {
    RunOptions rest = run;
    rest.memory_limit_bytes = limit;
    return evaluate(reduced_last(einops), tensor, {.result = type}, rest);
  });
  if (row_size == 0 && reduction != Reduction::kProduct && element_count(shape) > 0) {
    fail(ErrorKind::kArgument, "E0214", "the maximum or minimum of nothing: a reduced axis has extent 0");
  }
  const bool counts = tensor.dtype() == DType::kBool && reduction == Reduction::kProduct;
  return fold_rows(rows, row_size, shape, reduction).to(counts ? DType::kInt64 : tensor.dtype());
}

}  // namespace einfold
