// SPDX-License-Identifier: MIT
#include "plan/pipeline.hpp"

#include "pathfind/path_text.hpp"
#include "pathfind/sliced_search.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
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

/// Loops are unrolled, and a step costs about a microsecond to lower: as much as is worth it for the cache, and to keep a limit.
constexpr double kMostCachedSteps = 1'000, kMostSteps = 50'000;

/// What no machine holds (64 TiB of float32) cannot be made to stay in cache either: such an order is only looked at.
constexpr double kMostElements = 0x1p44;

/// Loops that keep intermediates in cache where that is free, and below the limit in any case; there the tree may be
/// another one, unless the caller gave it.
void slice(Ordered& ordered, const PipelineOptions& options) {
  const pathfind::Problem& problem = ordered.numbered.problem;
  const auto limit = static_cast<double>(options.limit_elements);
  ordered.slices = cache_slices(problem, ordered.tree, options);
  if (options.limit_elements == std::numeric_limits<std::int64_t>::max()) return;
  if (pathfind::peak_elements(problem, ordered.tree, ordered.slices) <= limit) return;
  if (options.path) {
    ordered.slices = pathfind::choose_slices(problem, ordered.tree, limit, {.most_computations = kMostSteps});
    return;
  }
  auto sliced = pathfind::sliced_tree(problem, std::move(ordered.tree), limit, options.search, {.most_computations = kMostSteps});
  ordered.tree = std::move(sliced.tree);
  ordered.slices = std::move(sliced.slices);
}

pathfind::Tree find_tree(const pathfind::Problem& problem, const PipelineOptions& options) {
  if (!options.path) return pathfind::find_tree(problem, options.search);
  const auto tensors = static_cast<int>(problem.leaves.size());
  return pathfind::tree_along(problem, pathfind::pairs_of(*options.path, tensors), options.search);
}

/// Elements of the largest intermediate with this index that goes into a tensor, which may be that itself; 0: none.
double largest_with(int index, int tensor, const pathfind::Problem& problem, const pathfind::Tree& tree) {
  const int at = tensor - static_cast<int>(problem.leaves.size());
  if (at < 0) return 0;
  const pathfind::Step& step = tree.steps[static_cast<std::size_t>(at)];
  const bool has_index = std::find(step.legs.begin(), step.legs.end(), index) != step.legs.end();
  const double inside = std::max(largest_with(index, step.a, problem, tree), largest_with(index, step.b, problem, tree));
  return has_index ? std::max(inside, std::exp2(step.log2_size)) : inside;
}

/// Whether a loop sums its index in turns, each of which adds to a result larger than any intermediate it cuts, which is larger than
/// `cached` by itself.
bool adds_to_more_than_it_cuts(const pathfind::Slice& slice, double cached, const pathfind::Problem& problem, const pathfind::Tree& tree) {
  const pathfind::Step& step = tree.steps[static_cast<std::size_t>(slice.step)];
  if (std::find(step.legs.begin(), step.legs.end(), slice.index) != step.legs.end()) return false;
  const double cut = std::max(largest_with(slice.index, step.a, problem, tree), largest_with(slice.index, step.b, problem, tree));
  return cut > cached && std::exp2(step.log2_size) > cut;
}

}  // namespace

std::vector<pathfind::Slice> cache_slices(const pathfind::Problem& problem, const pathfind::Tree& tree, const PipelineOptions& options) {
  const auto cached = static_cast<double>(options.cached_elements);
  const double peak = pathfind::peak_elements(problem, tree, {});
  if (peak <= cached || peak >= kMostElements) return {};
  auto slices = pathfind::choose_slices(problem, tree, cached, {.free_only = true, .most_computations = kMostCachedSteps});
  // An intermediate that is only just too large is better met in the next cache once than a larger result in every turn.
  const auto pays_not = [&](const pathfind::Slice& slice) { return adds_to_more_than_it_cuts(slice, cached, problem, tree); };
  if (peak <= 2 * cached && std::ranges::any_of(slices, pays_not)) return {};
  return slices;
}

Ordered order(const Network& network, const PipelineOptions& options) {
  Ordered ordered;
  ordered.simplified = options.simplify ? simplify(network) : Simplified{network, {}};
  ordered.numbered = number_indices(ordered.simplified.network);
  if (ordered.simplified.network.zero) return ordered;
  const auto start = std::chrono::steady_clock::now();
  ordered.tree = find_tree(ordered.numbered.problem, options);
  ordered.search_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  slice(ordered, options);
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
