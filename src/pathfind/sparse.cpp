// SPDX-License-Identifier: MIT
#include "pathfind/sparse.hpp"

#include "base/fail.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <queue>
#include <utility>

namespace einfold::pathfind {
namespace {

using Set = std::uint32_t;  // of tensors
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kMostIndices = 128;

/// A set of index classes.
struct Legs {
  std::array<std::uint64_t, 2> words{};

  void insert(int index) { words[index / 64] |= std::uint64_t{1} << (index % 64); }
  [[nodiscard]] bool empty() const { return (words[0] | words[1]) == 0; }
  friend Legs operator&(Legs a, Legs b) { return {{a.words[0] & b.words[0], a.words[1] & b.words[1]}}; }
  friend Legs operator|(Legs a, Legs b) { return {{a.words[0] | b.words[0], a.words[1] | b.words[1]}}; }
  friend Legs without(Legs a, Legs b) { return {{a.words[0] & ~b.words[0], a.words[1] & ~b.words[1]}}; }

  template <class F>
  void for_each(F f) const {
    for (int w = 0; w < 2; ++w)
      for (std::uint64_t rest = words[w]; rest != 0; rest &= rest - 1) f(64 * w + std::countr_zero(rest));
  }
};

/// A subset and the best tree over it.
struct Subset {
  Set set = 0, neighbours = 0;
  Legs legs;
  double size = 1, cost = 0;
  double passing = 1;  ///< extents of the legs that the next step with their other tensor closes: just one other has them, and no output
  int a = -1, b = -1;  ///< the two it is joined from
};

/// Positions of subsets by set: open addressing.
class Positions {
 public:
  void clear() {
    std::ranges::fill(slots_, -1);
    count_ = 0;
  }

  /// Where the position of the set is or, if negative, belongs; see added().
  int& at(Set set, const std::vector<Subset>& subsets) {
    if (2 * (count_ + 1) > slots_.size()) grow(subsets);
    return slot_of(set, subsets);
  }
  void added() { ++count_; }

 private:
  int& slot_of(Set set, const std::vector<Subset>& subsets) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (set * std::uint64_t{0x9e3779b97f4a7c15}) >> 32 & mask;
    while (slots_[at] >= 0 && subsets[slots_[at]].set != set) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow(const std::vector<Subset>& subsets) {
    const std::vector<int> old = std::exchange(slots_, std::vector<int>(2 * slots_.size(), -1));
    for (const int position : old)
      if (position >= 0) slot_of(subsets[position].set, subsets) = position;
  }

  std::vector<int> slots_ = std::vector<int>(64, -1);
  std::size_t count_ = 0;
};

/// The living subsets of one number of tensors, by which of the first few tensors they have: those disjoint from a set lie in few
/// buckets. Cheapest first in each.
class Level {
 public:
  Level() = default;
  Level(const std::vector<Subset>& subsets, int from) {
    const int count = static_cast<int>(subsets.size()) - from;
    bits_ = std::clamp(static_cast<int>(std::bit_width(static_cast<unsigned>(count))) - 3, 0, 12);
    for (int s = from; s < from + count; ++s) members_.push_back(s);
    std::ranges::sort(members_, [&](int x, int y) {
      const Set bucket_x = key(subsets[x].set), bucket_y = key(subsets[y].set);
      if (bucket_x != bucket_y) return bucket_x < bucket_y;
      if (subsets[x].cost != subsets[y].cost) return subsets[x].cost < subsets[y].cost;
      return subsets[x].set < subsets[y].set;
    });
    begin_.assign((std::size_t{1} << bits_) + 1, 0);
    for (const int s : members_) ++begin_[key(subsets[s].set) + 1];
    for (std::size_t bucket = 1; bucket < begin_.size(); ++bucket) begin_[bucket] += begin_[bucket - 1];
    for (const int s : members_) {
      sets_.push_back(subsets[s].set);
      costs_.push_back(subsets[s].cost);
    }
    for (const int s : members_) by_size_.push_back({subsets[s].size, subsets[s].set, s});
    std::ranges::stable_sort(by_size_, {}, &Sized::size);
  }

  [[nodiscard]] const std::vector<int>& members() const { return members_; }

  /// Smallest first.
  struct Sized {
    double size;
    Set set;
    int member;
  };
  [[nodiscard]] const std::vector<Sized>& by_size() const { return by_size_; }

  /// f(member) for those disjoint from `set`, with one of `partners` and of at most this cost. Returns how many were looked at.
  template <class F>
  std::int64_t for_each_beside(Set set, Set partners, double most_cost, F f) const {
    std::int64_t seen = 0;
    const Set free = ~set & ((Set{1} << bits_) - 1);
    for (Set bucket = free;; bucket = (bucket - 1) & free) {
      int at = begin_[bucket];
      for (; at < begin_[bucket + 1] && costs_[at] <= most_cost; ++at)
        if ((sets_[at] & set) == 0 && (sets_[at] & partners) != 0) f(members_[at]);
      seen += at - begin_[bucket] + 1;
      if (bucket == 0) return seen;
    }
  }

 private:
  [[nodiscard]] Set key(Set set) const { return set & ((Set{1} << bits_) - 1); }

  int bits_ = 0;
  std::vector<int> members_, begin_{0, 0};
  std::vector<Sized> by_size_;
  std::vector<Set> sets_;
  std::vector<double> costs_;
};

struct Goal {
  double flops_weight = 1, write_weight = 0;
  bool minimax = false;          ///< make the largest size small, nothing else
  double most_size = kInfinity;  ///< subsets of larger results are dropped
  bool outer_products = false;
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
      all_pass_ = all_pass_ && std::popcount(indices_.tensors_with[x]) == 2 && indices_.elsewhere[x] == 0;
  }

