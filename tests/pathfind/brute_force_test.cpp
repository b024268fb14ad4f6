// SPDX-License-Identifier: MIT
//
// The exact search against the cheapest of all trees, by an evaluation of its own: sets of nodes, points counted one by one.
#include "pathfind/moves.hpp"
#include "pathfind/search.hpp"
#include "pathfind/problems.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace einfold::pathfind {
namespace {

using Set = unsigned;  // of nodes: leaves, then equations

/// Rank over doubles: coefficients are small integers.
int rank_of(std::vector<std::vector<double>> rows) {
  int rank = 0;
  const std::size_t columns = rows.empty() ? 0 : rows[0].size();
  for (std::size_t c = 0; c < columns; ++c) {
    int pivot = -1;
    for (int r = rank; r < static_cast<int>(rows.size()); ++r)
      if (std::abs(rows[r][c]) > 1e-9 && (pivot < 0 || std::abs(rows[r][c]) > std::abs(rows[pivot][c]))) pivot = r;
    if (pivot < 0) continue;
    std::swap(rows[rank], rows[pivot]);
    for (int r = rank + 1; r < static_cast<int>(rows.size()); ++r) {
      const double factor = rows[r][c] / rows[rank][c];
      for (std::size_t v = 0; v < columns; ++v) rows[r][v] -= factor * rows[rank][v];
    }
    ++rank;
  }
  return rank;
}

class BruteForce {
 public:
  BruteForce(const Problem& problem, double write_weight) : problem_(problem), write_weight_(write_weight) {
    leaves_ = static_cast<int>(problem.leaves.size());
    for (const Leaf& leaf : problem.leaves) {
      auto& indices = node_.emplace_back();
      for (const auto& axis : leaf.axes) indices.insert(axis.begin(), axis.end());
    }
    for (const Equation& equation : problem.equations) {
      auto& indices = node_.emplace_back();
      for (const auto& term : equation.terms) indices.insert(term.first);
    }
    output_ = {problem.output.begin(), problem.output.end()};
    all_ = (1u << node_.size()) - 1;
  }

  double best() {
    double best = std::numeric_limits<double>::infinity();
    const Set all_leaves = (1u << leaves_) - 1;
    if (leaves_ == 0) return step_cost(nullptr, nullptr, all_, true);
    for (Set leaves = 1; leaves <= all_leaves; ++leaves) {
      auto& trees = trees_[leaves];
      if ((leaves & (leaves - 1)) == 0) trees.push_back({leaves, indices_of(leaves), 0});
      for (Set left = (leaves - 1) & leaves; left != 0; left = (left - 1) & leaves) {
        const Set right = leaves & ~left;
        if (left < right) continue;
        for (const Tensor& a : trees_[left]) {
          for (const Tensor& b : trees_[right]) {
            if ((a.nodes & b.nodes) != 0 || std::isinf(a.cost + b.cost)) continue;
            for_subsets(reachable(a, b), 99, [&](Set e) { extend(trees, &a, &b, e); });
            if (leaves == all_leaves)
              best = std::min(best, a.cost + b.cost + step_cost(&a, &b, all_ & ~(a.nodes | b.nodes), true));
          }
        }
      }
      for (std::size_t t = 0; t < trees.size(); ++t) {  // sums of sums too
        const Tensor tensor = trees[t];
        if (std::isinf(tensor.cost)) continue;
        for_subsets(reachable(tensor, tensor), 2, [&](Set e) { extend(trees, &tensor, nullptr, e); });
        if (leaves == all_leaves)
          best = std::min(best, tensor.cost + step_cost(&tensor, nullptr, all_ & ~tensor.nodes, true));
      }
    }
    return best;
  }

 private:
  struct Tensor {
    Set nodes;
    std::set<int> legs;
    double cost;
  };

  std::set<int> indices_of(Set nodes) const {
    std::set<int> result;
    for (std::size_t j = 0; j < node_.size(); ++j)
      if (nodes >> j & 1) result.insert(node_[j].begin(), node_[j].end());
    return result;
  }

  double extent(int index) const { return static_cast<double>(problem_.extents[index]); }

