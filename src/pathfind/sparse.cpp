// SPDX-License-Identifier: MIT
#include "pathfind/sparse.hpp"

#include "base/fail.hpp"
#include "pathfind/living.hpp"
#include "pathfind/products.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <queue>

namespace einfold::pathfind {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Extents of enclosed legs are `kLeastExtent` at least, so C, with p q max(p, q) <= size(C) for the extents p, q of two pieces, has its cube.
constexpr double kLeastExtent = 2, kLeastEnclosing = kLeastExtent * kLeastExtent * kLeastExtent;

/// An enclosed product, and each that it is made of, takes as long to list or look up.
constexpr std::int64_t kPairsPerProduct = 8;

/// Outer products that are made: none, those that their consumer encloses, all that may pay.
enum class Outer { kNone, kEnclosed, kAll };

struct Goal {
  double flops_weight = 1, write_weight = 0;
  bool minimax = false;          ///< make the largest size small, nothing else
  double most_size = kInfinity;  ///< subsets of larger results are dropped
  Outer outer = Outer::kNone;
};

/// The classes of indices on some tensors.
struct Indices {
  std::vector<Set> tensors_with;
  std::vector<double> extents;
  std::vector<char> elsewhere;
};

/// The search over one part of the network.
class Search {
 public:
  Search(Indices indices, std::int64_t& pairs_left) : indices_(std::move(indices)), pairs_left_(pairs_left) {
    for (std::size_t x = 0; x < indices_.extents.size(); ++x)
      if (indices_.elsewhere[x] != 0) open_ |= indices_.tensors_with[x];
    for (std::size_t x = 0; x < indices_.extents.size(); ++x)
      all_pass_ = all_pass_ && std::popcount(indices_.tensors_with[x]) == 2 && indices_.elsewhere[x] == 0;
  }

  /// The position of the whole among subsets(), or -1: none within the bound, or pairs_left has become negative.
  int run(Set all, Goal goal, double bound) {
    all_ = all;
    goal_ = goal;
    bound_ = bound;
    const int count = std::popcount(all);
    levels_.resize(static_cast<std::size_t>(count) + 1);
    enclosed_.resize(levels_.size());
    subsets_.clear();
    for (Set rest = all; rest != 0; rest &= rest - 1) {
      const Subset tensor = single(std::countr_zero(rest));
      add(positions_.at(tensor.set, subsets_), tensor);
      neighbours_[std::countr_zero(rest)] = tensor.neighbours;
    }
    finish_level(1, 0);
    for (int size = 2; size <= count; ++size) {
      const int from = static_cast<int>(subsets_.size());
      for (int half = 1; 2 * half <= size; ++half)
        if (!join(half, size - half)) return -1;
      if (!join_enclosed(size)) return -1;
      finish_level(size, from);
    }
    return subsets_.back().set == all && levels_[count].members().size() == 1 ? static_cast<int>(subsets_.size()) - 1 : -1;
  }

  [[nodiscard]] const std::vector<Subset>& subsets() const { return subsets_; }
  [[nodiscard]] const Products& products() const { return products_; }

 private:
  Subset single(int tensor) const {
    Subset subset;
    subset.set = Set{1} << tensor;
    for (std::size_t x = 0; x < indices_.tensors_with.size(); ++x) {
      if ((indices_.tensors_with[x] & subset.set) == 0) continue;
      subset.legs.insert(static_cast<int>(x));
      subset.size *= indices_.extents[x];
      subset.neighbours |= indices_.tensors_with[x];
    }
    subset.neighbours &= ~subset.set;
    subset.passing = passing(subset);
    return subset;
  }

  double product(Legs legs) const {
    double product = 1;
    legs.for_each([&](int index) { product *= indices_.extents[index]; });
    return product;
  }

  double passing(const Subset& subset) const {
    double product = 1;
    subset.legs.for_each([&](int index) {
      const bool one_other = std::has_single_bit(indices_.tensors_with[index] & ~subset.set);
      if (one_other && indices_.elsewhere[index] == 0) product *= indices_.extents[index];
    });
    return product;
  }

  void finish_level(int size, int from) {
    levels_[size] = Level(subsets_, from);
    if (goal_.outer == Outer::kAll) levels_[size].sort_by_size(subsets_);
    if (goal_.outer != Outer::kEnclosed) return;
    for (int c = from; c < static_cast<int>(subsets_.size()); ++c) find_enclosed(c);
  }

  /// False when the budget is spent.
  bool join(int half, int other) {
    return join_neighbours(half, other) && (goal_.outer != Outer::kAll || join_strangers(half, other));
  }

