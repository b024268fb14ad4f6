// SPDX-License-Identifier: MIT
//
// Each transform against its formula, on values of the reference evaluator.
#include "einfold/error.hpp"
#include "network/verify.hpp"
#include "transform/formulas.hpp"

#include <numeric>

namespace einfold::test {
namespace {

Axes range(int first, int last) {
  Axes axes(static_cast<std::size_t>(last - first));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

int rank(const Network& network) { return static_cast<int>(network.output.size()); }

/// Equality of shapes and of all entries; the network must be valid, too.
void expect_value(const Network& network, const Bound& bound, const Shape& shape, const std::function<double(const Shape&)>& formula) {
  verify(network);
  const Tensor got = value(network, bound);
  ASSERT_EQ(got.shape(), shape);
  ASSERT_EQ(got.values<double>(), by_formula(shape, formula));
}

/// A network is linear in each node: contracting the derivative with the operand gives it back.
TEST(Transform, DerivativeContractsBack) {
  for (const Network& network : samples()) {
    const Bound bound = operands_for({network});
    for (const Operand& operand : network.operands) {
      const Network derivative = differentiate(network, operand.name);
      Shape shape = network.shape();
      shape.insert(shape.end(), operand.shape.begin(), operand.shape.end());
      ASSERT_EQ(derivative.shape(), shape);
      const Network back = close(derivative, range(rank(network), rank(derivative)), operand.name);
      const Tensor expected = value(network, bound);
      expect_value(back, bound, network.shape(), [&](const Shape& p) { return expected.at<double>(p); });
    }
  }
}

/// J[p, q] is the change of entry p when entry q of the operand grows by 1.
TEST(Transform, DerivativeIsTheDifferenceOfValues) {
  for (const Network& network : samples()) {
    const Bound bound = operands_for({network});
    const Tensor before = value(network, bound);
    for (const Operand& operand : network.operands) {
      const Tensor jacobian = value(differentiate(network, operand.name), bound);
      for_each_position(operand.shape, [&](const Shape& q) {
        Bound moved = bound;
        Tensor changed = bound.at(operand.name).clone();
        std::int64_t offset = 0;
        for (std::size_t axis = 0; axis < q.size(); ++axis) offset += q[axis] * changed.strides()[axis];
        changed.mutable_data_as<double>()[offset] += 1.0;
        moved.insert_or_assign(operand.name, changed);
        const Tensor after = value(network, moved);
        for_each_position(network.shape(), [&](const Shape& p) {
          Shape both = p;
          both.insert(both.end(), q.begin(), q.end());
          ASSERT_EQ(jacobian.at<double>(both), after.at<double>(p) - before.at<double>(p));
        });
      });
    }
  }
}

/// d(w w) = dw w + w dw.
TEST(Transform, ProductRuleGivesOneDerivativePerNode) {
  const Network plain = network_of("i j, j k -> i k", {Shape{3, 4}, Shape{4, 2}});
  const Network square = gram(plain, {0});  // sum_i N[i k] N[i k']: every operand twice
  const Bound bound = operands_for({square});
  const std::vector<Network> terms = differentiate_each(square, "0");
  ASSERT_EQ(terms.size(), 2u);
  const Tensor w = bound.at("0");
  const Tensor n = value(plain, bound);
  const Tensor first = value(terms[0], bound), second = value(terms[1], bound);
  const Tensor b = bound.at("1");
  // d/dw[i j] sum_i N[i k] N[i k'] = b[j k] N[i k'] + N[i k] b[j k']
  const std::vector<double> a = first.values<double>(), c = second.values<double>();
  std::vector<double> sum(a);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += c[i];
  ASSERT_EQ(first.shape(), (Shape{2, 2, 3, 4}));
  EXPECT_EQ(sum, by_formula(first.shape(), [&](const Shape& p) {
    const std::int64_t k = p[0], l = p[1], i = p[2], j = p[3];
    return b.at<double>({j, k}) * n.at<double>({i, l}) + n.at<double>({i, k}) * b.at<double>({j, l});
  }));
  try {
    (void)differentiate(square, "0");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0207");
  }
  EXPECT_THROW((void)differentiate(plain, "nobody"), Error);
}

TEST(Transform, BatchIsOneValuePerEntry) {
  for (const Network& network : samples()) {
    const Network batched = batch(network, {"0"}, "b", 3);
    verify(batched);
    const Bound bound = operands_for({batched});
    Shape shape = network.shape();
    shape.insert(shape.begin(), 3);
    const Tensor all = value(batched, bound);
    ASSERT_EQ(all.shape(), shape);
    for (std::int64_t i = 0; i < 3; ++i) {
      Bound one = bound;
      one.insert_or_assign("0", bound.at("0").select(0, i));
      ASSERT_EQ(all.select(0, i).values<double>(), value(network, one).values<double>());
    }
  }
}

/// rows r, columns c, kept k, summed s:  G[k r c] = sum_s N[..] N[..].
TEST(Transform, GramIsTheProductWithItselfOverSharedAxes) {
  for (const Network& network : samples()) {
    const Bound bound = operands_for({network});
    const Tensor n = value(network, bound);
    const int last = rank(network) - 1;
    const Shape shape = n.shape();
    const auto at = static_cast<std::size_t>(last);
    // summed over all but the last axis: columns times columns
    expect_value(gram(network, range(0, last)), bound, {shape[at], shape[at]}, [&](const Shape& p) {
      double sum = 0;
      for_each_position(Shape(shape.begin(), shape.end() - 1), [&](const Shape& q) {
        Shape a = q, b = q;
        a.push_back(p[0]);
        b.push_back(p[1]);
        sum += n.at<double>(a) * n.at<double>(b);
      });
      return sum;
    });
    // the last axis kept, the others summed: squared norms of columns
    expect_value(gram(network, range(0, last), {last}), bound, {shape[at]}, [&](const Shape& p) {
      double sum = 0;
      for_each_position(Shape(shape.begin(), shape.end() - 1), [&](const Shape& q) {
        Shape a = q;
        a.push_back(p[0]);
        sum += n.at<double>(a) * n.at<double>(a);
      });
      return sum;
    });
  }
}

TEST(Transform, CrossGramIsTheProductOfTwo) {
  const Network a = network_of("i j, j k -> i k", {Shape{3, 4}, Shape{4, 2}});
  const Network b = network_of("2*i+k, k -> i k", {Shape{6}, Shape{2}});
  Network renamed = b;
  renamed.operands[0].name = "x";
  renamed.operands[1].name = "y";
  const Bound bound = operands_for({a, renamed});
  const Tensor left = value(a, bound), right = value(renamed, bound);
  ASSERT_EQ(left.shape(), right.shape());
  expect_value(cross_gram(a, renamed, {0}), bound, {2, 2}, [&](const Shape& p) {
    double sum = 0;
    for (std::int64_t i = 0; i < 3; ++i) sum += left.at<double>({i, p[0]}) * right.at<double>({i, p[1]});
    return sum;
  });
  expect_value(join(a, renamed, {{0, 0}, {1, 1}}, {1}), bound, {2}, [&](const Shape& p) {
    double sum = 0;
    for (std::int64_t i = 0; i < 3; ++i) sum += left.at<double>({i, p[0]}) * right.at<double>({i, p[0]});
    return sum;
  });
  EXPECT_THROW((void)join(a, renamed, {{0, 1}}), Error);
}

TEST(Transform, TieIsTheDiagonal_TraceItsSum) {
  for (const Network& network : samples()) {
    const Network square = gram(network, range(0, rank(network) - 1));
    const Bound bound = operands_for({square});
    const Tensor matrix = value(square, bound);
    const std::int64_t size = matrix.shape()[0];
    expect_value(tie(square, 0, 1), bound, {size}, [&](const Shape& p) { return matrix.at<double>({p[0], p[0]}); });
    double trace_of = 0;
    for (std::int64_t i = 0; i < size; ++i) trace_of += matrix.at<double>({i, i});
    expect_value(trace(square, 0, 1), bound, {}, [&](const Shape&) { return trace_of; });
  }
  const Network rectangle = network_of("i j -> i j", {Shape{3, 4}});
  EXPECT_THROW((void)tie(rectangle, 0, 1), Error);
}

TEST(Transform, SumPermuteAndScaleActOnTheOutput) {
  for (const Network& network : samples()) {
    const Bound bound = operands_for({network});
    const Tensor n = value(network, bound);
    const int axes = rank(network);
    Shape tail(n.shape().begin() + 1, n.shape().end());
    expect_value(sum(network, {0}), bound, tail, [&](const Shape& p) {
      double total = 0;
      for (std::int64_t i = 0; i < n.shape()[0]; ++i) {
        Shape q = p;
        q.insert(q.begin(), i);
        total += n.at<double>(q);
      }
      return total;
    });
    Axes order = range(1, axes);
    order.push_back(0);
    Shape turned = tail;
    turned.push_back(n.shape()[0]);
    expect_value(permute(network, order), bound, turned, [&](const Shape& p) {
      Shape q(p.begin(), p.end() - 1);
      q.insert(q.begin(), p.back());
      return n.at<double>(q);
    });
    expect_value(scaled(network, 3, 4), bound, n.shape(), [&](const Shape& p) { return 0.75 * n.at<double>(p); });
  }
}

TEST(Transform, NarrowTakesPositions_EmbedPutsThemBack) {
  for (const Network& network : samples()) {
    const Bound bound = operands_for({network});
    const Tensor n = value(network, bound);
    for (int axis = 0; axis < rank(network); ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      if (network.output[a].size() != 1) continue;
      const std::int64_t extent = n.shape()[a];
      for (const auto& [start, step] : {std::pair<std::int64_t, std::int64_t>{0, 1}, {1, 1}, {extent - 1, -1}, {0, 2}}) {
        const std::int64_t length = step < 0 ? extent : (extent - start + step - 1) / step;
        Shape shape = n.shape();
        shape[a] = length;
        expect_value(narrow(network, axis, start, length, step), bound, shape, [&, first = start, by = step](const Shape& p) {
          Shape q = p;
          q[a] = first + by * p[a];
          return n.at<double>(q);
        });
      }
      Shape larger = n.shape();
      larger[a] = extent + 3;
      expect_value(embed(network, axis, "wide", extent + 3, 2), bound, larger, [&](const Shape& p) {
        Shape q = p;
        q[a] -= 2;
        return q[a] < 0 || q[a] >= extent ? 0.0 : n.at<double>(q);
      });
    }
  }
}

TEST(Transform, GroupGluesAxes_SplitAndUngroupTakeThemApart) {
  for (const Network& network : samples()) {
    const Bound bound = operands_for({network});
    const Tensor n = value(network, bound);
    const Network glued = group(network, {range(0, rank(network))});
    const std::vector<double> flat = n.values<double>();
    expect_value(glued, bound, {n.size()}, [&](const Shape& p) { return flat[static_cast<std::size_t>(p[0])]; });
    const std::vector<double> apart = value(split(glued, 0), bound).values<double>();
    EXPECT_EQ(apart, flat);
  }
  const Network line = network_of("o+k-1, k -> o", {Shape{6}, Shape{3}});
  const Bound bound = operands_for({line});
  const Tensor n = value(line, bound);
  ASSERT_EQ(n.size(), 6);
  const Network ungrouped = ungroup(line, 0, {{"a", 2}, {"b", 3}});  // one axis of two indices
  expect_value(ungrouped, bound, {6}, [&](const Shape& p) { return n.at<double>(p); });
  expect_value(split(ungrouped, 0), bound, {2, 3},
               [&](const Shape& p) { return n.at<double>({3 * p[0] + p[1]}); });
}

TEST(Transform, UnifyReplacesOneIndexByAnother) {
  const Network network = network_of("i+j, i, j -> i j", {Shape{7}, Shape{4}, Shape{4}});
  const Bound bound = operands_for({network});
  const Tensor n = value(network, bound);
  const IndexId i = network.output[0].front(), j = network.output[1].front();
  const Network same = unify(network, i, j);
  expect_value(same, bound, {4, 4}, [&](const Shape& p) { return p[0] == p[1] ? n.at<double>({p[0], p[0]}) : 0.0; });
}

TEST(Transform, DropTakesAwayWhatOnlyTheOutputHas) {
  const Network network = network_of("i -> i b", {Shape{4}}, {{"b", 3}});
  const Bound bound = operands_for({network});
  const Tensor x = bound.at("0");
  expect_value(drop(network, network.output[1].front()), bound, {4}, [&](const Shape& p) { return x.at<double>(p); });
  try {
    (void)drop(network, network.output[0].front());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E0209");
  }
}

}  // namespace
}  // namespace einfold::test
