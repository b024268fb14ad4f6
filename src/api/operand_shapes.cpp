// SPDX-License-Identifier: MIT
#include "base/checked.hpp"
#include "base/fail.hpp"
#include "einfold/einsum.hpp"
#include "einfold/text.hpp"
#include "notation/parser.hpp"

#include <algorithm>

namespace einfold {
namespace {

using notation::Axis;
using notation::AxisKind;

/// Extents by name; shapes of terms from them.
class Completion {
 public:
  explicit Completion(const EinsumOptions& options) : pad_(options.pad), sizes_(options.sizes) {}

  /// Plain and named axes of a shape that is known. What does not fit together is found when the network is built.
  void learn(const notation::Term& term, const Shape& shape) {
    if (term.axes.size() != shape.size()) return;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const std::string& name = term.axes[axis].name;
      if (term.axes[axis].kind == AxisKind::kEllipsis) return;
      if (!name.empty()) sizes_.emplace(name, shape[axis]);
    }
  }

  [[nodiscard]] Shape shape_of(std::size_t operand, const notation::Term& term) const {
    Shape shape;
    for (const Axis& axis : term.axes) {
      if (axis.kind == AxisKind::kEllipsis) {
        fail(ErrorKind::kShape, "E0223", "the number of axes behind '...' of operand ", operand, " is not known: give its shape");
      }
      shape.push_back(extent_of(operand, axis));
    }
    return shape;
  }

 private:
  [[nodiscard]] std::int64_t extent_of(std::size_t operand, const Axis& axis) const {
    switch (axis.kind) {
      case AxisKind::kIndex: return size_of(operand, axis.name);
      case AxisKind::kGroup: {
        std::optional<std::int64_t> product = 1;
        for (const Axis& member : axis.members) {
          if (product) product = checked::multiply(*product, extent_of(operand, member));
        }
        return checked_extent(operand, product);
      }
      case AxisKind::kAffine: {
        const auto given = sizes_.find(axis.name);
        return !axis.name.empty() && given != sizes_.end() ? given->second : reach_of(operand, axis);
      }
      default: return 1;
    }
  }

  /// The smallest extent for which the largest position stays below  extent + right padding.
  [[nodiscard]] std::int64_t reach_of(std::size_t operand, const Axis& axis) const {
    std::optional<std::int64_t> end = checked::add(axis.constant, 1);
    for (const notation::Summand& summand : axis.summands) {
      const std::int64_t last = std::max<std::int64_t>(size_of(operand, summand.index), 1) - 1;
      if (summand.coefficient > 0 && end) end = checked::multiply_add(*end, summand.coefficient, last);
    }
    const auto pad = pad_.find(axis.name);
    const std::int64_t right = pad != pad_.end() ? pad->second.right : axis.constant < 0 ? ~axis.constant + 1 : 0;
    if (end) end = checked::add(*end, -right);
    return std::max<std::int64_t>(checked_extent(operand, end), 1);
  }

  [[nodiscard]] std::int64_t size_of(std::size_t operand, const std::string& name) const {
    const auto found = sizes_.find(name);
    if (found != sizes_.end()) return found->second;
    fail(ErrorKind::kShape, "E0223", "operand ", operand, " is not given, and the extent of its index ", printable(name),
         " is not known: give it in `sizes`");
  }

  static std::int64_t checked_extent(std::size_t operand, std::optional<std::int64_t> extent) {
    if (!extent) fail(ErrorKind::kShape, "E0204", "an axis of operand ", operand, " has more than 2^63 - 1 entries");
    return *extent;
  }

  const Pads& pad_;
  Sizes sizes_;
};

}  // namespace

std::vector<EinsumShape> complete_shapes(std::string_view equation, const std::map<std::size_t, EinsumShape>& known,
                                         const EinsumOptions& options) {
  const notation::Equation parsed = notation::parse(equation, options.notation);
  Completion completion(options);
  std::vector<EinsumShape> shapes(known.empty() ? 0 : known.rbegin()->first + 1);
  shapes.resize(std::max(shapes.size(), parsed.operands.size()));
  for (const auto& [number, operand] : known) {
    shapes[number] = operand;
    if (number >= parsed.operands.size()) continue;
    if (const auto* shape = std::get_if<Shape>(&operand)) completion.learn(parsed.operands[number], *shape);
    if (const auto* tensor = std::get_if<Tensor>(&operand)) completion.learn(parsed.operands[number], tensor->shape());
  }
  for (std::size_t i = 0; i < parsed.operands.size(); ++i) {
    if (!known.contains(i)) shapes[i] = completion.shape_of(i, parsed.operands[i]);
  }
  return shapes;
}

}  // namespace einfold
