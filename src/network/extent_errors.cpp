// SPDX-License-Identifier: MIT
#include "network/extent_errors.hpp"

#include "base/fail.hpp"
#include "notation/printer.hpp"

#include <algorithm>
#include <set>

namespace einfold::network {
namespace {

using notation::Axis;
using notation::Diagnostic;
using notation::quoted;

constexpr std::size_t kListed = 6;  // names or factors, before "and N more"

Diagnostic shape_error(const Facts& facts, const char* code) {
  return {.kind = ErrorKind::kShape, .code = code, .source = facts.equation.source};
}

const ResolvedAxis& axis_at(const Facts& facts, Place place) {
  return facts.extents.operands[place.operand][place.axis];
}

std::string text(Place place) { return cat("operand ", place.operand, ", axis ", place.axis); }

/// An affine axis as it was written.
std::string text(const Facts& facts, const Axis& axis) {
  const std::string_view source = facts.equation.source;
  const bool written = axis.span.end > axis.span.begin && axis.span.end <= source.size();
  const std::string_view span = written ? source.substr(axis.span.begin, axis.span.end - axis.span.begin) : "";
  return notation::excerpt(written ? std::string(span) : notation::print(axis), 60);
}

/// What stands for the variable in messages: `index 'i'`, `axis 'i'`, `affine axis 2*o+k`.
std::string described(const Facts& facts, int variable, const Axis* syntax) {
  const Variable& what = facts.extents.variables[variable];
  if (what.affine_axis && what.name.empty() && syntax != nullptr)
    return cat("the affine axis ", text(facts, *syntax));
  return cat(what.affine_axis ? "axis " : "index ", quoted(what.name));
}

/// The factor of the axis that is this variable; the axis itself is what an error without one points to.
const Factor* find_factor(const ResolvedAxis& axis, int variable) {
  const auto found = std::find_if(axis.factors.begin(), axis.factors.end(),
                                  [&](const Factor& factor) { return factor.variable == variable; });
  return found == axis.factors.end() ? nullptr : &*found;
}

void add_span(Diagnostic& error, const Facts& facts, int variable, const Source& source) {
  if (source.kind == Source::kSizes) return;
  const ResolvedAxis& axis = axis_at(facts, source.place);
  const Factor* factor = source.kind == Source::kProposal ? source.affine : find_factor(axis, variable);
  error.spans.push_back(factor != nullptr && factor->syntax != nullptr ? factor->syntax->span : axis.span);
}

std::string note(const Facts& facts, std::int64_t extent, const Source& source) {
  switch (source.kind) {
    case Source::kSizes:
      return cat("sizes: extent ", extent);
    case Source::kProposal:
      return cat(text(source.place), ": extent ", extent, ", the largest that fits ",
                 text(facts, *source.affine->syntax));
    case Source::kAxis:
      break;
  }
  std::string result = cat(text(source.place), ": extent ", extent);
  if (source.axis_extent && *source.axis_extent != extent) {
    result += cat(" (", *source.axis_extent, " / ", *source.axis_extent / extent, ")");
  }
  return result;
}

std::string name_of(const Facts& facts, const Factor& factor) {
  const Variable& variable = facts.extents.variables[factor.variable];
  return variable.name.empty() ? text(facts, *factor.syntax) : notation::excerpt(variable.name, 40);
}

/// `g = 2, c = 3`.
std::string factor_list(const Facts& facts, const ResolvedAxis& axis) {
  std::string result;
  for (std::size_t i = 0; i < axis.factors.size(); ++i) {
    if (i > 0) result += ", ";
    if (i == kListed) return result + cat("and ", axis.factors.size() - i, " more");
    const Factor& factor = axis.factors[i];
    const std::int64_t extent = facts.extents.variables[factor.variable].extent;
    result += name_of(facts, factor) + " = ";
    result += facts.sources[factor.variable] ? std::to_string(extent) : "?";
  }
  return result;
}

/// Where the known extents of a group came from.
void add_sources(Diagnostic& error, const Facts& facts, const ResolvedAxis& axis) {
  for (std::size_t i = 0; i < std::min(axis.factors.size(), kListed); ++i) {
    const int variable = axis.factors[i].variable;
    if (!facts.sources[variable]) continue;
    error.notes.push_back(cat(name_of(facts, axis.factors[i]), ": ",
                              note(facts, facts.extents.variables[variable].extent, *facts.sources[variable])));
  }
}

std::string interval(std::int64_t lowest, std::int64_t highest) { return cat(lowest, " .. ", highest); }

/// Names in quotes, at most kListed.
std::string name_list(const std::vector<std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) result += ", ";
    if (i == kListed) return result + cat("and ", names.size() - i, " more");
    result += quoted(names[i]);
  }
  return result;
}

