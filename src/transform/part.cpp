// SPDX-License-Identifier: MIT
#include "transform/part.hpp"

#include "transform/edit.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace einfold {
namespace {

bool contains(const std::vector<std::size_t>& positions, std::size_t position) {
  return std::find(positions.begin(), positions.end(), position) != positions.end();
}

void add_indices(const Dense& node, std::set<IndexId>& indices) {
  for (const Group& group : node.axes) indices.insert(group.begin(), group.end());
}

void add_indices(const Affine& node, std::set<IndexId>& indices) {
  for (const Term& term : node.terms) indices.insert(term.index);
}

/// Indices of the part's nodes, or of all others and the output.
std::set<IndexId> indices_of(const Network& network, const Part& part, bool inside) {
  std::set<IndexId> indices;
  for (std::size_t i = 0; i < network.dense.size(); ++i) {
    if (contains(part.dense, i) == inside) add_indices(network.dense[i], indices);
  }
  for (std::size_t i = 0; i < network.affine.size(); ++i) {
    if (contains(part.affine, i) == inside) add_indices(network.affine[i], indices);
  }
  if (!inside) {
    for (const Group& group : network.output) indices.insert(group.begin(), group.end());
  }
  return indices;
}

/// Matches the nodes of a definition with nodes of a network, one after the other, and goes back where that fails.
class Matching {
 public:
  Matching(const Network& network, const Network& definition)
      : network_(network), definition_(definition), dense_taken_(network.dense.size(), false),
        affine_taken_(network.affine.size(), false) {
    for (const Group& group : definition.output) kept_.insert(group.begin(), group.end());
  }

  std::optional<Occurrence> find() {
    if (!match_dense(0)) return std::nullopt;
    return found_;
  }

 private:
  using Images = std::map<IndexId, IndexId>;

  /// Maps x to y unless x is elsewhere already, or two indices would meet of which one is summed in the definition.
  [[nodiscard]] bool map(Images& images, IndexId x, IndexId y) const {
    const auto [place, is_new] = images.try_emplace(x, y);
    if (!is_new) return place->second == y;
    if (definition_.extent(x) != network_.extent(y)) return false;
    return std::all_of(images.begin(), images.end(), [&](const auto& other) {
      return other.first == x || other.second != y || (kept_.contains(x) && kept_.contains(other.first));
    });
  }

  bool match_dense(std::size_t at) {
    if (at == definition_.dense.size()) return match_affine(0);
    const Dense& wanted = definition_.dense[at];
    const Operand& operand = definition_.operands[static_cast<std::size_t>(wanted.operand)];
    for (std::size_t i = 0; i < network_.dense.size(); ++i) {
      const Dense& node = network_.dense[i];
      if (dense_taken_[i] || network_.operands[static_cast<std::size_t>(node.operand)] != operand) continue;
      Images images = images_;
      bool fits = true;
      for (std::size_t axis = 0; fits && axis < wanted.axes.size(); ++axis) {
        const Group &theirs = wanted.axes[axis], &ours = node.axes[axis];
        fits = theirs.size() == ours.size();
        for (std::size_t j = 0; fits && j < theirs.size(); ++j) fits = map(images, theirs[j], ours[j]);
      }
      if (!fits) continue;
      std::swap(images_, images);
      dense_taken_[i] = true;
      if (match_dense(at + 1)) return true;
      dense_taken_[i] = false;
      std::swap(images_, images);
    }
    return false;
  }

  bool match_affine(std::size_t at) {
    if (at == definition_.affine.size()) return is_closed();
    for (std::size_t i = 0; i < network_.affine.size(); ++i) {
      if (affine_taken_[i]) continue;
      for (const std::int64_t sign : {1, -1}) {
        affine_taken_[i] = true;
        if (match_legs(at, 0, network_.affine[i], sign)) return true;
        affine_taken_[i] = false;
      }
    }
    return false;
  }

  /// Maps the legs of equation `at` from `leg` on to what is left of `node`, whose sum times `sign` it must be.
  bool match_legs(std::size_t at, std::size_t leg, const Affine& node, std::int64_t sign) {
    const Affine& wanted = definition_.affine[at];
    if (leg == wanted.terms.size()) {
      Affine rest = node;  // minus the image of `wanted`
      for (const Term& term : wanted.terms) edit::add_term(rest, images_.at(term.index), -sign * term.coefficient);
      return rest.terms.empty() && rest.constant == sign * wanted.constant && match_affine(at + 1);
    }
    const IndexId x = wanted.terms[leg].index;
    if (images_.contains(x)) return match_legs(at, leg + 1, node, sign);
    for (const Term& term : node.terms) {
      Images images = images_;
      if (term.coefficient != sign * wanted.terms[leg].coefficient || !map(images, x, term.index)) continue;
      std::swap(images_, images);
      if (match_legs(at, leg + 1, node, sign)) return true;
      std::swap(images_, images);
    }
    return false;
  }

