// SPDX-License-Identifier: MIT
//
// Problems to search: random ones, and convolutions with what is derived from them.
#pragma once

#include "pathfind/problem.hpp"

#include <random>
#include <string>
#include <vector>

namespace einfold::pathfind {

struct RandomShape {
  int most_leaves = 4;
  int most_equations = 2;
  int most_indices = 6;
  bool repeat_operands = false;
};

/// With hyper-indices, repeated indices, private indices, broadcasts, extents from 1.
[[nodiscard]] Problem random_problem(std::mt19937& random, const RandomShape& shape);

/// For messages.
[[nodiscard]] std::string print(const Problem& problem);

/// Builds a problem index by index.
class Builder {
 public:
  int index(std::int64_t extent);
  std::vector<int> indices(int count, std::int64_t extent);
  void leaf(int operand, const std::vector<int>& indices);
  /// The pattern of a convolution:  -i + stride o + dilation k = padding.
  void pattern(int i, int o, int k, std::int64_t stride, std::int64_t padding, std::int64_t dilation = 1);
  [[nodiscard]] Problem build(std::vector<int> output);

 private:
  Problem problem_;
};

struct Layer {
  int dims = 2;
  std::int64_t batch, groups, in_channels, out_channels, input, kernel, output, stride, padding;
  std::int64_t vectors = 10;
};

inline constexpr Layer kLayer1{2, 32, 1, 64, 64, 56, 3, 56, 1, 1};
inline constexpr Layer kLayer3{2, 32, 128, 1, 1, 64, 7, 64, 1, 3};
inline constexpr Layer kLayer4{2, 8, 1, 512, 512, 7, 3, 7, 1, 1};

/// Channels are per group. Groups of extent 1 are dropped.
[[nodiscard]] Problem forward(const Layer& layer);
[[nodiscard]] Problem kfc(const Layer& layer);
[[nodiscard]] Problem kfac_reduce(const Layer& layer);
[[nodiscard]] Problem ggn_diagonal(const Layer& layer);
[[nodiscard]] Problem ggn_gram(const Layer& layer);
[[nodiscard]] Problem gradient_gram(const Layer& layer);

/// Two convolutions in a row, 3x3 with padding 1.
struct Chain {
  std::int64_t batch, channels0, channels1, channels2, input, stride1, stride2;
};
[[nodiscard]] Problem chain(const Chain& chain);

}  // namespace einfold::pathfind