  Set reachable(const Tensor& a, const Tensor& b) const {
    Set found = 0;
    std::set<int> indices = a.legs;
    indices.insert(b.legs.begin(), b.legs.end());
    for (bool more = true; more;) {
      more = false;
      for (int j = leaves_; j < static_cast<int>(node_.size()); ++j) {
        const bool touches = std::ranges::any_of(node_[j], [&](int x) { return indices.contains(x); });
        if (((found | a.nodes | b.nodes) >> j & 1) || !touches) continue;
        found |= 1u << j;
        indices.insert(node_[j].begin(), node_[j].end());
        more = true;
      }
    }
    return found;
  }

  template <class F>
  static void for_subsets(Set of, int most, F f) {
    for (Set e = of;; e = (e - 1) & of) {
      if (__builtin_popcount(e) <= most) f(e);
      if (e == 0) return;
    }
  }

  /// Points of the equations over the indices they have, one by one; every connected component that has none counts as one.
  double points(Set equations) {
    const auto [known, is_new] = points_.try_emplace(equations, 0);
    if (is_new) known->second = count_points(equations);
    return known->second;
  }
  double count_points(Set equations) const {
    double product = 1;
    for (Set rest = equations; rest != 0;) {
      Set component = rest & (0u - rest);
      for (Set before = 0; before != component;) {
        before = component;
        const auto indices = indices_of(component);
        for (std::size_t j = 0; j < node_.size(); ++j)
          if ((rest >> j & 1) && std::ranges::any_of(node_[j], [&](int x) { return indices.contains(x); }))
            component |= 1u << j;
      }
      rest &= ~component;
      const auto indices = indices_of(component);
      const std::vector<int> order(indices.begin(), indices.end());
      std::vector<std::int64_t> at(problem_.extents.size(), 0);
      double count = 0;
      for (bool more = true; more;) {
        bool inside = true;
        for (int j = leaves_; j < static_cast<int>(node_.size()); ++j) {
          if (!(component >> j & 1)) continue;
          std::int64_t sum = 0;
          for (const auto& [x, c] : problem_.equations[j - leaves_].terms) sum += c * at[x];
          inside = inside && sum == problem_.equations[j - leaves_].constant;
        }
        count += inside ? 1 : 0;
        more = false;
        for (const int x : order) {
          if (++at[x] < problem_.extents[x]) {
            more = true;
            break;
          }
          at[x] = 0;
        }
      }
      product *= std::max(count, 1.0);
    }
    return product;
  }

  /// Infinite if the move is not allowed.
  double step_cost(const Tensor* a, const Tensor* b, Set equations, bool last) {
    const Set inside = (a != nullptr ? a->nodes : 0) | (b != nullptr ? b->nodes : 0) | equations;
    std::set<int> all = indices_of(equations);
    const std::set<int> in_equations = all;
    for (const Tensor* tensor : {a, b})
      if (tensor != nullptr) all.insert(tensor->legs.begin(), tensor->legs.end());
    if (last) all.insert(output_.begin(), output_.end());
    const std::set<int> outside = indices_of(all_ & ~inside);
    double loops = points(equations), size = 1;
    std::vector<int> closed;
    for (const int x : all) {
      if (!in_equations.contains(x)) loops *= extent(x);
      if (output_.contains(x) || outside.contains(x))
        size *= extent(x);
      else
        closed.push_back(x);
    }
    std::vector<std::vector<double>> rows;
    int count = 0;
    for (int j = leaves_; j < static_cast<int>(node_.size()); ++j) {
      if (!(equations >> j & 1)) continue;
      ++count;
      auto& row = rows.emplace_back(closed.size(), 0);
      for (const auto& [x, c] : problem_.equations[j - leaves_].terms) {
        const auto column = std::ranges::find(closed, x);
        if (column != closed.end()) row[column - closed.begin()] = static_cast<double>(c);
      }
    }
    const int rank = rank_of(rows);
    if (!last && rank < count) return std::numeric_limits<double>::infinity();
    if (!last && b == nullptr && static_cast<int>(closed.size()) == rank) return std::numeric_limits<double>::infinity();
    const bool window_only = std::ranges::all_of(closed, [&](int x) { return in_equations.contains(x); });
    if (b == nullptr && a != nullptr && (count == 0 || (count == 1 && window_only))) {
      double pass = 1;
      for (const int x : a->legs) pass *= extent(x);
      loops = std::min(loops, pass);
    }
    return loops + write_weight_ * size;
  }