  /// The position of the whole among subsets(), or -1: none within the bound, or pairs_left has become negative.
  int run(Set all, Goal goal, double bound) {
    all_ = all;
    goal_ = goal;
    bound_ = bound;
    const int count = std::popcount(all);
    levels_.resize(static_cast<std::size_t>(count) + 1);
    subsets_.clear();
    for (Set rest = all; rest != 0; rest &= rest - 1) subsets_.push_back(single(std::countr_zero(rest)));
    levels_[1] = Level(subsets_, 0);
    for (int size = 2; size <= count; ++size) {
      const int from = static_cast<int>(subsets_.size());
      positions_.clear();
      for (int half = 1; 2 * half <= size; ++half)
        if (!join(half, size - half)) return -1;
      levels_[size] = Level(subsets_, from);
    }
    return subsets_.back().set == all && levels_[count].members().size() == 1 ? static_cast<int>(subsets_.size()) - 1 : -1;
  }

  [[nodiscard]] const std::vector<Subset>& subsets() const { return subsets_; }

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

  /// False when the budget is spent.
  bool join(int half, int other) { return join_neighbours(half, other) && (!goal_.outer_products || join_strangers(half, other)); }

  bool join_neighbours(int half, int other) {
    const bool swap = levels_[half].members().size() > levels_[other].members().size();
    const Level& few = levels_[swap ? other : half];
    const Level& many = levels_[swap ? half : other];
    for (const int a : few.members()) {
      const Subset& of_a = subsets_[a];
      const Set set = of_a.set, partners = of_a.neighbours;
      const double most_cost = goal_.minimax ? bound_ : bound_ - of_a.cost;
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
    if (!(pays_before(of_a, of_b, set) && pays_before(of_b, of_a, set))) return;
    int& position = positions_.at(set, subsets_);
    if (position >= 0) {
      Subset& known = subsets_[position];
      const double with_size = cost_with(cost, known.size);
      if (with_size < known.cost) {
        known.cost = with_size;
        known.a = a;
        known.b = b;
      }
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
    if (goal_.outer_products) made.passing = passing(made);
    position = static_cast<int>(subsets_.size());
    positions_.added();
    subsets_.push_back(made);
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
  Set all_ = 0;
  Goal goal_;
  double bound_ = kInfinity;
  bool all_pass_ = true;  ///< every tensor's legs are `passing`
  std::vector<Subset> subsets_;
  std::vector<Level> levels_;
  Positions positions_;
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
  Assembly(int count, std::span<const IndexClass> classes, OuterProducts outer, std::int64_t most_pairs)
      : count_(count), classes_(classes), outer_(outer), pairs_left_(most_pairs) {}

  /// Whether there is one.
  bool run(const Objective& objective, double bound) {
    std::vector<Set> parts{(Set{1} << count_) - 1};
    if (outer_ == OuterProducts::kNone) parts = parts_of(count_, classes_);
    Goal goal{objective.flops_weight, objective.write_weight, objective.largest, kInfinity, outer_ == OuterProducts::kAll};
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
      goal = {1, 0, false, std::max(largest, product) * (1 + 1e-12), goal.outer_products};
      bound = kInfinity;
    }
    for (const Set part : parts) {
      Search search(indices_of(part, classes_), pairs_left_);
      const int whole = search.run(part, goal, bound - cost_);
      if (whole < 0) return false;
      const Subset& top = search.subsets()[whole];
      cost_ += top.cost;
      results_.push({top.size, number_of(search.subsets(), whole)});
    }
    while (results_.size() > 1) {
      const auto [size_a, a] = results_.top();
      results_.pop();
      const auto [size_b, b] = results_.top();
      results_.pop();
      cost_ += (goal.flops_weight + goal.write_weight) * size_a * size_b;
      results_.push({size_a * size_b, join(a, b)});
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

  int number_of(const std::vector<Subset>& subsets, int at) {
    const Subset& subset = subsets[at];
    if (subset.a < 0) return std::countr_zero(subset.set);
    const int a = number_of(subsets, subset.a);
    const int b = number_of(subsets, subset.b);
    return join(a, b);
  }

  using Result = std::pair<double, int>;  // size, number
  int count_;
  std::span<const IndexClass> classes_;
  OuterProducts outer_;
  std::int64_t pairs_left_;
  double cost_ = 0;
  SsaPath path_;
  std::priority_queue<Result, std::vector<Result>, std::greater<>> results_;
};

}  // namespace

SparseTree best_sparse_tree(int count, std::span<const IndexClass> indices, const Objective& objective, OuterProducts outer,
                            double log2_bound, std::int64_t most_pairs) {
  EINFOLD_INVARIANT(count >= 2 && count <= kMostInSparse);
  double total = 0;
  for (const IndexClass& index : indices) total += index.log2_extent;
  if (total > 900 || indices_of(~Set{0}, indices).extents.size() > kMostIndices) return {};
  Assembly assembly(count, indices, outer, most_pairs);
  const bool found = assembly.run(objective, std::exp2(log2_bound) * (1 + 1e-9));
  if (assembly.gave_up()) return {};
  if (!found) return {{}, true};
  return {{assembly.path(), std::log2(assembly.cost())}, true};
}

}  // namespace einfold::pathfind
