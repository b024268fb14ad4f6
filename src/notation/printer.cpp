// SPDX-License-Identifier: MIT
#include "notation/printer.hpp"

namespace einfold::notation {
namespace {

/// `+`, `-` or nothing, then `coefficient*`.
std::string factor(std::int64_t coefficient, bool first) {
  std::string text = coefficient < 0 || first ? "" : "+";
  if (coefficient == 1) return text;
  if (coefficient == -1) return text + "-";
  return text + std::to_string(coefficient) + "*";
}

std::string affine(const Axis& axis) {
  std::string text = axis.name.empty() ? "" : axis.name + "=";
  bool first = true;
  for (const bool negative : {false, true}) {  // k-i rather than -i+k
    for (const Summand& summand : axis.summands) {
      if ((summand.coefficient < 0) != negative) continue;
      text += factor(summand.coefficient, first) + summand.index;
      first = false;
    }
  }
  // `o` alone is an index; `1*o` is the affine axis.
  const bool lone = axis.name.empty() && axis.summands.size() == 1 && axis.constant == 0;
  if (lone && axis.summands.front().coefficient == 1) return "1*" + text;
  if (axis.constant > 0) text += "+";
  if (axis.constant != 0) text += std::to_string(axis.constant);
  return text;
}

void append(std::string& text, const std::vector<Axis>& axes, const char* separator) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (i > 0) text += separator;
    text += print(axes[i]);
  }
}

}  // namespace

std::string print(const Axis& axis) {
  switch (axis.kind) {
    case AxisKind::kIndex: return axis.name;
    case AxisKind::kAffine: return affine(axis);
    case AxisKind::kOne: return "1";
    case AxisKind::kEllipsis: return "...";
    case AxisKind::kGroup: break;
  }
  std::string text = "(";
  append(text, axis.members, " ");
  return text + ")";
}

std::string print(const Equation& equation) {
  const bool named = equation.notation != Notation::kCompact;
  const char* between_axes = named ? " " : "";
  std::string text;
  for (std::size_t i = 0; i < equation.operands.size(); ++i) {
    if (i > 0) text += named ? ", " : ",";
    append(text, equation.operands[i].axes, between_axes);
  }
  text += named ? " ->" : "->";
  if (named && !equation.output.axes.empty()) text += " ";
  append(text, equation.output.axes, between_axes);
  return text;
}

}  // namespace einfold::notation