  bool join_neighbours(int half, int other) {
    const bool swap = levels_[half].members().size() > levels_[other].members().size();
    const Level& few = levels_[swap ? other : half];
    const Level& many = levels_[swap ? half : other];
    for (const int a : few.members()) {
      const Subset& of_a = subsets_[a];
      const Set set = of_a.set, partners = of_a.neighbours;
      const double most_cost = goal_.minimax ? bound_ : bound_ - of_a.cost - goal_.flops_weight * of_a.size;
      pairs_left_ -= many.for_each_beside(set, partners, most_cost, [&](int b) {
        if (half != other || set < subsets_[b].set) offer(a, b);
      });
      if (pairs_left_ < 0) return false;
    }
    return true;
  }

  /// Small tensors only, unless one is a scalar or this is the last step.
  bool join_strangers(int half, int other) {
    const bool any_size = goal_.minimax || goal_.most_size < kInfinity || half + other == std::popcount(all_);
    const std::vector<Level::Sized>& others = levels_[other].by_size();
    for (const auto& [size, set, a] : levels_[half].by_size()) {
      const Set beside = set | subsets_[a].neighbours;
      const double most_size = any_size || size == 1 ? kInfinity : largest_stranger(subsets_[a]);
      for (const auto& [other_size, other_set, b] : others) {
        --pairs_left_;
        if (other_size > most_size) break;
        if ((other_set & beside) == 0 && (half != other || set < other_set)) offer(a, b);
      }
      if (pairs_left_ < 0) return false;
    }
    return true;
  }

  /// Elements of a tensor whose outer product with a may pay, at most; a scalar always may.
  double largest_stranger(const Subset& a) const {
    const double left = bound_ - a.cost;
    const double size = left / (a.size * least_of_strangers(a.passing, 1));
    return std::max(1.0, all_pass_ ? std::min(size, largest_passing_stranger(a.size, left / goal_.flops_weight)) : size);
  }
  /// From  a b max(a, b) <= points,  or  (a b)^1.5 <= points  where writing counts.
  double largest_passing_stranger(double a, double points) const {
    if (goal_.write_weight > 0) return std::pow(points, 2.0 / 3) / a;
    return std::min(points / (a * a), std::sqrt(points / a));
  }

  /// What an outer product that pays, and the step that takes it, cost at least, per element of the product.
  double least_of_strangers(double passing_a, double passing_b) const {
    double beside = std::sqrt(passing_a * passing_b);
    if (goal_.write_weight == 0 && std::min(passing_a, passing_b) > 1) beside = std::max(passing_a, passing_b);
    return goal_.flops_weight * (1 + std::max(2.0, beside)) + goal_.write_weight;
  }

  void offer(int a, int b) {
    const Subset& of_a = subsets_[a];
    const Subset& of_b = subsets_[b];
    const Legs common = of_a.legs & of_b.legs;
    if (common.empty() && of_a.size > 1 && of_b.size > 1 && (of_a.set | of_b.set) != all_ && !outer_pays(of_a, of_b)) return;
    const double points = of_a.size * of_b.size / product(common);
    const double cost = goal_.minimax ? std::max(of_a.cost, of_b.cost) : of_a.cost + of_b.cost + goal_.flops_weight * points;
    const Set set = of_a.set | of_b.set;
    if (cost > bound_) return;
    if (goal_.outer == Outer::kAll && !(pays_before(of_a, of_b, set) && pays_before(of_b, of_a, set))) return;
    int& position = positions_.at(set, subsets_);
    if (position >= 0) {
      Subset& known = subsets_[position];
      const double with_size = cost_with(cost, known.size);
      if (with_size < known.cost) improve(known, with_size, a, b);
      return;
    }
    Subset made{set, (of_a.neighbours | of_b.neighbours) & ~set, {}, points, 0, 1, a, b};
    Legs closed;
    common.for_each([&](int index) {
      if (indices_.elsewhere[index] == 0 && (indices_.tensors_with[index] & ~set) == 0) closed.insert(index);
    });
    made.legs = without(of_a.legs | of_b.legs, closed);
    made.size /= product(closed);
    made.cost = cost_with(cost, made.size);
    if (made.size > goal_.most_size || (set != all_ && consumed(made.cost, made.size) > bound_) || made.cost > bound_) return;
    if (goal_.outer == Outer::kAll) made.passing = passing(made);
    add(position, made);
  }

