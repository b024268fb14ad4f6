// SPDX-License-Identifier: MIT
//
// Random convolutions of one to three dimensions, and operands of integers for every role.
#pragma once

#include "conv/shapes.hpp"
#include "einfold/conv.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace einfold::test {

using Values = std::vector<double>;

/// Asymmetric padding, groups, strides and dilations; inputs of extent 0 too.
inline conv::Geometry random_geometry(std::uint64_t seed) {
  Random random(seed);
  conv::Geometry geometry;
  geometry.batch = random.between(1, 3);
  geometry.groups = random.between(1, 3);
  geometry.in_channels = geometry.groups * random.between(1, 2);
  geometry.out_channels = geometry.groups * random.between(1, 2);
  geometry.vectors = random.between(1, 3);
  const int dims = random.between(1, 3);
  while (static_cast<int>(geometry.dimensions.size()) < dims) {
    conv::Dimension d;
    d.input = random.between(0, dims == 1 ? 9 : 5);
    d.kernel = random.between(1, 3);
    d.stride = random.between(1, 3);
    d.dilation = random.between(1, 3);
    d.left = random.between(0, 2);
    d.right = random.between(0, 2);
    const std::int64_t room = d.input + d.left + d.right - d.dilation * (d.kernel - 1) - 1;
    if (room < 0) continue;
    d.output = 1 + room / d.stride;
    geometry.dimensions.push_back(d);
  }
  return geometry;
}

class RandomConvolution {
 public:
  explicit RandomConvolution(std::uint64_t seed) : geometry(random_geometry(seed)), spec(spec_of(geometry)), seed_(seed) {
    for (const auto& [role, shape] : all_shapes(geometry)) add(role, shape);
    add("us", with_vectors("u"));
    add("zs", with_vectors("z"));
  }

  const conv::Geometry geometry;
  const ConvSpec spec;

  [[nodiscard]] const Tensor& operand(const std::string& role) const { return tensors_.at(role); }
  [[nodiscard]] Values values(const std::string& role) const { return operand(role).values<double>(); }

  /// The operation over the operands of its roles. `replaced` takes precedence.
  [[nodiscard]] Tensor run(const std::string& operation, const std::vector<std::string>& roles, const ConvSpec& with,
                           const std::map<std::string, Tensor>& replaced = {}) const {
    conv::Shapes shapes;
    const auto find = [&](const std::string& role) {
      const auto other = replaced.find(role);
      return other == replaced.end() ? operand(role) : other->second;
    };
    for (const std::string& role : roles) shapes[role] = find(role).shape();
    const Expression expression = conv::operation(operation, with, shapes);
    std::vector<Tensor> operands;
    for (const Operand& needed : expression.operands()) operands.push_back(find(needed.name));
    return expression.evaluate(operands, {.threads = 1});
  }
  [[nodiscard]] Tensor run(const std::string& operation, const std::vector<std::string>& roles,
                           const std::map<std::string, Tensor>& replaced = {}) const {
    return run(operation, roles, spec, replaced);
  }

  /// Number of examples, rows (c k..) of a group, and output positions, as sizes.
  [[nodiscard]] std::size_t batch() const { return static_cast<std::size_t>(geometry.batch); }
  [[nodiscard]] std::size_t vectors() const { return static_cast<std::size_t>(geometry.vectors); }
  [[nodiscard]] std::size_t groups() const { return static_cast<std::size_t>(geometry.groups); }
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(operand("t").shape()[1]); }
  [[nodiscard]] std::size_t positions() const { return static_cast<std::size_t>(geometry.output_size()); }
  [[nodiscard]] std::size_t weights() const { return static_cast<std::size_t>(operand("weight").size()); }

 private:
  void add(const std::string& role, const Shape& shape) {
    tensors_.insert_or_assign(role, integers(shape, seed_ * 64 + tensors_.size()));
  }
  [[nodiscard]] Shape with_vectors(const std::string& role) const {
    Shape shape = operand(role).shape();
    shape.insert(shape.begin(), geometry.vectors);
    return shape;
  }

  std::uint64_t seed_;
  std::map<std::string, Tensor> tensors_;
};

inline std::string description(const RandomConvolution& c) {
  std::string text = "B=" + std::to_string(c.geometry.batch) + " G=" + std::to_string(c.geometry.groups) + " C=" +
                     std::to_string(c.geometry.in_channels) + "->" + std::to_string(c.geometry.out_channels);
  for (const conv::Dimension& d : c.geometry.dimensions) {
    text += " [I=" + std::to_string(d.input) + " K=" + std::to_string(d.kernel) + " S=" + std::to_string(d.stride) +
            " P=" + std::to_string(d.left) + ":" + std::to_string(d.right) + " D=" + std::to_string(d.dilation) + "]";
  }
  return text;
}

inline double dot(const Values& a, const Values& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline Values add(Values a, const Values& b) {
  EXPECT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

/// Row `row` of `rows` equal rows.
inline Values row_of(const Values& matrix, std::size_t rows, std::size_t row) {
  const std::size_t length = matrix.size() / rows;
  return {matrix.begin() + static_cast<std::ptrdiff_t>(row * length), matrix.begin() + static_cast<std::ptrdiff_t>((row + 1) * length)};
}

/// Entry i of a sequence of tests; the seed and the convolution are named when an assertion fails.
template <class Check>
void for_each_convolution(std::uint64_t count, Check&& check) {
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    const RandomConvolution convolution(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + description(convolution));
    check(convolution);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace einfold::test
