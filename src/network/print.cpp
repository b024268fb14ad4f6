// SPDX-License-Identifier: MIT
#include "network/print.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "network/names.hpp"
#include "notation/lexer.hpp"
#include "notation/printer.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace einfold {
namespace {

using notation::Axis;
using notation::AxisKind;

using Names = std::map<IndexId, std::string>;

/// factor * (sum of the terms but `left_out` - constant), as an affine axis. Nothing if it does not fit in 64 bits.
std::optional<Axis> affine_axis(const Affine& node, std::int64_t factor, std::optional<IndexId> left_out,
                                const Names& names) {
  Axis axis{.kind = AxisKind::kAffine};
  auto constant = checked::multiply(node.constant, -1);
  if (constant) constant = checked::multiply(*constant, factor);
  if (factor < 0) constant = node.constant;
  if (!constant) return std::nullopt;
  axis.constant = *constant;
  for (const Term& term : node.terms) {
    if (term.index == left_out) continue;
    const auto coefficient = checked::multiply(term.coefficient, factor);
    if (!coefficient) return std::nullopt;
    axis.summands.push_back({names.at(term.index), *coefficient, {}});
  }
  if (notation::normalise(axis.summands) >= 0) return std::nullopt;
  return axis;
}

class Writer {
 public:
  explicit Writer(const Network& network) : network_(network), names_(unique_names(network)) {}

  EquationText run();

 private:
  void count_occurrences();
  void place_nodes();
  bool replace_a_leg(const Affine& node);
  notation::Term term(const std::vector<Group>& axes, bool output);
  Axis factor(IndexId index, bool grouped, bool output);
  void add_ones();
  void find_sizes();
  void show_that_names_are_meant();