  static void improve(Subset& known, double cost, int a, int b) {
    known.cost = cost;
    known.a = a;
    known.b = b;
  }
  void add(int& position, const Subset& made) {
    position = static_cast<int>(subsets_.size());
    positions_.added();
    subsets_.push_back(made);
  }

  /// Products of what is left in several pieces without c, for c to take at once. See sparse.hpp.
  void find_enclosed(int c) {
    const Subset& of_c = subsets_[c];
    if (of_c.size * (1 + 1e-9) < kLeastEnclosing) return;
    pieces_.clear();
    for (Set left = all_ & ~of_c.set, piece = 0; left != 0; left &= ~piece) {
      piece = piece_of(left);
      if ((piece & open_) == 0) pieces_.push_back({.set = piece});
    }
    if (pieces_.size() < 2) return;
    of_c.legs.for_each([&](int index) {
      for (Factor& piece : pieces_)
        if ((indices_.tensors_with[index] & piece.set) != 0) piece.size *= indices_.extents[index];
    });
    std::ranges::sort(pieces_, {}, [](const Factor& piece) { return std::pair(piece.size, piece.set); });
    choose_enclosed(c, of_c.set, 0, 1);
  }

  /// Those of `left` that its lowest one is connected with.
  Set piece_of(Set left) const {
    Set piece = left & (~left + 1);
    for (Set fresh = piece; fresh != 0;) {
      Set next = 0;
      for (; fresh != 0; fresh &= fresh - 1) next |= neighbours_[std::countr_zero(fresh)];
      fresh = next & left & ~piece;
      piece |= fresh;
    }
    return piece;
  }

  /// All choices that may pay, smallest pieces first. The larger of the last two factors of a product of n is no smaller than any of them,
  /// nor than sqrt(n).
  void choose_enclosed(int c, Set chosen, std::size_t first, double product) {
    const Subset& of_c = subsets_[c];
    for (std::size_t p = first; p < pieces_.size(); ++p) {
      const double size = product * pieces_[p].size;
      const double larger_factor = std::max(pieces_[p].size, std::sqrt(size));
      const bool pays = size * larger_factor <= of_c.size * (1 + 1e-9) && of_c.cost + goal_.flops_weight * (size + of_c.size) <= bound_;
      if (!pays && chosen != of_c.set) return;
      if ((pairs_left_ -= kPairsPerProduct) < 0) return;
      const Set set = chosen | pieces_[p].set;
      if (chosen != of_c.set) enclosed_[std::popcount(set)].push_back({c, set});
      choose_enclosed(c, set, p + 1, size);
    }
  }

  /// False when the budget is spent.
  bool join_enclosed(int size) {
    for (const auto& [c, set] : enclosed_[size]) {
      factors_.clear();
      bool alive = true;
      for (Set left = set & ~subsets_[c].set; left != 0 && alive; left &= ~factors_.back().set) {
        const Set piece = piece_of(left);
        const int at = positions_.find(piece, subsets_);
        alive = at >= 0;
        if (alive) factors_.push_back({piece, subsets_[at].size, subsets_[at].cost, at});
      }
      pairs_left_ -= kPairsPerProduct << std::min<std::size_t>(factors_.size(), kMostFactors + 1);
      if (!alive) continue;
      if (factors_.size() > kMostFactors) pairs_left_ = -1;
      if (pairs_left_ < 0) return false;
      const Factor product = products_.best(factors_);
      const double cost = subsets_[c].cost + product.cost + subsets_[c].size;
      if (cost > bound_) continue;
      int& position = positions_.at(set, subsets_);
      if (position >= 0) {
        if (cost < subsets_[position].cost) improve(subsets_[position], cost, c, product.at);
        continue;
      }
      Subset made{set, subsets_[c].neighbours & ~set, {}, subsets_[c].size / product.size, cost, 1, c, product.at};
      subsets_[c].legs.for_each([&](int index) {
        if (indices_.elsewhere[index] != 0 || (indices_.tensors_with[index] & ~set) != 0) made.legs.insert(index);
      });
      if (set == all_ || cost + made.size <= bound_) add(position, made);
    }
    return true;
  }

  [[nodiscard]] double cost_with(double cost, double size) const {
    return goal_.minimax ? std::max(cost, size) : cost + goal_.write_weight * size;
  }
  /// At least, with the step that takes it.
  [[nodiscard]] double consumed(double cost, double size) const {
    return goal_.minimax ? cost : cost + goal_.flops_weight * size;
  }
  [[nodiscard]] bool outer_pays(const Subset& a, const Subset& b) const {
    return goal_.minimax || goal_.most_size < kInfinity || a.cost + b.cost + a.size * b.size * least_of_strangers(a.passing, b.passing) <= bound_;
  }

