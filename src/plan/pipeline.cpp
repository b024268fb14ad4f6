// SPDX-License-Identifier: MIT
#include "plan/pipeline.hpp"

#include "pathfind/slices.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace einfold::plan {
namespace {

/// An index that nothing has repeats the sum as often as its extent says.
Scale repeated_by_free_indices(const NumberedNetwork& numbered, Scale scale) {
  const pathfind::Problem& problem = numbered.problem;
  std::set<int> used(problem.output.begin(), problem.output.end());
  for (const pathfind::Leaf& leaf : problem.leaves) {
    for (const auto& group : leaf.axes) used.insert(group.begin(), group.end());
  }
  for (const pathfind::Equation& equation : problem.equations) {
    for (const auto& [x, coefficient] : equation.terms) used.insert(x);
  }
  for (std::size_t x = 0; x < problem.extents.size(); ++x) {
    if (!used.contains(static_cast<int>(x))) scale = scale.times(problem.extents[x]);
  }
  return scale;
}

/// A plan that does nothing: for a result without elements, whose other extents may be beyond all arithmetic.
Plan nothing(const Layout& layout) {
  return {layout.operand_shapes, layout.operand_strides, layout.result_shape, layout.result_strides, {}, {}, 0};
}

/// A plan that writes zeros and reads nothing.
Plan zeros(const Layout& layout, bool accumulate) {
  Plan plan = nothing(layout);
  Contraction fill;
  fill.has_a = fill.has_b = false;
  fill.zero_first = !accumulate;
  fill.c_extents = layout.result_shape;
  fill.c_strides = layout.result_strides;
  plan.steps.push_back({std::make_shared<const Work>(std::move(fill)), {}, {}, {Place::Kind::kResult, 0, 0}, 0});
  return plan;
}

/// A loop's body is unrolled, so the blocks of all loops together are bounded: a turn costs about a microsecond to plan.
constexpr double kMostTurns = 1'000;

double turns(const pathfind::Problem& problem, const std::vector<pathfind::Slice>& slices) {
  double product = 1;
  for (const pathfind::Slice& slice : slices) {
    const double extent = static_cast<double>(problem.extents[static_cast<std::size_t>(slice.index)]);
    product *= std::ceil(extent / static_cast<double>(slice.block));
  }
  return product;
}

/// Loops that keep intermediates in cache where that is free, and below the limit in any case.
std::vector<pathfind::Slice> choose_slices(const pathfind::Problem& problem, const pathfind::Tree& tree,
                                           const PipelineOptions& options) {
  constexpr double kRounding = 1e-9;
  const double unsliced = pathfind::peak_elements(problem, tree, {});
  std::vector<pathfind::Slice> slices;
  for (double cached = static_cast<double>(options.cached_elements); cached < unsliced; cached *= 4) {
    std::vector<pathfind::Slice> candidate = pathfind::choose_slices(problem, tree, cached);
    const bool free = pathfind::log2_sliced_flops(problem, tree, candidate) <= tree.log2_flops + kRounding;
    if (!free || turns(problem, candidate) > kMostTurns) continue;
    slices = std::move(candidate);
    break;
  }
  const auto limit = static_cast<double>(options.limit_elements);
  if (pathfind::peak_elements(problem, tree, slices) <= limit) return slices;
  return pathfind::choose_slices(problem, tree, limit);
}

}  // namespace

Ordered order(const Network& network, const PipelineOptions& options) {
  Ordered ordered;
  ordered.simplified = options.simplify ? simplify(network) : Simplified{network, {}};
  ordered.numbered = number_indices(ordered.simplified.network);
  if (ordered.simplified.network.zero) return ordered;
  ordered.tree = pathfind::find_tree(ordered.numbered.problem, options.search);
  ordered.slices = choose_slices(ordered.numbered.problem, ordered.tree, options);
  return ordered;
}

Plan lower(const Ordered& ordered, const Layout& layout, bool accumulate) {
  const Network& network = ordered.simplified.network;
  if (std::find(layout.result_shape.begin(), layout.result_shape.end(), 0) != layout.result_shape.end()) return nothing(layout);
  if (network.zero) return zeros(layout, accumulate);
  const Scale scale = repeated_by_free_indices(ordered.numbered, network.scale);
  const Epilogue epilogue{{scale.value(), scale.numerator}, accumulate};
  return lower(ordered.numbered, ordered.tree, ordered.slices, layout, epilogue);
}

}  // namespace einfold::plan