bool on_operand(const Facts& facts, int variable) {
  for (const ResolvedTerm& term : facts.extents.operands) {
    for (const ResolvedAxis& axis : term) {
      for (const Factor& factor : axis.factors) {
        if (factor.variable == variable) return true;
        if (std::find(factor.summands.begin(), factor.summands.end(), variable) != factor.summands.end())
          return true;
      }
    }
  }
  return false;
}

/// Calls visit(factor, axis, place) for every factor; place is empty in the output.
template <class Visit>
void for_each_factor(const Facts& facts, const Visit& visit) {
  for (std::size_t i = 0; i < facts.extents.operands.size(); ++i) {
    for (std::size_t a = 0; a < facts.extents.operands[i].size(); ++a) {
      const ResolvedAxis& axis = facts.extents.operands[i][a];
      for (const Factor& factor : axis.factors) visit(factor, axis, std::optional<Place>({i, a}));
    }
  }
  for (const ResolvedAxis& axis : facts.extents.output) {
    for (const Factor& factor : axis.factors) visit(factor, axis, std::optional<Place>());
  }
}

std::vector<std::string> known_names(const Facts& facts, bool affine_axes) {
  std::vector<std::string> names;
  for (std::size_t v = 0; v < facts.extents.variables.size(); ++v) {
    const Variable& variable = facts.extents.variables[v];
    if (!variable.name.empty() && !variable.behind_ellipsis && variable.affine_axis == affine_axes) {
      names.push_back(variable.name);
    }
  }
  return names;
}

}  // namespace

void fail_two_extents(const Facts& facts, int variable, std::int64_t extent, const Source& source) {
  const Source& first = *facts.sources[variable];
  const std::int64_t known = facts.extents.variables[variable].extent;
  Diagnostic error = shape_error(facts, "E0103");
  add_span(error, facts, variable, first);
  add_span(error, facts, variable, source);
  error.notes = {note(facts, known, first), note(facts, extent, source)};
  const ResolvedAxis& axis = axis_at(facts, source.place);
  const Factor* factor = find_factor(axis, variable);
  error.title =
      cat(described(facts, variable, factor == nullptr ? nullptr : factor->syntax), " has two extents");
  if (facts.extents.variables[variable].behind_ellipsis) {
    error.code = "E0226";
    error.title = cat("the axes behind '...' do not broadcast: ", known, " and ", extent);
  } else if ((known == 1 || extent == 1) && first.kind == Source::kAxis && source.kind == Source::kAxis) {
    error.help = "extent 1 broadcasts only behind '...' or with the option broadcast";
  }
  fail(error);
}

void fail_unknown_name(const Facts& facts, std::string_view option, const std::string& name) {
  const bool pad = option == "pad";
  Diagnostic error = shape_error(facts, "E0224");
  error.title = cat(option, " has ", quoted(name), ", which is no ", pad ? "named affine axis" : "name",
                    " of the equation");
  std::vector<std::string> names = known_names(facts, true);
  if (!pad) {
    const std::vector<std::string> indices = known_names(facts, false);
    names.insert(names.begin(), indices.begin(), indices.end());
  }
  if (!names.empty()) error.help = cat("it has ", name_list(names));
  if (names.empty() && pad) error.help = "name the axis, like i=2*o+k-1";
  fail(error);
}

void fail_negative(const std::string& what, std::int64_t value) {
  einfold::fail(ErrorKind::kShape, "E0228", what, value, ", but must not be negative");
}

void fail_product(const Facts& facts, Place place, std::int64_t extent, std::optional<std::int64_t> product) {
  const ResolvedAxis& axis = axis_at(facts, place);
  Diagnostic error = shape_error(facts, axis.factors.empty() ? "E0229" : "E0222");
  error.spans = {axis.span};
  if (axis.factors.empty()) {
    error.title = cat("an axis of extent ", extent, " where the equation has extent 1");
    error.notes = {cat(text(place), ": extent ", extent)};
  } else {
    error.title = "the extents of a group do not multiply to its axis";
    error.notes = {cat(text(place), ": extent ", extent),
                   cat("the group: ", product ? std::to_string(*product) : "more than 2^63 - 1", " (",
                       factor_list(facts, axis), ")")};
    add_sources(error, facts, axis);
  }
  fail(error);
}