  /// Whether the product is none of two tensors that share nothing, or  (A B) C  costs no more than  (A C) B  and  (B C) A  do.
  [[nodiscard]] bool pays_before(const Subset& product, const Subset& c, Set joined) const {
    if (product.a < 0 || goal_.minimax || goal_.most_size < kInfinity) return true;  // (A C) may be too large
    const Subset& a = subsets_[product.a];
    const Subset& b = subsets_[product.b];
    if (a.size == 1 || b.size == 1 || !(a.legs & b.legs).empty()) return true;
    const double flops = goal_.flops_weight, write = goal_.write_weight;
    const Beside of_a = beside(a, c, joined), of_b = beside(b, c, joined);
    const double points = c.size * of_a.open * of_b.open;
    const double product_first = flops * (product.size + points) + write * product.size;
    const auto c_first = [&](const Beside& first) {
      return flops * (c.size * first.open + points / first.closed) + write * c.size * first.open / first.closed;
    };
    return product_first <= std::min(c_first(of_a), c_first(of_b)) * (1 + 1e-9);
  }

  /// Extents of a's legs that c has not, and of those that close when they are joined.
  struct Beside {
    double open, closed;
  };
  [[nodiscard]] Beside beside(const Subset& a, const Subset& c, Set joined) const {
    Beside result{a.size, 1};
    (a.legs & c.legs).for_each([&](int index) {
      result.open /= indices_.extents[index];
      if (indices_.elsewhere[index] == 0 && (indices_.tensors_with[index] & ~joined) == 0) result.closed *= indices_.extents[index];
    });
    return result;
  }

  Indices indices_;
  std::int64_t& pairs_left_;
  Set all_ = 0, open_ = 0;  ///< all tensors; those with an index that occurs elsewhere
  Goal goal_;
  double bound_ = kInfinity;
  bool all_pass_ = true;  ///< every tensor's legs are `passing`
  std::vector<Subset> subsets_;
  std::vector<Level> levels_;
  Positions positions_;
  std::array<Set, kMostInSparse> neighbours_{};  ///< of single tensors

  struct Enclosed {
    int c;
    Set set;  ///< of c and what is multiplied before c takes it
  };
  std::vector<std::vector<Enclosed>> enclosed_;  ///< by number of tensors in the set
  Products products_;
  std::vector<Factor> pieces_, factors_;  ///< scratch
};

/// Tensors that share indices, directly or through others.
std::vector<Set> parts_of(int count, std::span<const IndexClass> indices) {
  std::vector<Set> parts;
  for (int t = 0; t < count; ++t) parts.push_back(Set{1} << t);
  for (const IndexClass& index : indices) {
    Set joined = index.tensors;
    std::erase_if(parts, [&](Set part) {
      if ((part & index.tensors) == 0) return false;
      joined |= part;
      return true;
    });
    if (joined != 0) parts.push_back(joined);
  }
  std::ranges::sort(parts);
  return parts;
}

/// Those of the part; two that the same tensors have are one.
Indices indices_of(Set part, std::span<const IndexClass> classes) {
  std::map<std::pair<Set, bool>, double> log2_extents;
  for (const IndexClass& index : classes)
    if ((index.tensors & part) != 0) log2_extents[{index.tensors, index.elsewhere}] += index.log2_extent;
  Indices indices;
  for (const auto& [who, log2_extent] : log2_extents) {
    indices.tensors_with.push_back(who.first);
    indices.extents.push_back(std::exp2(log2_extent));
    indices.elsewhere.push_back(who.second);
  }
  return indices;
}

/// Trees of the parts, and of the whole.
class Assembly {
 public:
  Assembly(int count, std::span<const IndexClass> classes, Outer outer, std::int64_t most_pairs)
      : count_(count), classes_(classes), outer_(outer), pairs_left_(most_pairs) {}

