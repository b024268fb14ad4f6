// SPDX-License-Identifier: MIT
#include "network/resolve.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "notation/diagnostic.hpp"
#include "notation/utf8.hpp"

#include <algorithm>

namespace einfold::network {
namespace {

using notation::Axis;
using notation::AxisKind;
using notation::Diagnostic;
using notation::Equation;
using notation::Term;

std::string axes(std::size_t count) { return cat(count, count == 1 ? " axis" : " axes"); }

std::size_t letters(const std::string& name) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < name.size(); at += notation::decode(name, at).length) ++count;
  return count;
}

/// The other spelling, where it would explain the rank.
std::string other_spelling(const Equation& equation, const Term& term, std::size_t rank) {
  const std::string_view text =
      std::string_view(equation.source).substr(term.span.begin, term.span.end - term.span.begin);
  const bool plain =
      !term.axes.empty() && std::all_of(term.axes.begin(), term.axes.end(),
                                        [](const Axis& axis) { return axis.kind == AxisKind::kIndex; });
  if (!plain || text.empty()) return {};
  if (equation.notation == Notation::kCompact && rank < term.axes.size()) {
    return cat("in the compact spelling every letter is an index; if ", notation::quoted(text),
               " is one, ask for the named spelling or write (", notation::excerpt(text, 40), ")");
  }
  std::size_t count = 0;
  std::string spaced;
  for (const Axis& axis : term.axes) count += letters(axis.name);
  if (equation.notation == Notation::kCompact || count != rank || rank <= term.axes.size()) return {};
  return cat("in the named spelling ", notation::quoted(term.axes.front().name),
             " is one index; separate indices by white space, or ask for the compact spelling");
}

class Resolver {
 public:
  explicit Resolver(const Equation& equation) : equation_(equation) {}

  Resolved run(std::span<const Shape> shapes);

 private:
  int variable(const std::string& name, bool affine_axis);
  Factor factor(const Axis& axis);
  ResolvedTerm term(const Term& term, std::size_t behind_ellipsis);
  [[nodiscard]] std::size_t behind_ellipsis(std::size_t operand, const Shape& shape) const;

  const Equation& equation_;
  Resolved result_;
  std::vector<int> ellipsis_;  // variables behind `...`, the last axis first
};

int Resolver::variable(const std::string& name, bool affine_axis) {
  auto& variables = result_.extents.variables;
  const int next = static_cast<int>(variables.size());
  if (!name.empty()) {
    const auto [found, inserted] = result_.names.emplace(name, next);
    if (!inserted) return found->second;
  }
  variables.push_back({.name = name, .affine_axis = affine_axis});
  return next;
}

Factor Resolver::factor(const Axis& axis) {
  Factor result{.variable = variable(axis.name, axis.kind == AxisKind::kAffine), .syntax = &axis};
  for (const notation::Summand& summand : axis.summands)
    result.summands.push_back(variable(summand.index, false));
  return result;
}

ResolvedTerm Resolver::term(const Term& term, std::size_t behind_ellipsis) {
  ResolvedTerm result;
  for (const Axis& axis : term.axes) {
    if (axis.kind == AxisKind::kEllipsis) {
      for (std::size_t i = behind_ellipsis; i-- > 0;) {
        result.push_back({.factors = {{.variable = ellipsis_[i]}}, .span = axis.span});
      }
      continue;
    }
    ResolvedAxis resolved{.factors = {}, .plain_index = axis.kind == AxisKind::kIndex, .span = axis.span};
    if (axis.kind == AxisKind::kIndex || axis.kind == AxisKind::kAffine)
      resolved.factors.push_back(factor(axis));
    for (const Axis& member : axis.members) {
      if (member.kind == AxisKind::kEllipsis) {
        for (std::size_t i = behind_ellipsis; i-- > 0;) resolved.factors.push_back({.variable = ellipsis_[i]});
      } else if (member.kind != AxisKind::kOne) {
        resolved.factors.push_back(factor(member));
      }
    }
    result.push_back(std::move(resolved));
  }
  return result;
}

/// How many axes of the operand are behind `...`.
std::size_t Resolver::behind_ellipsis(std::size_t operand, const Shape& shape) const {
  const Term& term = equation_.operands[operand];
  const auto is_ellipsis = [](const Axis& axis) { return axis.kind == AxisKind::kEllipsis; };
  const bool ellipsis = std::any_of(term.axes.begin(), term.axes.end(), is_ellipsis);
  const std::size_t written = term.axes.size() - (ellipsis ? 1 : 0);
  if (shape.size() == written || (ellipsis && shape.size() > written)) return shape.size() - written;
  notation::fail({.kind = ErrorKind::kShape,
                  .code = "E0221",
                  .title = cat("operand ", operand, " has ", axes(shape.size()), ", but its term has ",
                               ellipsis ? "at least " : "", axes(written)),
                  .source = equation_.source,
                  .spans = {term.span},
                  .notes = {cat("operand ", operand, ": shape ", notation::excerpt(to_text(shape), 100))},
                  .help = other_spelling(equation_, term, shape.size())});
}

Resolved Resolver::run(std::span<const Shape> shapes) {
  const std::size_t terms = equation_.operands.size();
  if (shapes.size() != terms) {
    const bool empty_last = terms == shapes.size() + 1 && terms > 1 && equation_.operands.back().axes.empty();
    Diagnostic error{.kind = ErrorKind::kShape, .code = "E0220", .source = equation_.source};
    error.title = cat("the equation has ", terms, terms == 1 ? " term" : " terms", ", but ", shapes.size(),
                      shapes.size() == 1 ? " operand was given" : " operands were given");
    if (empty_last) {
      error.spans = {equation_.operands.back().span};
      error.help = "an empty term is a scalar operand; is there a comma too many?";
    }
    notation::fail(error);
  }
  std::vector<std::size_t> behind;
  for (std::size_t i = 0; i < terms; ++i) {
    const auto negative =
        std::find_if(shapes[i].begin(), shapes[i].end(), [](std::int64_t e) { return e < 0; });
    if (negative != shapes[i].end()) {
      einfold::fail(ErrorKind::kShape, "E0228", "operand ", i, ", axis ", negative - shapes[i].begin(),
                    ": a negative extent, ", *negative);
    }
    behind.push_back(behind_ellipsis(i, shapes[i]));
  }
  const std::size_t most = terms == 0 ? 0 : *std::max_element(behind.begin(), behind.end());
  for (std::size_t i = 0; i < most; ++i) {
    ellipsis_.push_back(static_cast<int>(result_.extents.variables.size()));
    result_.extents.variables.push_back({.name = cat("_", most - i), .behind_ellipsis = true});
  }
  for (std::size_t i = 0; i < terms; ++i) {
    result_.extents.operands.push_back(term(equation_.operands[i], behind[i]));
  }
  result_.extents.output = term(equation_.output, most);
  return std::move(result_);
}

}  // namespace

Resolved resolve(const notation::Equation& equation, std::span<const Shape> shapes) {
  return Resolver(equation).run(shapes);
}

}  // namespace einfold::network
