// SPDX-License-Identifier: MIT
#include "support/network_text.hpp"

#include "base/fail.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace einfold::test {
namespace {

void print(std::ostream& out, const Network& network, const std::vector<Group>& axes) {
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const Group& group = axes[axis];
    out << (axis == 0 ? "" : " ") << (group.size() == 1 ? "" : "(");
    for (std::size_t i = 0; i < group.size(); ++i) out << (i == 0 ? "" : " ") << network.indices.at(group[i]).name;
    out << (group.size() == 1 ? "" : ")");
  }
}

void print(std::ostream& out, const Network& network, const Affine& node) {
  out << "[";
  for (std::size_t t = 0; t < node.terms.size(); ++t) {
    const std::int64_t c = node.terms[t].coefficient;
    out << (t == 0 ? (c < 0 ? "-" : "") : (c < 0 ? " - " : " + "));
    if (c != 1 && c != -1) out << (c < 0 ? -c : c) << "*";
    out << network.indices.at(node.terms[t].index).name;
  }
  out << " = " << node.constant << "] ";
}

/// Reads tokens: names, numbers, and single characters.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Network read() {
    if (accept("0")) {
      expect("*");
      network_.zero = true;
    }
    while (!accept("->")) {
      if (accept("[")) {
        read_affine();
      } else {
        read_dense(token());
      }
    }
    network_.output = axes_until("|");
    for (std::string name = peek(); !name.empty() && name != "|"; name = peek()) {
      token();
      expect("=");
      network_.indices.at(id_of(name)).extent = number();
      extents_given_.push_back(name);
    }
    if (accept("|")) read_scale();
    if (!peek().empty()) complain("the end");
    return numbered_by_extents();
  }

 private:
  [[noreturn]] void complain(const std::string& wanted) {
    throw std::invalid_argument(cat("wanted ", wanted, " before '", text_.substr(at_), "' in: ", text_));
  }

  std::string peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ == text_.size()) return {};
    if (text_.substr(at_, 2) == "->") return "->";
    std::size_t end = at_;
    const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '\'' || c == '.'; };
    while (end < text_.size() && in_word(text_[end])) ++end;
    return std::string(text_.substr(at_, std::max(end - at_, std::size_t{1})));
  }

  std::string token() {
    std::string result = peek();
    at_ += result.size();
    return result;
  }

  bool accept(std::string_view wanted) {
    if (peek() != wanted) return false;
    token();
    return true;
  }

  void expect(std::string_view wanted) {
    if (!accept(wanted)) complain(std::string(wanted));
  }

  std::int64_t number() {
    const bool negative = accept("-");
    const std::string digits = token();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) complain("a number");
    return negative ? -value : value;
  }

  IndexId id_of(const std::string& name) {
    if (name.empty() || !std::isalpha(static_cast<unsigned char>(name[0]))) complain("a name");
    const auto [found, is_new] = ids_.try_emplace(name, 0);
    if (is_new) found->second = network_.add_index(name, 1);
    return found->second;
  }

  std::vector<Group> axes_until(std::string_view end) {
    std::vector<Group> axes;
    while (!accept(end)) {
      axes.emplace_back();
      if (accept("(")) {
        while (!accept(")")) axes.back().push_back(id_of(token()));
      } else {
        axes.back().push_back(id_of(token()));
      }
    }
    return axes;
  }

  void read_dense(const std::string& name) {
    expect("[");
    const auto [found, is_new] = operands_.try_emplace(name, 0);
    if (is_new) found->second = network_.add_operand(name, {});
    network_.dense.push_back({found->second, axes_until("]")});
  }

  void read_affine() {
    Affine node;
    while (!accept("=")) {
      const std::int64_t sign = accept("-") ? -1 : (accept("+"), 1);
      std::int64_t coefficient = sign;
      if (std::isdigit(static_cast<unsigned char>(peek()[0]))) {
        coefficient = sign * number();
        expect("*");
      }
      node.terms.push_back({id_of(token()), coefficient});
    }
    node.constant = number();
    expect("]");
    network_.affine.push_back(std::move(node));
  }

  void read_scale() {
    expect("scale");
    network_.scale.numerator = number();
    expect("/");
    network_.scale.denominator = number();
    if (accept("*")) network_.scale.real = std::stod(token());
  }

  Network numbered_by_extents() {
    if (extents_given_.size() != network_.indices.size()) complain("an extent for every index");
    std::map<IndexId, IndexId> renumbered;
    Network result = network_;
    result.indices.clear();
    for (const std::string& name : extents_given_) {
      renumbered[ids_.at(name)] = result.add_index(name, network_.extent(ids_.at(name)));
    }
    const auto renumber = [&](std::vector<Group>& axes) {
      for (Group& group : axes) {
        for (IndexId& id : group) id = renumbered.at(id);
      }
    };
    for (Dense& node : result.dense) {
      renumber(node.axes);
      Shape& shape = result.operands[static_cast<std::size_t>(node.operand)].shape;
      shape.clear();
      for (const Group& group : node.axes) shape.push_back(result.extent(group));
    }
    renumber(result.output);
    for (Affine& node : result.affine) {
      for (Term& term : node.terms) term.index = renumbered.at(term.index);
    }
    return result;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Network network_;
  std::map<std::string, IndexId> ids_;
  std::map<std::string, int> operands_;
  std::vector<std::string> extents_given_;
};

}  // namespace

std::string to_text(const Network& network) {
  std::ostringstream out;
  if (network.zero) out << "0 * ";
  for (const Dense& node : network.dense) {
    out << network.operands[static_cast<std::size_t>(node.operand)].name << "[";
    print(out, network, node.axes);
    out << "] ";
  }
  for (const Affine& node : network.affine) print(out, network, node);
  out << "-> ";
  print(out, network, network.output);
  out << (network.output.empty() ? "|" : " |");
  for (const auto& [id, index] : network.indices) out << " " << index.name << "=" << index.extent;
  if (network.scale != Scale{}) {
    out << " | scale " << network.scale.numerator << "/" << network.scale.denominator;
    if (network.scale.real != 1.0) out << " * " << network.scale.real;
  }
  return out.str();
}

Network network_of(std::string_view text) { return Reader(text).read(); }

}  // namespace einfold::test