void fail_division(const Facts& facts, Place place, std::int64_t extent, int unknown,
                   std::optional<std::int64_t> divisor) {
  const ResolvedAxis& axis = axis_at(facts, place);
  const Factor* factor = find_factor(axis, unknown);
  Diagnostic error = shape_error(facts, "E0222");
  error.title =
      cat("no extent for ", described(facts, unknown, factor->syntax), ": ", extent, " is not a multiple of ",
          divisor ? std::to_string(*divisor) : "a product above 2^63 - 1");
  error.spans = {axis.span};
  error.notes = {cat(text(place), ": extent ", extent, " (", factor_list(facts, axis), ")")};
  add_sources(error, facts, axis);
  fail(error);
}

void fail_no_room(const Facts& facts, Place place, const Factor& factor, std::size_t unknown,
                  Positions reached, Padding pad) {
  const std::int64_t extent = facts.extents.variables[factor.variable].extent;
  const std::string& name = factor.syntax->name;
  Diagnostic error = shape_error(facts, "E0225");
  error.title = cat("no extent for index ", quoted(factor.syntax->summands[unknown].index), ": ",
                    text(facts, *factor.syntax), " leaves its axis already with extent 1");
  error.spans = {factor.syntax->span};
  error.notes = {cat(text(place), ": extent ", extent),
                 cat("positions ", interval(reached.lowest, reached.highest), ", allowed ",
                     interval(-pad.left, extent + pad.right - 1))};
  error.help = name.empty() ? "give the extent in sizes, or name the axis and give its pad"
                            : cat("give the extent in sizes, or another pad for ", quoted(name));
  fail(error);
}

void fail_two_proposals(const Facts& facts, int variable, const std::vector<Candidate>& candidates) {
  Diagnostic error = shape_error(facts, "E0225");
  const std::string& name = facts.extents.variables[variable].name;
  error.title = cat("index ", quoted(name), " has two extents");
  for (const Candidate& each : candidates) {
    error.spans.push_back(each.factor->syntax->span);
    error.notes.push_back(
        note(facts, each.extent, {.kind = Source::kProposal, .place = each.place, .affine = each.factor}));
  }
  error.help = cat("give the extent of ", quoted(name), " in sizes");
  fail(error);
}

void fail_unknown_extents(const Facts& facts, std::span<const Shape> shapes) {
  const auto& variables = facts.extents.variables;
  Diagnostic error = shape_error(facts, "E0223");
  int first = -1;
  std::vector<std::string> names;
  for (std::size_t v = 0; v < variables.size(); ++v) {
    if (facts.sources[v]) continue;
    // An affine axis is named first only if no index is missing: extents of indices are what a caller knows.
    if (first < 0 || (variables[first].affine_axis && !variables[v].affine_axis)) first = static_cast<int>(v);
    if (!variables[v].name.empty()) names.push_back(variables[v].name);
  }
  const Variable& what = variables[first];
  const Axis* nameless = nullptr;
  std::set<std::pair<std::size_t, std::size_t>> noted;
  for_each_factor(facts, [&](const Factor& factor, const ResolvedAxis& axis, std::optional<Place> place) {
    const bool itself = factor.variable == first;
    const auto summand = std::find(factor.summands.begin(), factor.summands.end(), first);
    if (!itself && summand == factor.summands.end()) return;
    if (itself && what.affine_axis) nameless = factor.syntax;
    if (error.spans.size() >= kListed) return;
    error.spans.push_back(itself ? factor.syntax->span
                                 : factor.syntax->summands[summand - factor.summands.begin()].span);
    if (!place || !noted.emplace(place->operand, place->axis).second) return;
    error.notes.push_back(cat(text(*place), ": extent ", shapes[place->operand][place->axis], " (",
                              factor_list(facts, axis), ")"));
  });
  const bool inside = on_operand(facts, first);
  error.title = cat("the extent of ", described(facts, first, nameless), " is not known",
                    inside ? "" : ": it occurs only in the output");
  if (what.name.empty()) {
    error.help = cat("name the axis and give its extent: i=", text(facts, *nameless), " with sizes={\"i\": ..}");
  } else {
    error.help = cat("give it in sizes={\"", notation::excerpt(what.name, 40), "\": ..}");
    if (names.size() > 1) error.help += cat("; not known are ", name_list(names));
    std::vector<std::string> known;
    for (const std::string& name : known_names(facts, false)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) known.push_back(name);
    }
    if (!inside && !what.affine_axis && !known.empty())
      error.help += cat("; the operands have ", name_list(known));
  }
  fail(error);
}

void fail_overflow(const Facts& facts, const Axis& affine) {
  Diagnostic error = shape_error(facts, "E0227");
  error.title = cat("positions of ", text(facts, affine), " do not fit in 64 bits");
  error.spans = {affine.span};
  fail(error);
}

}  // namespace einfold::network
