// SPDX-License-Identifier: MIT
//
// Equations over tensors: einsum with affine axes, and einops' rearrange, reduce and repeat.
#pragma once

#include "einfold/expression.hpp"
#include "einfold/notation.hpp"
#include "einfold/pattern.hpp"
#include "einfold/plan_cache.hpp"

#include <cstddef>
#include <initializer_list>
#include <map>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace einfold {

/// What an equation needs besides its operands.
struct EinsumOptions {
  Sizes sizes = {};  ///< extents of indices and of named affine axes
  Pads pad = {};     ///< how far an affine axis may leave its operand when extents are inferred
  Notation notation = Notation::kAuto;
  bool broadcast = false;  ///< plain indices of extent 1 broadcast
  OrderOptions order = {};
  RunOptions run = {};
};

/// A tensor, or an index pattern that is never stored.
using EinsumOperand = std::variant<Tensor, IndexPattern>;

/// The value of an equation.
///
///     Tensor y = einsum("n (g c) 2*o1+k1-3 2*o2+k2-3, (g d) c k1 k2 -> n (g d) o1 o2", {x, w}, {.sizes = {{"g", 1}}});
///
/// The result starts as zeros; for every combination of index values for which all axes lie inside their extents, the
/// product of the operands' entries is added at the output's position. Types promote as in NumPy; bool counts in
/// int64; integer sums wrap. Cost: docs/planning.md. Throws E01xx (equation), E02xx (shapes), E0601, E0603 (memory).
[[nodiscard]] Tensor einsum(std::string_view equation, const std::vector<EinsumOperand>& operands,
                            const EinsumOptions& options = {});
/// The same for tensors only. A repeated call (equation, options, types, shapes and strides as before) costs a fraction of
/// a microsecond beside the work: see einfold/plan_cache.hpp.
[[nodiscard]] Tensor einsum(std::string_view equation, std::initializer_list<Tensor> operands,
                            const EinsumOptions& options = {});
[[nodiscard]] Tensor einsum(std::string_view equation, std::span<const Tensor> operands, const EinsumOptions& options = {});

/// A shape to plan for, an index pattern, or a constant: see Expression::with_constants.
using EinsumShape = std::variant<Shape, IndexPattern, Tensor>;

/// The same equation for given shapes, planned once and run often; it takes the operands that are neither patterns nor
/// constants.
[[nodiscard]] Expression compile(std::string_view equation, const std::vector<EinsumShape>& operands,
                                 const EinsumOptions& options = {});

/// What stands for every operand where only some are known, by their numbers: the shapes of the others follow from `sizes` and
/// from plain and named axes of those that are known. An affine axis without a size of its own gets the smallest extent for which
/// its positions stay below extent + padding, so that the same extents would be inferred from it. Extents that contradict each
/// other are found by `compile`. Throws E01xx, E0223 (a size is missing), E0204 (too large).
[[nodiscard]] std::vector<EinsumShape> complete_shapes(std::string_view equation,
                                                       const std::map<std::size_t, EinsumShape>& known,
                                                       const EinsumOptions& options = {});

/// einops' functions, in the named spelling, by einops' rules. Throw E0601, E0603 (memory) like einsum.
[[nodiscard]] Tensor rearrange(std::string_view pattern, const Tensor& tensor, const Sizes& sizes = {}, const RunOptions& run = {});
[[nodiscard]] Tensor repeat(std::string_view pattern, const Tensor& tensor, const Sizes& sizes = {}, const RunOptions& run = {});

enum class Reduction { kSum, kMean, kMax, kMin, kProduct };

/// mean of integers is float64; max and min of an empty set are an error. max, min and product reorder the operand into a copy.
[[nodiscard]] Tensor reduce(std::string_view pattern, const Tensor& tensor, Reduction reduction, const Sizes& sizes = {},
                            const RunOptions& run = {});

}  // namespace einfold