  const Network& network_;
  Names names_;
  std::map<IndexId, int> on_operands_, in_output_, in_nodes_;  // occurrences
  std::map<IndexId, Axis> replaced_;                           // what is written in place of an index
  std::vector<Axis> restrictions_;                             // axes of the operand of ones
  notation::Equation equation_;
  EquationText result_;
};

void Writer::count_occurrences() {
  for (const Dense& node : network_.dense) {
    for (const Group& group : node.axes) {
      for (const IndexId index : group) ++on_operands_[index];
    }
  }
  for (const Group& group : network_.output) {
    for (const IndexId index : group) ++in_output_[index];
  }
  for (const Affine& node : network_.affine) {
    for (const Term& each : node.terms) ++in_nodes_[each.index];
  }
}

/// Solves the node for a leg that nothing else has:  s i + rest = b  is  i = -s (rest - b). The first with s = -1 if
/// there is one: that is how patterns are made.
bool Writer::replace_a_leg(const Affine& node) {
  if (node.terms.size() < 2) return false;
  const Term* best = nullptr;
  for (const Term& leg : node.terms) {
    const bool once = on_operands_[leg.index] + in_output_[leg.index] == 1 && in_nodes_[leg.index] == 1;
    if (once && leg.coefficient == 1 && best == nullptr) best = &leg;
    if (once && leg.coefficient == -1 && (best == nullptr || best->coefficient == 1)) best = &leg;
  }
  if (best == nullptr) return false;
  auto axis = affine_axis(node, -best->coefficient, best->index, names_);
  if (!axis) return false;
  replaced_[best->index] = std::move(*axis);
  return true;
}

void Writer::place_nodes() {
  for (const Affine& node : network_.affine) {
    if (node.terms.empty()) {
      if (node.constant != 0) result_.scale = result_.scale.times(0);
      continue;
    }
    if (replace_a_leg(node)) continue;
    auto axis = affine_axis(node, 1, std::nullopt, names_);
    if (!axis) axis = affine_axis(node, -1, std::nullopt, names_);
    if (!axis) {
      fail(ErrorKind::kShape, "E0227", "a node of the network has coefficients whose negatives do not fit in 64 bits");
    }
    restrictions_.push_back(std::move(*axis));
  }
  for (const auto& [id, index] : network_.indices) {
    if (on_operands_[id] + in_output_[id] + in_nodes_[id] > 0) continue;
    restrictions_.push_back({.kind = AxisKind::kAffine, .summands = {{names_[id], 0, {}}}});
  }
}

/// An affine axis is named where its extent is not that of an operand's axis.
Axis Writer::factor(IndexId index, bool grouped, bool output) {
  const auto found = replaced_.find(index);
  if (found == replaced_.end()) return {.kind = AxisKind::kIndex, .name = names_[index]};
  Axis axis = std::move(found->second);  // it occurs once
  if (grouped || output) {
    axis.name = names_[index];
    result_.sizes[axis.name] = network_.extent(index);
  }
  return axis;
}

notation::Term Writer::term(const std::vector<Group>& axes, bool output) {
  notation::Term result;
  for (const Group& group : axes) {
    if (group.empty()) {
      result.axes.push_back({.kind = AxisKind::kOne});
    } else if (group.size() == 1) {
      result.axes.push_back(factor(group[0], false, output));
    } else {
      Axis axis{.kind = AxisKind::kGroup};
      for (const IndexId index : group) axis.members.push_back(factor(index, true, output));
      result.axes.push_back(std::move(axis));
    }
  }
  return result;
}

void Writer::add_ones() {
  if (restrictions_.empty() && !equation_.operands.empty()) return;
  result_.operands.push_back({-1, Shape(restrictions_.size(), 1)});
  equation_.operands.push_back({.axes = std::move(restrictions_)});
}

/// Sizes of the indices that operands' axes do not determine, by groups with one unknown factor.
void Writer::find_sizes() {
  struct Product {
    const Group* group;
    std::size_t unknown;
  };
  std::vector<Product> products;
  std::map<IndexId, std::vector<std::size_t>> products_of;
  std::set<IndexId> known;
  std::vector<IndexId> news;
  const auto learn = [&](IndexId index) {
    if (known.insert(index).second) news.push_back(index);
  };
  const auto solve = [&](const Product& product) {
    std::optional<IndexId> unknown;
    bool zero = false;
    for (const IndexId index : *product.group) {
      if (!known.contains(index)) unknown = index;
      else zero = zero || network_.extent(index) == 0;
    }
    if (unknown && !zero) learn(*unknown);
  };
  for (const Dense& node : network_.dense) {
    for (const Group& group : node.axes) {
      for (const IndexId index : group) products_of[index].push_back(products.size());
      products.push_back({&group, group.size()});
    }
  }
  for (const auto& [id, index] : network_.indices) {
    if (result_.sizes.contains(names_[id])) learn(id);
  }
  for (const Product& product : products) {
    if (product.unknown == 1) solve(product);
  }
  const auto propagate = [&] {
    while (!news.empty()) {
      const IndexId index = news.back();
      news.pop_back();
      for (const std::size_t p : products_of[index]) {
        if (--products[p].unknown == 1) solve(products[p]);
      }
    }
  };
  propagate();
  for (const auto& [id, index] : network_.indices) {
    if (known.contains(id)) continue;
    result_.sizes[names_[id]] = index.extent;
    learn(id);
    propagate();
  }
}

/// `time -> time` would be read letter by letter; `(time) -> time` is not.
void Writer::show_that_names_are_meant() {
  const auto is_index = [](const Axis& axis) { return axis.kind == AxisKind::kIndex && axis.name.size() > 1; };
  const auto group_first = [&](notation::Term& each) {
    for (Axis& axis : each.axes) {
      if (!is_index(axis)) continue;
      axis = {.kind = AxisKind::kGroup, .members = {axis}};
      return true;
    }
    return false;
  };
  for (notation::Term& each : equation_.operands) {
    if (group_first(each)) return;
  }
  group_first(equation_.output);
}

EquationText Writer::run() {
  result_.scale = network_.zero ? Scale{.numerator = 0} : network_.scale;
  count_occurrences();
  place_nodes();
  for (const Dense& node : network_.dense) {
    result_.operands.push_back({node.operand, network_.operands[static_cast<std::size_t>(node.operand)].shape});
    equation_.operands.push_back(term(node.axes, false));
  }
  add_ones();
  equation_.output = term(network_.output, true);
  find_sizes();
  if (notation::spelling_of(notation::print(equation_)) == Notation::kCompact) show_that_names_are_meant();
  result_.equation = notation::print(equation_);
  return std::move(result_);
}

void append(std::string& text, const Names& names, const std::vector<Group>& axes) {
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const Group& group = axes[axis];
    if (axis > 0) text += " ";
    if (group.size() != 1) text += "(";
    for (std::size_t i = 0; i < group.size(); ++i) text += (i == 0 ? "" : " ") + names.at(group[i]);
    if (group.size() != 1) text += ")";
  }
}

void append(std::string& text, const Names& names, const Affine& node) {
  text += "[";
  for (std::size_t t = 0; t < node.terms.size(); ++t) {
    const std::int64_t c = node.terms[t].coefficient;
    text += t == 0 ? (c < 0 ? "-" : "") : (c < 0 ? " - " : " + ");
    if (c != 1 && c != -1) {
      const std::string digits = std::to_string(c);
      text += (c < 0 ? digits.substr(1) : digits) + "*";
    }
    text += names.at(node.terms[t].index);
  }
  text += cat(" = ", node.constant, "]");
}

}  // namespace

EquationText to_equation(const Network& network) { return Writer(network).run(); }

std::string to_string(const Network& network) {
  const Names names = unique_names(network);
  std::string text = network.zero ? "0 * " : "";
  for (const Dense& node : network.dense) {
    text += network.operands[static_cast<std::size_t>(node.operand)].name + "[";
    append(text, names, node.axes);
    text += "] ";
  }
  for (const Affine& node : network.affine) {
    append(text, names, node);
    text += " ";
  }
  text += network.output.empty() ? "->" : "-> ";
  append(text, names, network.output);
  text += " |";
  for (const auto& [id, index] : network.indices) text += cat(" ", names.at(id), "=", index.extent);
  const Scale& scale = network.scale;
  if (scale != Scale{}) {
    text += cat(" | scale ", scale.numerator);
    if (scale.denominator != 1) text += cat("/", scale.denominator);
    if (scale.real != 1.0) text += cat(" * ", scale.real);
  }
  return text;
}

}  // namespace einfold
