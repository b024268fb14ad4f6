// SPDX-License-Identifier: MIT
#include "network/einops.hpp"

#include "base/fail.hpp"
#include "network/build.hpp"
#include "notation/diagnostic.hpp"
#include "notation/parser.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>

namespace einfold {
namespace {

using notation::Axis;
using notation::AxisKind;
using notation::Equation;
using notation::quoted;
using notation::Span;

/// Name and place of the indices of one side; `...` is one of them.
using Side = std::map<std::string, Span>;

[[noreturn]] void reject(const Equation& pattern, const char* code, std::string title, std::vector<Span> spans,
                         std::string help = {}) {
  notation::fail({.code = code,
                  .title = std::move(title),
                  .source = pattern.source,
                  .spans = std::move(spans),
                  .help = std::move(help)});
}

bool is_integer(const std::string& name) { return name[0] >= '0' && name[0] <= '9'; }

Side side_of(const Equation& pattern, const notation::Term& term) {
  Side side;
  const auto add = [&](const Axis& axis) {
    if (axis.kind == AxisKind::kOne || axis.kind == AxisKind::kGroup) return;
    if (axis.kind == AxisKind::kAffine) {
      reject(pattern, "E0113", "an affine axis in a function of einops", {axis.span}, "use einsum");
    }
    const std::string name = axis.kind == AxisKind::kEllipsis ? "..." : axis.name;
    const auto [found, inserted] = side.emplace(name, axis.span);
    if (!inserted) {
      reject(pattern, "E0111", cat("index ", quoted(name), " occurs twice on one side"), {found->second, axis.span},
             "use einsum to read or write a diagonal");
    }
  };
  for (const Axis& axis : term.axes) {
    add(axis);
    for (const Axis& member : axis.members) add(member);
  }
  return side;
}

/// Every index of `side` must be on the other side too.
void require_subset(const Equation& pattern, const Side& side, const Side& other, const char* where,
                    const char* function) {
  for (const auto& [name, span] : side) {
    if (other.contains(name)) continue;
    const std::string what = is_integer(name) ? cat("the integer ", name.substr(0, name.find('\'')))
                                              : cat(name == "..." ? "" : "index ", quoted(name));
    reject(pattern, "E0112", cat(what, " is only ", where, ", which ", function, " does not allow"), {span});
  }
}

void check(EinopsFunction function, const Equation& pattern, const Side& left, const Side& right) {
  constexpr const char* kLeft = "on the left";
  constexpr const char* kRight = "on the right";
  switch (function) {
    case EinopsFunction::kRearrange:
      require_subset(pattern, left, right, kLeft, "rearrange");
      require_subset(pattern, right, left, kRight, "rearrange");
      return;
    case EinopsFunction::kReduce: return require_subset(pattern, right, left, kRight, "reduce");
    case EinopsFunction::kRepeat: return require_subset(pattern, left, right, kLeft, "repeat");
  }
}

}  // namespace

Network EinopsNetwork::mean() const {
  Network result = network;
  for (const IndexId index : reduced) {
    const std::int64_t extent = network.extent(index);
    if (extent == 0) {
      result.scale.real = std::numeric_limits<double>::quiet_NaN();
    } else {
      result.scale = result.scale.times(1, extent);
    }
  }
  return result;
}

EinopsNetwork einops_network(EinopsFunction function, std::string_view text, const Shape& shape, const Sizes& sizes) {
  const Equation pattern = notation::parse_einops(text);
  if (pattern.operands.size() != 1) {
    reject(pattern, "E0112", "a function of einops has one operand", {pattern.operands[1].span}, "use einsum");
  }
  const Side left = side_of(pattern, pattern.operands[0]);
  const Side right = side_of(pattern, pattern.output);
  check(function, pattern, left, right);
  BuildOptions options{.sizes = sizes};
  for (const Side* side : {&left, &right}) {
    for (const auto& [name, span] : *side) {
      if (is_integer(name)) options.sizes[name] = std::stoll(name);
    }
  }
  EinopsNetwork result{build(pattern, {OperandSpec(shape)}, options), {}};
  std::set<IndexId> kept;
  for (const Group& group : result.network.output) kept.insert(group.begin(), group.end());
  for (const Group& group : result.network.dense[0].axes) {
    std::copy_if(group.begin(), group.end(), std::back_inserter(result.reduced),
                 [&](IndexId index) { return !kept.contains(index); });
  }
  return result;
}

}  // namespace einfold
