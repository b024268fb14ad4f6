// SPDX-License-Identifier: MIT
#include "bits/results.hpp"

#include "conv/shapes.hpp"
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "support/random_network.hpp"
#include "support/values.hpp"

#include <algorithm>
#include <complex>
#include <functional>

namespace einfold::test {
namespace {

/// FNV-1a.
std::uint64_t hash_of(const Tensor& tensor) {
  const auto* bytes = static_cast<const unsigned char*>(tensor.data());
  std::uint64_t hash = 14695981039346656037U;
  for (std::size_t i = 0; i < static_cast<std::size_t>(tensor.size()) * size_bytes(tensor.dtype()); ++i) {
    hash = (hash ^ bytes[i]) * 1099511628211U;
  }
  return hash;
}

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype) {
  if (!is_complex(dtype)) return reals(shape, seed, dtype);
  const auto real = reals(shape, seed, DType::kFloat64).values<double>(), imaginary = reals(shape, seed + 1, DType::kFloat64).values<double>();
  std::vector<std::complex<double>> values(real.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = {real[i], imaginary[i]};
  return Tensor::from(shape, values).to(dtype);
}

class Collector {
 public:
  explicit Collector(const std::vector<int>& threads) : threads_(threads) {}

  void add(const std::string& name, const Expression& expression, DType dtype, std::vector<Tensor> operands = {}) {
    std::uint64_t seed = 7;
    for (std::size_t i = operands.size(); i < expression.operands().size(); ++i) {
      operands.push_back(random(expression.operands()[i].shape, seed += 10, dtype));
    }
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      const std::uint64_t hash = hash_of(expression.evaluate(operands, {.threads = threads_[i]}));
      if (i == 0) found.push_back({name + " " + std::string(name_of(dtype)), first = hash});
      if (hash != first) found.push_back({found.back().name + ", " + std::to_string(threads_[i]) + " threads", hash});
    }
  }

  std::vector<Fingerprint> found;

 private:
  std::vector<int> threads_;
};

bool takes_complex(const Expression& expression, const std::string& name) {
  static const std::vector<std::string> linear = {"forward", "unfold", "fold", "weight-vjp", "input-vjp", "weight-jvp", "input-jvp", "transpose-unfold"};
  return expression.networks().size() == 1 && std::find(linear.begin(), linear.end(), name) != linear.end();
}

void add_operations(Collector& collector, const std::string& of, const conv::Geometry& geometry, const std::function<bool(const std::string&)>& wanted) {
  for (const conv::OperationInfo& info : conv::operations()) {
    if (!wanted(info.name) || (info.name == "pattern" && geometry.dimensions.size() > 1)) continue;
    const Expression expression = conv::operation(info.name, spec_of(geometry), shapes_for(info, geometry));
    for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kComplex64}) {
      if (expression.operands().empty() && dtype != DType::kFloat32) continue;
      if (dtype == DType::kComplex64 && !takes_complex(expression, info.name)) continue;
      collector.add(info.name + " " + of, expression, dtype);
    }
  }
}

conv::Dimension dimension(std::int64_t input, std::int64_t kernel, std::int64_t stride, std::int64_t left, std::int64_t right, std::int64_t dilation = 1) {
  return {input, kernel, 1 + (input + left + right - dilation * (kernel - 1) - 1) / stride, stride, left, right, dilation};
}

}  // namespace

std::vector<Fingerprint> fingerprints(const std::vector<int>& threads) {
  Collector collector(threads);
  const auto all = [](const std::string&) { return true; };
  add_operations(collector, "one dimension", {3, 2, 4, 6, 2, {dimension(11, 3, 2, 1, 2)}}, all);
  add_operations(collector, "two dimensions", {2, 1, 3, 5, 2, {dimension(7, 3, 1, 1, 1), dimension(6, 2, 2, 0, 1)}},
                 [](const std::string& name) { return name != "kfra" && name != "ekfac-correction" && name != "unfolded-kernel"; });
  // Sums over more than 256 terms, several tiles, depth-wise and strided layers.
  const auto costly = [](const std::string& name) {
    for (const char* one : {"forward", "input-vjp", "weight-vjp", "unfold", "kfc", "kfac-reduce", "per-example-squared-norm", "ggn-diagonal", "ggn-gram"}) {
      if (name == one) return true;
    }
    return false;
  };
  add_operations(collector, "3x3", {3, 1, 33, 40, 2, {dimension(15, 3, 1, 1, 1), dimension(14, 3, 1, 1, 1)}}, costly);
  add_operations(collector, "3x3, stride 2", {2, 1, 17, 19, 2, {dimension(15, 3, 2, 1, 1), dimension(14, 3, 2, 1, 1)}}, costly);
  add_operations(collector, "depth-wise 5x5", {2, 9, 9, 9, 2, {dimension(21, 5, 1, 2, 2), dimension(35, 5, 1, 2, 2)}}, costly);
  add_operations(collector, "grouped, dilated", {2, 3, 12, 15, 2, {dimension(13, 3, 1, 2, 2, 2), dimension(17, 3, 1, 2, 2, 2)}}, costly);
  add_operations(collector, "1x1", {3, 1, 70, 33, 2, {dimension(9, 1, 1, 0, 0), dimension(9, 1, 1, 0, 0)}}, costly);
  for (const std::int64_t m : {1, 5, 6, 13, 49, 97}) {
    for (const std::int64_t k : {1, 255, 257, 700}) {
      const std::int64_t n = 2 * m + 3;
      collector.add("ik,kj->ij " + std::to_string(m) + " " + std::to_string(k), compile("ik,kj->ij", {Shape{m, k}, Shape{k, n}}), DType::kFloat32);
      collector.add("ki,jk->ji " + std::to_string(m) + " " + std::to_string(k), compile("ki,jk->ji", {Shape{k, m}, Shape{n, k}}), DType::kFloat64);
    }
  }
  for (const char* equation : {"ij->", "ij->i", "ij->j", "ij->ji", "ij,ij->", "ij,j->i", "ij,i->j", "ij,ij->ij"}) {
    std::vector<EinsumShape> shapes{Shape{301, 517}};
    const std::string text = equation;
    if (text.find(",ij") != std::string::npos) shapes.emplace_back(Shape{301, 517});
    if (text.find(",j-") != std::string::npos) shapes.emplace_back(Shape{517});
    if (text.find(",i-") != std::string::npos) shapes.emplace_back(Shape{301});
    collector.add(text, compile(text, shapes), DType::kFloat32);
  }
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const Network network = random_network(seed, {.most_points = 2'000, .empty_extents = false});
    std::vector<Tensor> operands;
    for (const Operand& operand : network.operands) operands.push_back(random(operand.shape, seed * 16 + operands.size(), DType::kFloat32));
    collector.add("random network " + std::to_string(seed), Expression(network), DType::kFloat32, operands);
  }
  return collector.found;
}

}  // namespace einfold::test
