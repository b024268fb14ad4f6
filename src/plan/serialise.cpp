// SPDX-License-Identifier: MIT
#include "plan/serialise.hpp"

#include "base/checked.hpp"
#include "network/verify.hpp"
#include "pathfind/replay.hpp"

#include <algorithm>
#include <set>

namespace einfold::plan {
namespace {

constexpr std::int64_t kMostBlocks = 1'000'000;  // loops are unrolled

[[noreturn]] void made_by_another(const char* what) {
  fail(ErrorKind::kFile, "E0553", "the plan was made by a version of einfold that ", what, " otherwise than this one; make it again");
}

/// The sum of all positive, or all negative, parts of  sum c x - b  fits.
bool positions_fit(const Network& network, const Affine& node) {
  std::optional<std::int64_t> low = checked::multiply(node.constant, -1), high = low;
  for (const Term& term : node.terms) {
    const std::int64_t last = std::max<std::int64_t>(network.extent(term.index), 1) - 1;
    auto& end = term.coefficient < 0 ? low : high;
    if (end) end = checked::multiply_add(*end, term.coefficient, last);
    if (!checked::multiply(term.coefficient, -1)) return false;
  }
  return low && high && checked::add(*high, 1);
}

void check(const Network& network) {
  for (const Operand& operand : network.operands) (void)element_count(operand.shape);
  try {
    verify(network);
  } catch (const InternalError& error) {
    damaged(error.what());
  }
  (void)element_count(network.shape());
  for (const Affine& node : network.affine) {
    if (!positions_fit(network, node)) damaged("a pattern's positions do not fit in 64 bits");
  }
}

Json json_of(const pathfind::Problem& problem) {
  Json object;
  object["extents"] = problem.extents;
  object["leaves"] = Json::array();
  for (const pathfind::Leaf& leaf : problem.leaves) object["leaves"].push_back({{"operand", leaf.operand}, {"axes", leaf.axes}});
  object["equations"] = Json::array();
  for (const pathfind::Equation& equation : problem.equations) {
    object["equations"].push_back({{"terms", equation.terms}, {"constant", equation.constant}});
  }
  object["output"] = problem.output;
  return object;
}

Layout row_major(const Network& network) {
  Layout layout{{}, {}, network.shape(), row_major_strides(network.shape())};
  for (const Operand& operand : network.operands) {
    layout.operand_shapes.push_back(operand.shape);
    layout.operand_strides.push_back(row_major_strides(operand.shape));
  }
  return layout;
}

Json summary_of(const Network& network, const Ordered& ordered) {
  const Plan plan = lower(ordered, row_major(network), false);
  return {{"plan_steps", plan.steps.size()}, {"workspace_elements", plan.workspace_elements}};
}

Json conclusions_of(const pathfind::Step& step) {
  return {{"legs", step.legs}, {"same_as", step.same_as}, {"log2_points", real_json(step.log2_points)},
          {"log2_size", real_json(step.log2_size)}};
}

/// Logarithms may differ in the last digit between machines.
bool agree(const Json& stored, const Json& found) {
  if (!stored.is_number_float() || !found.is_number_float()) return stored == found;
  return std::abs(stored.get<double>() - found.get<double>()) < 1e-9 * (1 + std::abs(found.get<double>()));
}

std::vector<pathfind::Slice> slices_of(const JsonValue& value, const pathfind::Problem& problem, std::size_t steps) {
  std::vector<pathfind::Slice> slices;
  std::int64_t blocks = 1;
  for (const JsonValue& each : value.list()) {
    each.has_only({"step", "index", "block"});
    pathfind::Slice slice{each.at("step").count(static_cast<std::int64_t>(steps) - 1), 0, 1};
    if (problem.extents.empty()) damaged("a loop without an index");
    slice.index = each.at("index").count(static_cast<std::int64_t>(problem.extents.size()) - 1);
    const std::int64_t extent = std::max<std::int64_t>(problem.extents[static_cast<std::size_t>(slice.index)], 1);
    slice.block = each.at("block").integer(1, extent);
    const auto turns = checked::multiply(blocks, (extent - 1) / slice.block + 1);
    if (!turns || *turns > kMostBlocks) damaged("its loops have more than 10^6 turns");
    blocks = *turns;
    slices.push_back(slice);
  }
  return slices;
}

}  // namespace

Json json_of(const Network& network) {
  Json object;
  object["indices"] = Json::array();
  for (const auto& [id, index] : network.indices) {
    object["indices"].push_back({{"id", id}, {"name", index.name}, {"extent", index.extent}});
  }
  object["operands"] = Json::array();
  for (const Operand& operand : network.operands) object["operands"].push_back({{"name", operand.name}, {"shape", operand.shape}});
  object["dense"] = Json::array();
  for (const Dense& node : network.dense) object["dense"].push_back({{"operand", node.operand}, {"axes", node.axes}});
  object["affine"] = Json::array();
  for (const Affine& node : network.affine) {
    Json terms = Json::array();
    for (const Term& term : node.terms) terms.push_back({term.index, term.coefficient});
    object["affine"].push_back({{"terms", std::move(terms)}, {"constant", node.constant}});
  }
  object["output"] = network.output;
  object["scale"] = {{"numerator", network.scale.numerator}, {"denominator", network.scale.denominator},
                     {"real", real_json(network.scale.real)}};
  object["zero"] = network.zero;
  return object;
}

Network network_of(const JsonValue& value) {
  value.has_only({"indices", "operands", "dense", "affine", "output", "scale", "zero"});
  Network network;
  for (const JsonValue& index : value.at("indices").list()) {
    index.has_only({"id", "name", "extent"});
    const auto id = static_cast<IndexId>(index.at("id").count(std::numeric_limits<IndexId>::max() - 1));
    if (!network.indices.emplace(id, Index{index.at("name").name(), index.at("extent").integer(0)}).second) {
      damaged(cat("index ", id, " is there twice"));
    }
  }
  const auto groups_of = [](const JsonValue& axes) {
    std::vector<Group> groups;
    for (const JsonValue& group : axes.list()) {
      const std::vector<int> ids = group.numbers();
      groups.emplace_back(ids.begin(), ids.end());
    }
    return groups;
  };
  for (const JsonValue& operand : value.at("operands").list()) {
    operand.has_only({"name", "shape"});
    network.add_operand(operand.at("name").name(), operand.at("shape").integers(0));
  }
  for (const JsonValue& node : value.at("dense").list()) {
    node.has_only({"operand", "axes"});
    network.dense.push_back({node.at("operand").count(), groups_of(node.at("axes"))});
  }
  for (const JsonValue& node : value.at("affine").list()) {
    node.has_only({"terms", "constant"});
    Affine affine{{}, node.at("constant").integer()};
    for (const JsonValue& term : node.at("terms").list()) {
      const std::vector<std::int64_t> pair = term.integers();
      if (pair.size() != 2 || !network.indices.contains(static_cast<IndexId>(pair[0])) || pair[0] > INT32_MAX || pair[0] < 0) {
        damaged(term.where() + " is no pair of index and coefficient");
      }
      affine.terms.push_back({static_cast<IndexId>(pair[0]), pair[1]});
    }
    network.affine.push_back(std::move(affine));
  }
  network.output = groups_of(value.at("output"));
  const JsonValue scale = value.at("scale");
  scale.has_only({"numerator", "denominator", "real"});
  network.scale = {scale.at("numerator").integer(), scale.at("denominator").integer(1), scale.at("real").real()};
  network.zero = value.at("zero").boolean();
  check(network);
  return network;
}

Json json_of(const Network& network, const Ordered& ordered) {
  Json object;
  object["problem"] = json_of(ordered.numbered.problem);
  object["steps"] = Json::array();
  for (const pathfind::Step& step : ordered.tree.steps) {
    Json bare = {{"a", step.a}, {"b", step.b}, {"equations", step.equations}};
    bare.update(conclusions_of(step));
    object["steps"].push_back(std::move(bare));
  }
  object["slices"] = Json::array();
  for (const pathfind::Slice& slice : ordered.slices) {
    object["slices"].push_back({{"step", slice.step}, {"index", slice.index}, {"block", slice.block}});
  }
  object.update(summary_of(network, ordered));
  return object;
}

Ordered ordered_of(const JsonValue& value, const Network& network, bool simplified) {
  value.has_only({"problem", "steps", "slices", "plan_steps", "workspace_elements"});
  Ordered ordered;
  ordered.simplified = simplified ? simplify(network) : Simplified{network, {}};
  ordered.numbered = number_indices(ordered.simplified.network);
  if (json_of(ordered.numbered.problem) != value.at("problem").json()) made_by_another("simplifies");
  std::vector<pathfind::BareStep> bare;
  for (const JsonValue& step : value.at("steps").list()) {
    step.has_only({"a", "b", "equations", "legs", "same_as", "log2_points", "log2_size"});
    bare.push_back({static_cast<int>(step.at("a").integer(-1, INT32_MAX)), static_cast<int>(step.at("b").integer(-1, INT32_MAX)),
                    step.at("equations").numbers()});
  }
  if (ordered.simplified.network.zero) {
    if (!bare.empty()) damaged("a result that is zero needs no step");
    return ordered;
  }
  auto tree = pathfind::replay(ordered.numbered.problem, bare, {});
  if (!tree) damaged("its steps are no order of contraction of its network");
  ordered.tree = *std::move(tree);
  const std::vector<JsonValue> steps = value.at("steps").list();
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const Json conclusions = conclusions_of(ordered.tree.steps[s]);
    for (const auto& [key, conclusion] : conclusions.items()) {
      if (!agree(steps[s].at(key.c_str()).json(), conclusion)) made_by_another("counts");
    }
  }
  ordered.slices = slices_of(value.at("slices"), ordered.numbered.problem, ordered.tree.steps.size());
  const Json summary = summary_of(network, ordered);
  for (const auto& [key, conclusion] : summary.items()) {
    if (value.at(key.c_str()).json() != conclusion) made_by_another("lowers");
  }
  return ordered;
}

}  // namespace einfold::plan