  /// Whether what the definition sums is nowhere else in the network.
  bool is_closed() {
    Occurrence occurrence;
    for (std::size_t i = 0; i < dense_taken_.size(); ++i) {
      if (dense_taken_[i]) occurrence.part.dense.push_back(i);
    }
    for (std::size_t i = 0; i < affine_taken_.size(); ++i) {
      if (affine_taken_[i]) occurrence.part.affine.push_back(i);
    }
    const std::set<IndexId> elsewhere = indices_of(network_, occurrence.part, false);
    for (const auto& [x, y] : images_) {
      if (!kept_.contains(x) && elsewhere.contains(y)) return false;
    }
    for (const Group& group : definition_.output) {
      Group axis;
      for (const IndexId x : group) axis.push_back(images_.at(x));
      occurrence.axes.push_back(std::move(axis));
    }
    found_ = std::move(occurrence);
    return true;
  }

  const Network& network_;
  const Network& definition_;
  std::set<IndexId> kept_;  // by the definition's output
  std::vector<char> dense_taken_, affine_taken_;
  Images images_;
  std::optional<Occurrence> found_;
};

}  // namespace

std::vector<IndexId> open_indices(const Network& network, const Part& part) {
  const std::set<IndexId> inside = indices_of(network, part, true), outside = indices_of(network, part, false);
  std::vector<IndexId> open;
  std::set_intersection(inside.begin(), inside.end(), outside.begin(), outside.end(), std::back_inserter(open));
  return open;
}

Network cut(const Network& network, const Part& part) {
  Network result;
  for (const IndexId id : indices_of(network, part, true)) result.indices.emplace(id, network.indices.at(id));
  result.operands = network.operands;
  for (const std::size_t i : part.dense) result.dense.push_back(network.dense[i]);
  for (const std::size_t i : part.affine) result.affine.push_back(network.affine[i]);
  for (const IndexId id : open_indices(network, part)) result.output.push_back({id});
  return edit::without_unused_operands(result);
}

Network replaced(const Network& network, const Part& part, std::string operand, std::vector<Group> axes) {
  Network result = network;
  const std::set<IndexId> inside = indices_of(network, part, true), outside = indices_of(network, part, false);
  for (const IndexId id : inside) {
    const bool read = std::any_of(axes.begin(), axes.end(), [&](const Group& axis) {
      return std::find(axis.begin(), axis.end(), id) != axis.end();
    });
    if (!read && !outside.contains(id)) result.indices.erase(id);
  }
  result.dense.clear();
  result.affine.clear();
  Shape shape;
  for (const Group& group : axes) shape.push_back(network.extent(group));
  const Operand whole{std::move(operand), std::move(shape)};
  const auto known = std::find(result.operands.begin(), result.operands.end(), whole);
  const auto position = static_cast<int>(known - result.operands.begin());
  if (known == result.operands.end()) result.operands.push_back(whole);
  result.dense.push_back({position, std::move(axes)});
  for (std::size_t i = 0; i < network.dense.size(); ++i) {
    if (!contains(part.dense, i)) result.dense.push_back(network.dense[i]);
  }
  for (std::size_t i = 0; i < network.affine.size(); ++i) {
    if (!contains(part.affine, i)) result.affine.push_back(network.affine[i]);
  }
  return edit::without_unused_operands(result);
}

Network replaced(const Network& network, const Part& part, std::string operand) {
  std::vector<Group> axes;
  for (const IndexId id : open_indices(network, part)) axes.push_back({id});
  return replaced(network, part, std::move(operand), std::move(axes));
}

std::optional<Occurrence> find_occurrence(const Network& network, const Network& definition) {
  if (definition.zero || definition.dense.empty()) return std::nullopt;
  Part all;
  for (std::size_t i = 0; i < definition.dense.size(); ++i) all.dense.push_back(i);
  for (std::size_t i = 0; i < definition.affine.size(); ++i) all.affine.push_back(i);
  if (indices_of(definition, all, true).size() != definition.indices.size()) return std::nullopt;
  return Matching(network, definition).find();
}

}  // namespace einfold
