// SPDX-License-Identifier: MIT
#include "base/fail.hpp"
#include "einfold/measure.hpp"
#include "einfold/reference.hpp"
#include "einfold/transform.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <random>
#include <vector>

namespace einfold {
namespace {

using Complex = std::complex<double>;

constexpr int kPlaces = 4;
constexpr std::int64_t kRun = 2;  // entries at each place, along the last axis

double rounding_unit(DType type) {
  switch (type) {
    case DType::kFloat16: return 0x1p-11;
    case DType::kBFloat16: return 0x1p-8;
    case DType::kFloat32:
    case DType::kComplex64: return 0x1p-24;
    case DType::kFloat64:
    case DType::kComplex128: return 0x1p-53;
    default: return 0;
  }
}

/// |x| in float64.
Tensor absolute(const Tensor& tensor) {
  std::vector<double> values;
  if (is_complex(tensor.dtype())) {
    for (const Complex& x : tensor.values<Complex>()) values.push_back(std::abs(x));
  } else {
    values = tensor.values<double>();
    for (double& x : values) x = std::abs(x);
  }
  return Tensor::from(tensor.shape(), values);
}

/// The network's output restricted to `count` entries from `position` on along the last axis, one on all others.
Network at(Network network, const Shape& position, std::int64_t count) {
  const Shape shape = network.shape();
  std::size_t done = 0;  // axes of one entry, in front
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const bool last = axis + 1 == shape.size();
    if (network.output[done].size() != 1) {  // a group: its indices one by one
      std::int64_t flat = position[axis];
      const Group group = network.output[done];
      Shape digits(group.size());
      for (std::size_t i = group.size(); i-- > 0;) {
        digits[i] = flat % network.extent(group[i]);
        flat /= network.extent(group[i]);
      }
      network = split(network, static_cast<int>(done));
      for (const std::int64_t digit : digits) network = narrow(network, static_cast<int>(done++), digit, 1);
    } else {
      network = narrow(network, static_cast<int>(done++), position[axis], last ? count : 1);
    }
  }
  return network;
}

class Checker {
 public:
  Checker(const Expression& expression, std::span<const Tensor> operands, double most_points)
      : expression_(expression), most_points_(most_points) {
    for (const Tensor& operand : operands) {
      wide_.push_back(is_integer(operand.dtype()) ? operand
                                                  : operand.to(is_complex(operand.dtype()) ? DType::kComplex128 : DType::kFloat64));
      absolute_.push_back(absolute(operand));
    }
  }

  /// The sum of the expression's networks, each restricted, over these operands.
  [[nodiscard]] std::vector<Complex> values(const Shape& position, std::int64_t count, bool of_absolute) {
    std::vector<Complex> sum(static_cast<std::size_t>(count));
    for (const Network& whole : expression_.networks()) {
      Network network = at(whole, position, count);
      if (of_absolute) network.scale = {std::abs(network.scale.numerator), network.scale.denominator, std::abs(network.scale.real)};
      const std::vector<Complex> part = value_of(network, of_absolute ? absolute_ : wide_).values<Complex>();
      for (std::size_t i = 0; i < sum.size() && i < part.size(); ++i) sum[i] += part[i];
    }
    return sum;
  }

  [[nodiscard]] bool by_reference() const { return by_reference_; }

 private:
  [[nodiscard]] Tensor value_of(const Network& network, const std::vector<Tensor>& tensors) {
    std::vector<Tensor> own;
    for (const Operand& operand : network.operands) {
      const auto& all = expression_.operands();
      const auto found = std::find_if(all.begin(), all.end(), [&](const Operand& o) { return o.name == operand.name; });
      own.push_back(tensors[static_cast<std::size_t>(found - all.begin())]);
    }
    if (reference_points(network) <= most_points_) return evaluate_reference(network, own);
    by_reference_ = false;
    return Expression(network).evaluate(own, {.simplify = false});
  }

  const Expression& expression_;
  double most_points_;
  bool by_reference_ = true;
  std::vector<Tensor> wide_, absolute_;
};

/// The position of entry number `flat`.
Shape position_of(std::int64_t flat, const Shape& shape) {
  Shape position(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    position[axis] = flat % shape[axis];
    flat /= shape[axis];
  }
  return position;
}

}  // namespace

SampleCheck check_sample(const Expression& expression, std::span<const Tensor> operands, const Tensor& result,
                         std::uint64_t seed, double most_points) {
  const Shape shape = expression.shape();
  if (result.shape() != shape) fail(ErrorKind::kShape, "E0213", "the result to check has another shape than the expression");
  SampleCheck check{.by_reference = true, .passed = true};
  if (result.size() == 0) return check;
  std::size_t nodes = 1;
  for (const Network& network : expression.networks()) nodes += network.dense.size() + network.affine.size();
  const double unit = rounding_unit(result.dtype()), allowed = 16.0 * static_cast<double>(nodes);
  Checker checker(expression, operands, most_points);
  std::mt19937_64 random(seed);
  for (int place = 0; place < kPlaces; ++place) {
    const auto flat = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(result.size()));
    Shape position = position_of(flat, shape);
    const bool run = !shape.empty() && expression.networks().size() == 1 && expression.network().output.back().size() == 1 &&
                     position.back() + kRun <= shape.back();
    const std::int64_t count = run ? kRun : 1;
    const std::vector<Complex> expected = checker.values(position, count, false), size = checker.values(position, count, true);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto e = static_cast<std::size_t>(i);
      Tensor entry = result;
      for (const std::int64_t p : position) entry = entry.select(0, p);
      const double error = std::abs(entry.values<Complex>().front() - expected[e]);
      const double units = error == 0 ? 0 : error / (unit * size[e].real());
      check.worst_error_units = std::max(check.worst_error_units, std::isnan(units) ? std::numeric_limits<double>::infinity() : units);
      ++check.entries;
      if (run) ++position.back();
    }
  }
  check.by_reference = checker.by_reference();
  check.passed = check.worst_error_units <= allowed;
  return check;
}

}  // namespace einfold
