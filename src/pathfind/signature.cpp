// SPDX-License-Identifier: MIT
#include "pathfind/signature.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

namespace einfold::pathfind {
namespace {

enum Tag : std::int64_t { kLeaf, kStep };

bool contains(std::span<const int> set, int index) { return std::ranges::find(set, index) != set.end(); }

}  // namespace

int Signatures::number_of(Key key) {
  return numbers_.emplace(std::move(key), static_cast<int>(numbers_.size())).first->second;
}

Signature Signatures::of_leaf(const Leaf& leaf) {
  const std::vector<int> order = distinct_indices(leaf);
  Key key{kLeaf, leaf.operand};
  for (const auto& axis : leaf.axes) {
    key.push_back(static_cast<std::int64_t>(axis.size()));
    for (const int index : axis) {
      key.push_back(std::ranges::find(order, index) - order.begin());
      key.push_back(problem_.extents[index]);
    }
  }
  return {number_of(std::move(key)), order};
}

Signatures::Joined Signatures::of_step(const Signature* a, const Signature* b, std::span<const int> equations,
                                       std::span<const int> open, Orientation orientation) {
  const bool fixed = orientation == Orientation::kAsGiven;
  bool swapped = !fixed && b != nullptr && b->number < a->number;
  if (swapped) std::swap(a, b);
  Key key;
  std::vector<int> order = describe(a, b, equations, open, key);
  if (!fixed && b != nullptr && a->number == b->number) {  // the smaller description of the two
    Key other;
    std::vector<int> other_order = describe(b, a, equations, open, other);
    if (other < key) {
      swapped = !swapped;
      key = std::move(other);
      order = std::move(other_order);
    }
  }
  return {{number_of(std::move(key)), std::move(order)}, swapped};
}

std::vector<int> Signatures::describe(const Signature* a, const Signature* b, std::span<const int> equations,
                                      std::span<const int> open, Key& key) {
  std::vector<int> numbered;
  const auto number = [&](int index) {
    if (position_[index] < 0) {
      position_[index] = static_cast<int>(numbered.size());
      numbered.push_back(index);
    }
    return position_[index];
  };
  key.assign({kStep, a != nullptr ? a->number : -1, b != nullptr ? b->number : -1});
  if (a != nullptr)
    for (const int index : a->order) number(index);
  if (b != nullptr)
    for (const int index : b->order) key.push_back(number(index));
  describe_equations(equations, open, numbered, key);
  for (const int index : open) number(index);

  std::vector<int> order;
  key.push_back(-1);
  for (const int index : numbered) {
    if (contains(open, index)) {
      key.push_back(position_[index]);
      order.push_back(index);
    }
  }
  for (const int index : numbered) position_[index] = -1;
  return order;
}

/// Takes the equation with the smallest description in known numbers, numbers its other legs, and so on.
void Signatures::describe_equations(std::span<const int> equations, std::span<const int> open,
                                    std::vector<int>& numbered, Key& key) {
  constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();
  using Term = std::array<std::int64_t, 4>;  // position, coefficient, extent, open
  const auto describe_one = [&](int e) {
    std::pair<std::int64_t, std::vector<Term>> description{problem_.equations[e].constant, {}};
    for (const auto& [index, c] : problem_.equations[e].terms) {
      const std::int64_t at = position_[index] < 0 ? kUnknown : position_[index];
      description.second.push_back({at, c, problem_.extents[index], contains(open, index)});
    }
    std::ranges::sort(description.second);
    return description;
  };
  std::vector<int> rest(equations.begin(), equations.end());
  while (!rest.empty()) {
    auto next = rest.begin();
    auto smallest = describe_one(*next);
    for (auto it = rest.begin() + 1; it != rest.end(); ++it) {
      auto description = describe_one(*it);
      if (description < smallest) {
        smallest = std::move(description);
        next = it;
      }
    }
    auto terms = problem_.equations[*next].terms;
    std::ranges::sort(terms, {}, [&](const auto& term) {
      return std::tuple(term.second, problem_.extents[term.first], contains(open, term.first), term.first);
    });
    for (const auto& term : terms) {
      if (position_[term.first] >= 0) continue;
      position_[term.first] = static_cast<int>(numbered.size());
      numbered.push_back(term.first);
    }
    const auto description = describe_one(*next);
    key.push_back(-2);
    key.push_back(description.first);
    for (const Term& term : description.second) key.insert(key.end(), term.begin(), term.begin() + 3);
    rest.erase(next);
  }
}

}  // namespace einfold::pathfind
