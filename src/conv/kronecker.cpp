// SPDX-License-Identifier: MIT
#include "conv/kronecker.hpp"

#include "conv/building_blocks.hpp"

#include <algorithm>

namespace einfold::conv {
namespace {

using Sum = std::vector<Network>;

template <class Change>
Sum each(const Sum& terms, Change&& change) {
  Sum result;
  for (const Network& term : terms) result.push_back(change(term));
  return result;
}

/// The Gram of a sum: every term with every term.
Sum gram(const Sum& terms, const Axes& summed, const Axes& kept) {
  Sum result;
  for (const Network& a : terms) {
    for (const Network& b : terms) result.push_back(cross_gram(a, b, summed, kept));
  }
  return result;
}

/// The unfolded tensor with one more row, of ones: each in its place of an axis of extent R + 1.
Sum with_row_of_ones(const Network& unfolded) {
  const std::int64_t rows = unfolded.extent(unfolded.output[2]);
  Network ones;
  for (const Group& group : unfolded.output) {
    Group copy;
    for (const IndexId id : group) copy.push_back(ones.add_index(unfolded.indices.at(id).name, unfolded.extent(id)));
    ones.output.push_back(std::move(copy));
  }
  const IndexId row = ones.add_index("r", rows + 1);
  for (const IndexId id : ones.output[2]) ones.indices.erase(id);
  ones.output[2] = {row};
  ones.affine.push_back({{{row, 1}}, rows});
  return {embed(unfolded, 2, "r", rows + 1), ones};
}

/// The axis of groups summed: an axis of extent 1 stays in its place.
Network summed_over_groups(Network unfolded) {
  unfolded.output[1] = {};
  return unfolded;
}

}  // namespace

std::vector<Network> input_factor(const Network& unfolded, FactorKind kind, const ConvSpec& spec) {
  const bool average = spec.group_mode == GroupMode::kAverage;
  const std::int64_t batch = std::max<std::int64_t>(1, unfolded.extent(unfolded.output[0]));
  const std::int64_t groups = unfolded.extent(unfolded.output[1]);
  const std::int64_t positions = std::max<std::int64_t>(1, unfolded.extent(unfolded.output[3]));

  Sum rows = spec.homogeneous ? with_row_of_ones(unfolded) : Sum{unfolded};
  if (average) rows = each(rows, summed_over_groups);
  if (kind == FactorKind::kReduced) rows = each(rows, [](const Network& u) { return sum(u, {3}); });
  const Axes summed = kind == FactorKind::kReduced ? Axes{0} : Axes{0, 3};
  return each(gram(rows, summed, {1}), [&](const Network& factor) {
    Network result = scaled(factor, 1, batch);
    if (average) result = scaled(scaled(result, 1, groups), 1, groups);
    if (kind != FactorKind::kPerPosition) result = scaled(result, 1, positions);
    if (kind == FactorKind::kReduced) result = scaled(result, 1, positions);
    return result;
  });
}

std::vector<Network> gradient_factor(const Geometry& geometry, bool several, bool reduced, const ConvSpec& spec) {
  const int dims = static_cast<int>(geometry.dimensions.size());
  const int first = several ? 1 : 0;  // of the axes n g d o.., behind the vectors
  Network space = output_space(geometry, several ? "s" : "v");
  if (several) space = batch(space, {"s"}, "v", geometry.vectors);
  if (reduced) space = sum(space, axes_from(first + 3, dims));
  Axes summed = axes_from(0, first + 1);
  if (!reduced) summed = summed + axes_from(first + 3, dims);
  if (spec.group_mode == GroupMode::kKeep) return {einfold::gram(space, summed, {first + 1})};
  const Network factor = einfold::gram(space, summed);  // g d g' d'
  return {group(factor, {{}, {0, 1}, {2, 3}})};
}

}  // namespace einfold::conv
