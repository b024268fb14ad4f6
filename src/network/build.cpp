// SPDX-License-Identifier: MIT
#include "network/build.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "network/extents.hpp"
#include "network/verify.hpp"
#include "notation/diagnostic.hpp"
#include "notation/printer.hpp"

#include <limits>
#include <optional>

namespace einfold {
namespace {

using network::Extents;
using network::Factor;
using network::ResolvedAxis;
using network::ResolvedTerm;

Shape shape_of(const OperandSpec& operand) {
  if (const Shape* shape = std::get_if<Shape>(&operand.what)) return *shape;
  const IndexPattern& pattern = std::get<IndexPattern>(operand.what);
  const std::int64_t output = pattern.output_extent();
  return {pattern.kernel, output, pattern.input};
}

class Builder {
 public:
  Builder(const notation::Equation& equation, Extents extents)
      : equation_(equation), extents_(std::move(extents)) {}

  Network run(const std::vector<OperandSpec>& operands);

 private:
  std::vector<Group> axes(const ResolvedTerm& term);
  IndexId affine_axis(const Factor& factor);
  void add_pattern(const IndexPattern& pattern, const ResolvedTerm& term, notation::Span span);
  [[noreturn]] void overflow(notation::Span span) const;

  const notation::Equation& equation_;
  Extents extents_;
  Network network_;
  std::vector<IndexId> ids_;  // by variable; affine axes have none
};

void Builder::overflow(notation::Span span) const {
  notation::fail({.kind = ErrorKind::kShape,
                  .code = "E0227",
                  .title = "coefficients that do not fit in 64 bits",
                  .source = equation_.source,
                  .spans = {span}});
}

/// A fresh index i with  -i + sum c x = -constant  (or all signs turned, if that fits and this does not).
IndexId Builder::affine_axis(const Factor& factor) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  const notation::Axis& syntax = *factor.syntax;
  const IndexId index =
      network_.add_index(syntax.name.empty() ? "i" : syntax.name, extents_.variables[factor.variable].extent);
  const std::int64_t sign = syntax.constant == kLowest ? -1 : 1;
  Affine node{{{index, -sign}}, sign < 0 ? syntax.constant : -syntax.constant};
  for (std::size_t s = 0; s < factor.summands.size(); ++s) {
    const std::int64_t coefficient = syntax.summands[s].coefficient;
    if (sign < 0 && coefficient == kLowest) overflow(syntax.span);
    if (coefficient != 0) node.terms.push_back({ids_[factor.summands[s]], sign * coefficient});
  }
  network_.affine.push_back(std::move(node));
  return index;
}

std::vector<Group> Builder::axes(const ResolvedTerm& term) {
  std::vector<Group> result;
  for (const ResolvedAxis& axis : term) {
    Group group;
    for (const Factor& factor : axis.factors) {
      if (axis.reads_entry_0) continue;
      group.push_back(factor.summands.empty() ? ids_[factor.variable] : affine_axis(factor));
    }
    result.push_back(std::move(group));
  }
  return result;
}

/// -i + S o + D k = P_l, where k, o, i are the values of groups:  (x y) is  extent(y) x + y.
void Builder::add_pattern(const IndexPattern& pattern, const ResolvedTerm& term, notation::Span span) {
  const std::vector<Group> legs = axes(term);
  const std::int64_t factors[] = {pattern.dilation, pattern.stride, -1};
  Affine node{{}, pattern.padding_left};
  for (const std::size_t leg : {2, 1, 0}) {
    std::optional<std::int64_t> coefficient = factors[leg];
    for (auto index = legs[leg].rbegin(); index != legs[leg].rend(); ++index) {
      if (!coefficient) overflow(span);
      auto same = node.terms.begin();
      while (same != node.terms.end() && same->index != *index) ++same;
      if (same == node.terms.end()) {
        node.terms.push_back({*index, *coefficient});
      } else {
        const auto sum = checked::add(same->coefficient, *coefficient);
        if (!sum) overflow(span);
        same->coefficient = *sum;
      }
      const std::int64_t extent = network_.extent(*index);
      coefficient = extent == 0 ? coefficient : checked::multiply(*coefficient, extent);
    }
  }
  std::erase_if(node.terms, [](const Term& each) { return each.coefficient == 0; });
  if (!node.terms.empty()) {
    network_.affine.push_back(std::move(node));
  } else if (node.constant != 0) {
    network_.zero = true;
  }
}

Network Builder::run(const std::vector<OperandSpec>& operands) {
  ids_.resize(extents_.variables.size(), -1);
  for (std::size_t v = 0; v < ids_.size(); ++v) {
    const network::Variable& variable = extents_.variables[v];
    if (!variable.affine_axis) ids_[v] = network_.add_index(variable.name, variable.extent);
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const OperandSpec& operand = operands[i];
    const ResolvedTerm& term = extents_.operands[i];
    if (const IndexPattern* pattern = std::get_if<IndexPattern>(&operand.what)) {
      add_pattern(*pattern, term, equation_.operands[i].span);
      continue;
    }
    const int position = network_.add_operand(operand.name.empty() ? std::to_string(i) : operand.name,
                                              std::get<Shape>(operand.what));
    network_.dense.push_back({position, axes(term)});
  }
  network_.output = axes(extents_.output);
  static_cast<void>(network_.shape());  // an error where a group has more entries than can be counted
  return verified(std::move(network_));
}

}  // namespace

Network build(const notation::Equation& equation, const std::vector<OperandSpec>& operands,
              const BuildOptions& options) {
  std::vector<Shape> shapes;
  for (const OperandSpec& operand : operands) shapes.push_back(shape_of(operand));
  return Builder(equation, network::solve_extents(equation, shapes, options)).run(operands);
}

}  // namespace einfold
