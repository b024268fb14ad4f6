// SPDX-License-Identifier: MIT
//
// Numbers for stored tensors: equal numbers mean equal tensors up to the names of their indices.
#pragma once

#include "pathfind/problem.hpp"

#include <map>
#include <span>
#include <vector>

namespace einfold::pathfind {

/// Whether a and b change places where that is the canonical order.
enum class Orientation { kCanonical, kAsGiven };

/// A tensor's number and its open legs in an order by which equal tensors correspond.
struct Signature {
  int number = -1;
  std::vector<int> order;
};

/// Gives numbers to tensors by their structure: what was joined, which legs coincide, the equations, which legs stay open,
/// all with indices numbered by first occurrence. Deterministic; equal numbers are never wrong, but equal tensors that
/// were made in different ways get different ones.
class Signatures {
 public:
  explicit Signatures(const Problem& problem) : problem_(problem), position_(problem.extents.size(), -1) {}

  [[nodiscard]] Signature of_leaf(const Leaf& leaf);

  /// Of the contraction of a and b (either may be absent) with these equations (ascending); `open`: legs of the result.
  /// `swapped`: the canonical order is b, a.
  struct Joined {
    Signature signature;
    bool swapped = false;
  };
  [[nodiscard]] Joined of_step(const Signature* a, const Signature* b, std::span<const int> equations,
                               std::span<const int> open, Orientation orientation = Orientation::kCanonical);

 private:
  using Key = std::vector<std::int64_t>;

  /// Appends the structure to `key`; returns the open legs in canonical order.
  std::vector<int> describe(const Signature* a, const Signature* b, std::span<const int> equations,
                            std::span<const int> open, Key& key);
  void describe_equations(std::span<const int> equations, std::span<const int> open, std::vector<int>& numbered,
                          Key& key);
  int number_of(Key key);

  const Problem& problem_;
  std::vector<int> position_;  ///< of an index in the numbering under way, else -1
  std::map<Key, int> numbers_;
};

}  // namespace einfold::pathfind
