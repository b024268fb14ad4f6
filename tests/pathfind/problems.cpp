// SPDX-License-Identifier: MIT
#include "pathfind/problems.hpp"

#include <algorithm>
#include <sstream>

namespace einfold::pathfind {
namespace {

int pick(std::mt19937& random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }

std::vector<int> operator+(std::vector<int> a, const std::vector<int>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Indices of one copy of a weight gradient  x[n g c i..] s[v n g d o..]  with patterns to k.
struct Gradient {
  std::vector<int> n, g, c, i, d, o, v;
};

void add_gradient(Builder& builder, const Layer& layer, const Gradient& r, const std::vector<int>& k) {
  builder.leaf(0, r.n + r.g + r.c + r.i);
  builder.leaf(1, r.v + r.n + r.g + r.d + r.o);
  for (int dim = 0; dim < layer.dims; ++dim) builder.pattern(r.i[dim], r.o[dim], k[dim], layer.stride, layer.padding);
}

}  // namespace

Problem random_problem(std::mt19937& random, const RandomShape& shape) {
  Problem problem;
  const int indices = pick(random, 2, shape.most_indices);
  for (int x = 0; x < indices; ++x) problem.extents.push_back(pick(random, 1, 6));
  const int leaves = pick(random, shape.most_equations > 0 ? 0 : 1, shape.most_leaves);
  for (int l = 0; l < leaves; ++l) {
    Leaf leaf{l, {}};
    const int axes = pick(random, 0, 3);
    for (int a = 0; a < axes; ++a) {
      auto& axis = leaf.axes.emplace_back();
      for (int count = pick(random, 1, 4) == 1 ? 2 : 1; count > 0; --count) axis.push_back(pick(random, 0, indices - 1));
    }
    if (shape.repeat_operands && l > 0 && pick(random, 0, 2) > 0) {  // a copy of an earlier one, some indices renamed
      leaf = problem.leaves[pick(random, 0, l - 1)];
      for (auto& axis : leaf.axes) {
        for (int& index : axis) {
          std::vector<int> fitting;
          for (int x = 0; x < indices; ++x)
            if (problem.extents[x] == problem.extents[index]) fitting.push_back(x);
          if (pick(random, 0, 1) == 1) index = fitting[pick(random, 0, static_cast<int>(fitting.size()) - 1)];
        }
      }
    }
    problem.leaves.push_back(std::move(leaf));
  }
  std::vector<int> order;
  for (int x = 0; x < indices; ++x) order.push_back(x);
  const int equations = pick(random, 0, shape.most_equations);
  for (int e = 0; e < equations; ++e) {
    std::shuffle(order.begin(), order.end(), random);
    Equation equation;
    const int terms = pick(random, 1, std::min(4, indices));
    for (int t = 0; t < terms; ++t) {
      const std::int64_t c = pick(random, 1, 3) * (pick(random, 0, 1) == 1 ? 1 : -1);
      equation.terms.emplace_back(order[t], pick(random, 0, 1) == 1 ? c / std::abs(c) : c);
      equation.constant += c * pick(random, 0, static_cast<int>(problem.extents[order[t]]) - 1);
    }
    problem.equations.push_back(std::move(equation));
  }
  std::shuffle(order.begin(), order.end(), random);
  order.resize(pick(random, 0, std::min(3, indices)));
  problem.output = order;
  return problem;
}

std::string print(const Problem& problem) {
  std::ostringstream out;
  out << "extents";
  for (const auto extent : problem.extents) out << ' ' << extent;
  for (const Leaf& leaf : problem.leaves) {
    out << "; leaf " << leaf.operand << " [";
    for (const auto& axis : leaf.axes) {
      out << " (";
      for (const int index : axis) out << ' ' << index;
      out << ')';
    }
    out << " ]";
  }
  for (const Equation& equation : problem.equations) {
    out << "; ";
    for (const auto& [index, c] : equation.terms) out << c << "*x" << index << ' ';
    out << "= " << equation.constant;
  }
  out << "; output";
  for (const int index : problem.output) out << ' ' << index;
  return out.str();
}

int Builder::index(std::int64_t extent) {
  problem_.extents.push_back(extent);
  return static_cast<int>(problem_.extents.size()) - 1;
}

std::vector<int> Builder::indices(int count, std::int64_t extent) {
  std::vector<int> result;
  if (extent > 1)
    for (int x = 0; x < count; ++x) result.push_back(index(extent));
  return result;
}

void Builder::leaf(int operand, const std::vector<int>& indices) {
  Leaf leaf{operand, {}};
  for (const int x : indices) leaf.axes.push_back({x});
  problem_.leaves.push_back(std::move(leaf));
}

void Builder::pattern(int i, int o, int k, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
  problem_.equations.push_back({{{i, -1}, {o, stride}, {k, dilation}}, padding});
}

Problem Builder::build(std::vector<int> output) {
  problem_.output = std::move(output);
  return problem_;
}

Problem forward(const Layer& layer) {
  Builder b;
  const auto n = b.indices(1, layer.batch), g = b.indices(1, layer.groups), c = b.indices(1, layer.in_channels),
             d = b.indices(1, layer.out_channels), i = b.indices(layer.dims, layer.input),
             o = b.indices(layer.dims, layer.output), k = b.indices(layer.dims, layer.kernel);
  b.leaf(0, n + g + c + i);
  b.leaf(1, g + d + c + k);
  for (int dim = 0; dim < layer.dims; ++dim) b.pattern(i[dim], o[dim], k[dim], layer.stride, layer.padding);
  return b.build(n + g + d + o);
}

Problem kfc(const Layer& layer) {
  Builder b;
  const auto n = b.indices(1, layer.batch), g = b.indices(1, layer.groups), o = b.indices(layer.dims, layer.output);
  std::vector<int> output = g;
  for (int copy = 0; copy < 2; ++copy) {
    const auto c = b.indices(1, layer.in_channels), i = b.indices(layer.dims, layer.input),
               k = b.indices(layer.dims, layer.kernel);
    b.leaf(0, n + g + c + i);
    for (int dim = 0; dim < layer.dims; ++dim) b.pattern(i[dim], o[dim], k[dim], layer.stride, layer.padding);
    output = output + c + k;
  }
  return b.build(output);
}

Problem kfac_reduce(const Layer& layer) {
  Builder b;
  const auto n = b.indices(1, layer.batch), g = b.indices(1, layer.groups);
  std::vector<int> output = g;
  for (int copy = 0; copy < 2; ++copy) {
    const auto c = b.indices(1, layer.in_channels), i = b.indices(layer.dims, layer.input),
               k = b.indices(layer.dims, layer.kernel), o = b.indices(layer.dims, layer.output);
    b.leaf(0, n + g + c + i);
    for (int dim = 0; dim < layer.dims; ++dim) b.pattern(i[dim], o[dim], k[dim], layer.stride, layer.padding);
    output = output + c + k;
  }
  return b.build(output);
}

Problem ggn_diagonal(const Layer& layer) {
  Builder b;
  const auto n = b.indices(1, layer.batch), v = b.indices(1, layer.vectors), g = b.indices(1, layer.groups),
             c = b.indices(1, layer.in_channels), d = b.indices(1, layer.out_channels),
             k = b.indices(layer.dims, layer.kernel);
  for (int copy = 0; copy < 2; ++copy)
    add_gradient(b, layer, {n, g, c, b.indices(layer.dims, layer.input), d, b.indices(layer.dims, layer.output), v}, k);
  return b.build(g + d + c + k);
}

Problem ggn_gram(const Layer& layer) {
  Builder b;
  const auto g = b.indices(1, layer.groups), c = b.indices(1, layer.in_channels), d = b.indices(1, layer.out_channels),
             k = b.indices(layer.dims, layer.kernel);
  std::vector<int> output;
  for (int copy = 0; copy < 2; ++copy) {
    const auto n = b.indices(1, layer.batch), v = b.indices(1, layer.vectors);
    add_gradient(b, layer, {n, g, c, b.indices(layer.dims, layer.input), d, b.indices(layer.dims, layer.output), v}, k);
    output = output + v + n;
  }
  return b.build(output);
}

Problem gradient_gram(const Layer& layer) {
  Layer plain = layer;
  plain.vectors = 1;
  return ggn_gram(plain);
}

Problem chain(const Chain& s) {
  const auto output_of = [](std::int64_t input, std::int64_t stride) { return 1 + (input - 1) / stride; };
  const std::int64_t middle = output_of(s.input, s.stride1);
  Builder b;
  const auto n = b.indices(1, s.batch), c = b.indices(1, s.channels0), d = b.indices(1, s.channels1),
             e = b.indices(1, s.channels2), i = b.indices(2, s.input), k = b.indices(2, 3), o = b.indices(2, middle),
             l = b.indices(2, 3), p = b.indices(2, output_of(middle, s.stride2));
  b.leaf(0, n + c + i);
  b.leaf(1, d + c + k);
  b.leaf(2, e + d + l);
  for (int dim = 0; dim < 2; ++dim) {
    b.pattern(i[dim], o[dim], k[dim], s.stride1, 1);
    b.pattern(o[dim], p[dim], l[dim], s.stride2, 1);
  }
  return b.build(n + e + p);
}

}  // namespace einfold::pathfind
