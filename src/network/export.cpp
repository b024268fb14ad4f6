// SPDX-License-Identifier: MIT
#include "network/export.hpp"

#include "base/fail.hpp"
#include "network/views.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

namespace einfold {
namespace {

__extension__ using Wide = __int128;  // a coefficient times a position may exceed 63 bits

using network::View;
using network::ViewNetwork;

/// Operands with their indices, before letters.
struct Terms {
  std::vector<ExportOperand> operands;
  std::vector<std::vector<IndexId>> indices;
  std::vector<IndexId> output;
  std::map<IndexId, std::int64_t> extents;
};

void add_view(Terms& terms, const View& view) {
  ExportOperand operand{.operand = view.operand, .offset = view.offset};
  std::vector<IndexId> indices;
  for (const Term& leg : view.legs) {
    indices.push_back(leg.index);
    operand.shape.push_back(terms.extents.at(leg.index));
    operand.strides.push_back(leg.coefficient);
  }
  terms.operands.push_back(std::move(operand));
  terms.indices.push_back(std::move(indices));
}

void add_pattern(Terms& terms, const Affine& node) {
  ExportOperand operand{.constant = node.constant};
  std::vector<IndexId> indices;
  for (const Term& leg : node.terms) {
    indices.push_back(leg.index);
    operand.shape.push_back(terms.extents.at(leg.index));
    operand.coefficients.push_back(leg.coefficient);
  }
  terms.operands.push_back(std::move(operand));
  terms.indices.push_back(std::move(indices));
}

/// einsum wants every output index once, and on an operand.
void complete_output(Terms& terms, const std::vector<IndexId>& output) {
  std::set<IndexId> on_operands, used;
  for (const auto& indices : terms.indices) on_operands.insert(indices.begin(), indices.end());
  for (const IndexId index : output) {
    if (!on_operands.contains(index)) {
      add_pattern(terms, {{{index, 0}}, 0});
      on_operands.insert(index);
    }
    IndexId place = index;
    if (!used.insert(index).second) {
      place = terms.extents.rbegin()->first + 1;
      terms.extents[place] = terms.extents.at(index);
      add_pattern(terms, {{{index, 1}, {place, -1}}, 0});
    }
    terms.output.push_back(place);
  }
}

Terms zeros(std::int64_t size) {
  constexpr IndexId kAll = -1;  // of the whole output; no index of the network
  Terms terms{.operands = {}, .indices = {}, .output = {kAll}, .extents = {{kAll, size}}};
  add_pattern(terms, {{{kAll, 0}}, 0});
  return terms;
}

/// Letters in the order of their first use; an index that is called by a letter keeps it.
class Letters {
 public:
  Letters(const Network& network, Alphabet alphabet)
      : network_(network), free_(kLetters.substr(0, static_cast<std::size_t>(alphabet))) {}

  void assign(const Terms& terms) {
    std::vector<IndexId> order;
    std::set<IndexId> seen;
    for (const auto& indices : terms.indices) {
      std::copy_if(indices.begin(), indices.end(), std::back_inserter(order),
                   [&](IndexId index) { return seen.insert(index).second; });
    }
    if (order.size() > free_.size()) {
      fail(ErrorKind::kShape, "E0230", "the equation needs ", order.size(), " letters, but the alphabet has ",
           free_.size(), free_.size() == 26 ? " (52 with capitals)" : "; split the network, or simplify it first");
    }
    for (const IndexId index : order) {
      const auto named = network_.indices.find(index);
      if (named == network_.indices.end() || named->second.name.size() != 1) continue;
      const std::size_t position = free_.find(named->second.name);
      if (position == std::string::npos) continue;
      letters_[index] = free_[position];
      free_.erase(position, 1);
    }
    for (const IndexId index : order) {
      if (letters_.contains(index)) continue;
      letters_[index] = free_[0];
      free_.erase(0, 1);
    }
  }

  [[nodiscard]] std::string word(const std::vector<IndexId>& indices) const {
    std::string result;
    for (const IndexId index : indices) result += letters_.at(index);
    return result;
  }

 private:
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  const Network& network_;
  std::string free_;
  std::map<IndexId, char> letters_;
};

Terms terms_of(const ViewNetwork& views, Scale& scale) {
  Terms terms{.operands = {}, .indices = {}, .output = {}, .extents = views.extents};
  for (const View& view : views.views) add_view(terms, view);
  for (const Affine& node : views.affine) add_pattern(terms, node);
  std::set<IndexId> used(views.output.begin(), views.output.end());
  for (const auto& indices : terms.indices) used.insert(indices.begin(), indices.end());
  for (const auto& [index, extent] : views.extents) {
    if (!used.contains(index)) scale = scale.times(extent);  // summed, and nothing depends on it
  }
  complete_output(terms, views.output);
  if (terms.operands.empty()) add_pattern(terms, {});
  return terms;
}

}  // namespace

Export to_einsum(const Network& network, Alphabet alphabet) {
  const ViewNetwork views = network::views_of(network);
  Export result{.equation = {}, .operands = {}, .output_shape = network.shape(), .scale = views.scale};
  if (views.zero) result.scale = Scale{.numerator = 0};
  Terms terms = views.zero ? zeros(element_count(result.output_shape)) : terms_of(views, result.scale);
  Letters letters(network, alphabet);
  letters.assign(terms);
  for (std::size_t i = 0; i < terms.indices.size(); ++i) {
    result.equation += (i == 0 ? "" : ",") + letters.word(terms.indices[i]);
  }
  result.equation += "->" + letters.word(terms.output);
  result.operands = std::move(terms.operands);
  return result;
}

Tensor materialise(const ExportOperand& term, std::span<const Tensor> operands, DType pattern_type) {
  if (term.operand >= 0) {
    const auto bound = std::make_shared<const Tensor>(operands[static_cast<std::size_t>(term.operand)].contiguous());
    const auto bytes = static_cast<std::ptrdiff_t>(size_bytes(bound->dtype()));
    const void* start = static_cast<const std::byte*>(bound->data()) + term.offset * bytes;
    return Tensor::borrow(start, bound->dtype(), term.shape, term.strides, bound);
  }
  Tensor result(DType::kBool, term.shape);
  bool* entries = result.mutable_data_as<bool>();
  std::vector<std::int64_t> position(term.shape.size(), 0);
  for (std::int64_t i = 0; i < result.size(); ++i) {
    Wide sum = 0;
    for (std::size_t a = 0; a < position.size(); ++a) {
      sum += static_cast<Wide>(term.coefficients[a]) * position[a];
    }
    entries[i] = sum == term.constant;
    for (std::size_t a = position.size(); a-- > 0 && ++position[a] == term.shape[a];) position[a] = 0;
  }
  return result.to(pattern_type);
}

}  // namespace einfold
