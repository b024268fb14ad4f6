// SPDX-License-Identifier: MIT
//
// The subsets of tensors that a search for the best tree keeps, and ways to find them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace einfold::pathfind {

using Set = std::uint32_t;  // of tensors
inline constexpr int kMostIndices = 128;

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
  int a = -1, b = -1;  ///< the two it is joined from; b may be ~ of an outer product that is no subset of its own
};

/// Positions of subsets by set: open addressing.
class Positions {
 public:
  /// Where the position of the set is or, if negative, belongs; see added().
  int& at(Set set, const std::vector<Subset>& subsets) {
    if (2 * (count_ + 1) > slots_.size()) grow(subsets);
    return slot_of(set, subsets);
  }
  void added() { ++count_; }
  /// Negative: it is not among them.
  [[nodiscard]] int find(Set set, const std::vector<Subset>& subsets) { return slot_of(set, subsets); }

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
    members_.reserve(static_cast<std::size_t>(count));
    sets_.reserve(members_.capacity());
    costs_.reserve(members_.capacity());
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
  }

  [[nodiscard]] const std::vector<int>& members() const { return members_; }

  /// Smallest first.
  struct Sized {
    double size;
    Set set;
    int member;
  };
  [[nodiscard]] const std::vector<Sized>& by_size() const { return by_size_; }
  void sort_by_size(const std::vector<Subset>& subsets) {
    for (const int s : members_) by_size_.push_back({subsets[s].size, subsets[s].set, s});
    std::ranges::stable_sort(by_size_, {}, &Sized::size);
  }

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

}  // namespace einfold::pathfind