  void extend(std::vector<Tensor>& trees, const Tensor* a, const Tensor* b, Set equations) {
    const double cost = step_cost(a, b, equations, false);
    if (std::isinf(cost)) return;
    Tensor result{a->nodes | (b != nullptr ? b->nodes : 0) | equations, {}, a->cost + (b != nullptr ? b->cost : 0) + cost};
    std::set<int> all = a->legs;
    if (b != nullptr) all.insert(b->legs.begin(), b->legs.end());
    all.merge(indices_of(equations));
    const std::set<int> outside = indices_of(all_ & ~result.nodes);
    for (const int x : all)
      if (output_.contains(x) || outside.contains(x)) result.legs.insert(x);
    // of tensors over the same nodes with the same legs only the cheapest can be part of the cheapest
    for (Tensor& other : trees) {
      if (other.nodes != result.nodes || other.legs != result.legs || std::isinf(other.cost)) continue;
      if (result.cost >= other.cost) return;
      other.cost = std::numeric_limits<double>::infinity();
    }
    trees.push_back(std::move(result));
  }

  const Problem& problem_;
  double write_weight_;
  int leaves_ = 0;
  std::vector<std::set<int>> node_;
  std::set<int> output_;
  Set all_ = 0;
  std::map<Set, double> points_;
  std::map<Set, std::vector<Tensor>> trees_;
};

void expect_best(const RandomShape& shape, unsigned seeds) {
  for (unsigned seed = 0; seed < seeds; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(random, shape);
    const double weight = std::vector<double>{0, 1, 7}[seed % 3];
    const double best = BruteForce(problem, weight).best();
    const double found = find_tree(problem, {.write_weight = weight}).log2_cost;
    ASSERT_NEAR(found, std::log2(best), 1e-9) << "seed " << seed << ": " << print(problem);
  }
}

TEST(BruteForce, FindsNothingBetter_ForHyperIndices) {
  expect_best({.most_leaves = 5, .most_equations = 0, .most_indices = 8}, 2000);
}

TEST(BruteForce, FindsNothingBetter_ForSixTensors) {
  expect_best({.most_leaves = 6, .most_equations = 0, .most_indices = 10}, 100);
}

TEST(BruteForce, FindsNothingBetter_ForEquations) {
  expect_best({.most_leaves = 3, .most_equations = 2, .most_indices = 6}, 1500);
}

TEST(BruteForce, FindsNothingBetter_ForSevenTensorsAndEquations) {
  expect_best({.most_leaves = 4, .most_equations = 3, .most_indices = 7}, 400);
}

TEST(BruteForce, FindsNothingBetter_ForManyEquations) {
  expect_best({.most_leaves = 2, .most_equations = 4, .most_indices = 7}, 500);
}

/// f of every sequence of pairs.
void for_all_paths(std::vector<int> left, int next, SsaPath& path, const std::function<void(const SsaPath&)>& f) {
  if (left.size() < 2) return f(path);
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = i + 1; j < left.size(); ++j) {
      std::vector<int> rest = left;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      rest.push_back(next);
      path.emplace_back(left[i], left[j]);
      for_all_paths(rest, next + 1, path, f);
      path.pop_back();
    }
  }
}

/// The best of all trees is along one of the paths.
TEST(BruteForce, FindsNothingBetter_AlongAllPaths) {
  for (unsigned seed = 0; seed < 600; ++seed) {
    std::mt19937 random(seed);
    const Problem problem = random_problem(random, {.most_leaves = 4, .most_equations = 3, .most_indices = 7});
    const double weight = std::vector<double>{0, 1, 7}[seed % 3];
    std::vector<int> leaves(problem.leaves.size());
    std::iota(leaves.begin(), leaves.end(), 0);
    double least = std::numeric_limits<double>::infinity();
    SsaPath path;
    for_all_paths(leaves, static_cast<int>(leaves.size()), path, [&](const SsaPath& along) {
      least = std::min(least, tree_along(problem, along, {.write_weight = weight}).log2_cost);
    });
    ASSERT_NEAR(least, std::log2(BruteForce(problem, weight).best()), 1e-9) << "seed " << seed << ": " << print(problem);
  }
}

}  // namespace
}  // namespace einfold::pathfind