  /// Whether there is one.
  bool run(const Objective& objective, double bound) {
    std::vector<Set> parts{(Set{1} << count_) - 1};
    if (outer_ != Outer::kAll) parts = parts_of(count_, classes_);
    Goal goal{objective.flops_weight, objective.write_weight, objective.largest, kInfinity, outer_};
    if (goal.minimax) {
      double largest = 1;
      double product = 1;
      for (const Set part : parts) {
        Search search(indices_of(part, classes_), pairs_left_);
        const int whole = search.run(part, goal, bound);
        if (whole < 0) return false;
        largest = std::max(largest, search.subsets()[whole].cost);
        product *= search.subsets()[whole].size;
      }
      goal = {1, 0, false, std::max(largest, product) * (1 + 1e-12), outer_};
      bound = kInfinity;
    }
    for (const Set part : parts) {
      Search search(indices_of(part, classes_), pairs_left_);
      const int whole = search.run(part, goal, bound - cost_);
      if (whole < 0) return false;
      const Subset& top = search.subsets()[whole];
      cost_ += top.cost;
      results_.push_back({part, top.size, 0, number_of(search, whole)});
    }
    if (outer_ == Outer::kEnclosed) {
      join_best();
    } else {
      join_smallest(goal.flops_weight + goal.write_weight);
    }
    if (objective.largest) cost_ = goal.most_size / (1 + 1e-12);
    return cost_ <= bound;
  }

  [[nodiscard]] bool gave_up() const { return pairs_left_ < 0; }
  [[nodiscard]] const SsaPath& path() const { return path_; }
  [[nodiscard]] double cost() const { return cost_; }

 private:
  int join(int a, int b) {
    path_.emplace_back(a, b);
    return count_ + static_cast<int>(path_.size()) - 1;
  }

  void join_best() {
    Products products;
    const Factor whole = products.best(results_);
    cost_ += whole.cost;
    number_of(products, whole.at);
  }
  int number_of(const Products& products, int at) {
    if (at >= 0) return at;
    const auto [a, b] = products.step(~at);
    const int number_a = number_of(products, a);
    const int number_b = number_of(products, b);
    return join(number_a, number_b);
  }

  void join_smallest(double weight) {
    using Result = std::pair<double, int>;  // size, number
    std::priority_queue<Result, std::vector<Result>, std::greater<>> results;
    for (const Factor& result : results_) results.push({result.size, result.at});
    while (results.size() > 1) {
      const auto [size_a, a] = results.top();
      results.pop();
      const auto [size_b, b] = results.top();
      results.pop();
      cost_ += weight * size_a * size_b;
      results.push({size_a * size_b, join(a, b)});
    }
  }

  int number_of(const Search& search, int at) {
    auto [a, b] = at < 0 ? search.products().step(~at) : std::pair(search.subsets()[at].a, search.subsets()[at].b);
    if (at >= 0 && a < 0) return std::countr_zero(search.subsets()[at].set);
    a = number_of(search, a);
    b = number_of(search, b);
    return join(a, b);
  }

  int count_;
  std::span<const IndexClass> classes_;
  Outer outer_;
  std::int64_t pairs_left_;
  double cost_ = 0;
  SsaPath path_;
  std::vector<Factor> results_;  ///< of the parts
};

}  // namespace

bool outer_products_are_enclosed(int count, std::span<const IndexClass> indices, const Objective& objective) {
  if (objective != Objective{}) return false;
  for (const IndexClass& index : indices)
    if (std::popcount(index.tensors) + index.elsewhere != 2 || index.log2_extent < std::log2(kLeastExtent)) return false;
  const std::vector<Set> parts = parts_of(count, indices);
  if (parts.size() > kMostFactors) return false;
  const auto is_open = [&](Set part) {
    return std::ranges::any_of(indices, [&](const IndexClass& index) { return index.elsewhere && (index.tensors & part) != 0; });
  };
  return std::ranges::all_of(parts, [&](Set part) { return is_open(part) == is_open(parts.front()); });
}

SparseTree best_sparse_tree(int count, std::span<const IndexClass> indices, const Objective& objective, OuterProducts outer,
                            double log2_bound, std::int64_t most_pairs) {
  EINFOLD_INVARIANT(count >= 2 && count <= kMostInSparse);
  double total = 0;
  for (const IndexClass& index : indices) total += index.log2_extent;
  if (total > 900 || indices_of(~Set{0}, indices).extents.size() > kMostIndices) return {};
  const bool enclosed = outer == OuterProducts::kAll && outer_products_are_enclosed(count, indices, objective);
  Assembly assembly(count, indices, enclosed ? Outer::kEnclosed : outer == OuterProducts::kAll ? Outer::kAll : Outer::kNone, most_pairs);
  const bool found = assembly.run(objective, std::exp2(log2_bound) * (1 + 1e-9));
  if (assembly.gave_up()) return {};
  if (!found) return {{}, true};
  return {{assembly.path(), std::log2(assembly.cost())}, true};
}

}  // namespace einfold::pathfind
