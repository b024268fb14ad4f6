// SPDX-License-Identifier: MIT
#include "network/extents.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "network/extent_errors.hpp"
#include "network/resolve.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace einfold::network {
namespace {

using notation::Axis;
using notation::Equation;

/// prod(extents of the axis' factors) = extent of the operand's axis.
struct Product {
  Place place;
  std::int64_t extent = 0;
  std::size_t unknown = 0;  // factors
};

/// An affine axis of an operand: it may propose the extent of its last unknown index.
struct Proposer {
  Place place;
  const Factor* factor = nullptr;
  std::size_t unknown = 0;  // indices
};

class Solver {
 public:
  Solver(const Equation& equation, std::span<const Shape> shapes, const BuildOptions& options)
      : shapes_(shapes),
        options_(options),
        resolved_(resolve(equation, shapes)),
        facts_{equation, resolved_.extents, {}} {}

  Extents run();

 private:
  [[nodiscard]] std::vector<Variable>& variables() { return resolved_.extents.variables; }
  [[nodiscard]] const ResolvedAxis& axis(Place place) const {
    return resolved_.extents.operands[place.operand][place.axis];
  }
  [[nodiscard]] bool known(int variable) const { return facts_.sources[variable].has_value(); }

  void register_uses();
  void set_sizes();
  void check_pads() const;
  void set(int variable, std::int64_t extent, Source source);
  void step_products();          // step 1
  bool step_proposals();         // step 2
  void solve(Product& product);  // if one factor is unknown; checks the product if none is
  void settle_broadcast();
  [[nodiscard]] std::int64_t proposal(const Proposer& proposer, std::size_t unknown) const;
  [[nodiscard]] Padding padding(const Factor& factor) const;

  std::span<const Shape> shapes_;
  const BuildOptions& options_;
  Resolved resolved_;
  Facts facts_;
  std::vector<Product> products_;
  std::vector<Proposer> proposers_;
  std::vector<std::vector<std::size_t>> in_products_;   // variable -> products, once per occurrence
  std::vector<std::vector<std::size_t>> in_proposers_;  // index -> proposers; affine axis -> its own
  std::vector<Place> weak_;                             // axes of extent 1 that may broadcast
  std::vector<int> news_;                               // variables just set
  std::vector<std::size_t> ready_;                      // proposers that may have one unknown left
};

void Solver::register_uses() {
  in_products_.resize(variables().size());
  in_proposers_.resize(variables().size());
  facts_.sources.resize(variables().size());
  const auto& operands = resolved_.extents.operands;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    for (std::size_t a = 0; a < operands[i].size(); ++a) {
      const ResolvedAxis& each = operands[i][a];
      const Place place{i, a};
      const bool ellipsis = each.factors.size() == 1 && each.factors[0].syntax == nullptr;
      if (shapes_[i][a] == 1 && (ellipsis || (each.plain_index && options_.broadcast))) {
        weak_.push_back(place);
        continue;
      }
      for (const Factor& factor : each.factors) {
        in_products_[factor.variable].push_back(products_.size());
        if (factor.summands.empty()) continue;
        for (const int summand : factor.summands) in_proposers_[summand].push_back(proposers_.size());
        in_proposers_[factor.variable].push_back(proposers_.size());
        proposers_.push_back({place, &factor, factor.summands.size()});
      }
      products_.push_back({place, shapes_[i][a], each.factors.size()});
    }
  }
}

void Solver::set(int variable, std::int64_t extent, Source source) {
  if (known(variable)) {
    if (variables()[variable].extent != extent) fail_two_extents(facts_, variable, extent, source);
    return;
  }
  variables()[variable].extent = extent;
  facts_.sources[variable] = std::move(source);
  news_.push_back(variable);
}

void Solver::set_sizes() {
  for (const auto& [name, extent] : options_.sizes) {
    const auto found = resolved_.names.find(name);
    if (found == resolved_.names.end()) fail_unknown_name(facts_, "sizes", name);
    if (extent < 0) fail_negative(cat("sizes: the extent of ", notation::quoted(name), " is "), extent);
    set(found->second, extent, {.kind = Source::kSizes});
  }
}

void Solver::check_pads() const {
  for (const auto& [name, padding] : options_.pad) {
    const auto found = resolved_.names.find(name);
    if (found == resolved_.names.end() || !resolved_.extents.variables[found->second].affine_axis) {
      fail_unknown_name(facts_, "pad", name);
    }
    const std::int64_t least = std::min(padding.left, padding.right);
    if (least < 0) fail_negative(cat("pad: the padding of ", notation::quoted(name), " is "), least);
  }
}

void Solver::solve(Product& product) {
  const ResolvedAxis& each = axis(product.place);
  std::optional<std::int64_t> known_part = 1;
  bool zero = false;
  int unknown = -1;
  std::size_t unknowns = 0;
  for (const Factor& factor : each.factors) {
    if (!known(factor.variable)) {
      unknown = factor.variable;
      ++unknowns;
      continue;
    }
    const std::int64_t extent = variables()[factor.variable].extent;
    zero = zero || extent == 0;
    if (known_part) known_part = checked::multiply(*known_part, extent);
  }
  if (zero) known_part = 0;
  if (unknowns > 1) return;
  if (unknowns == 0) {
    if (each.factors.size() == 1) {
      set(each.factors[0].variable, product.extent, {.kind = Source::kAxis, .place = product.place});
    } else if (known_part != product.extent) {
      fail_product(facts_, product.place, product.extent, known_part);
    }
    return;
  }
  if (zero && product.extent == 0) return;  // any extent would do
  if (!known_part || zero || product.extent % *known_part != 0) {
    fail_division(facts_, product.place, product.extent, unknown, known_part);
  }
  set(unknown, product.extent / *known_part,
      {.kind = Source::kAxis, .place = product.place, .axis_extent = product.extent});
}

void Solver::step_products() {
  while (!news_.empty()) {
    const int variable = news_.back();
    news_.pop_back();
    for (const std::size_t p : in_products_[variable]) --products_[p].unknown;
    std::size_t last = products_.size();  // a variable's occurrences in one product are neighbours
    for (const std::size_t p : in_products_[variable]) {
      if (p != last && products_[p].unknown <= 1) solve(products_[p]);
      last = p;
    }
    for (const std::size_t p : in_proposers_[variable]) {
      Proposer& proposer = proposers_[p];
      if (proposer.factor->variable != variable) --proposer.unknown;
      if (proposer.unknown == 1 && known(proposer.factor->variable)) ready_.push_back(p);
    }
  }
}

/// An axis of extent 1 that may broadcast decides only where nothing else does.
void Solver::settle_broadcast() {
  for (const Place place : weak_) {
    const int variable = axis(place).factors[0].variable;
    if (!known(variable)) set(variable, 1, {.kind = Source::kAxis, .place = place});
  }
}

Padding Solver::padding(const Factor& factor) const {
  const auto found = options_.pad.find(factor.syntax->name);
  if (found != options_.pad.end()) return found->second;
  const std::int64_t constant = factor.syntax->constant;
  if (constant >= 0) return {};
  const auto both = checked::multiply(constant, -1);
  if (!both) fail_overflow(facts_, *factor.syntax);
  return {*both, *both};
}

/// The largest n >= 1 such that, with the unknown index in 0 .. n-1, all positions lie in [-left, extent +
/// right).
std::int64_t Solver::proposal(const Proposer& proposer, std::size_t unknown) const {
  const Factor& factor = *proposer.factor;
  const auto at_zero =
      positions(factor, resolved_.extents.variables);  // unknown extents are still 0: counted as 1
  const Padding pad = padding(factor);
  const std::int64_t extent = resolved_.extents.variables[factor.variable].extent;
  const auto end = checked::add(extent, pad.right);
  if (!at_zero || !end) fail_overflow(facts_, *factor.syntax);
  if (at_zero->lowest < -pad.left || at_zero->highest >= *end) {
    fail_no_room(facts_, proposer.place, factor, unknown, *at_zero, pad);
  }
  const std::int64_t coefficient = factor.syntax->summands[unknown].coefficient;
  // How far the unknown index may push the positions: both differences are non-negative.
  const auto room =
      coefficient > 0 ? checked::add(*end - 1, -at_zero->highest) : checked::add(at_zero->lowest, pad.left);
  if (!room) fail_overflow(facts_, *factor.syntax);
  const auto largest = checked::add(coefficient > 0 ? *room / coefficient : -(*room / coefficient), 1);
  if (!largest) fail_overflow(facts_, *factor.syntax);
  return *largest;
}

bool Solver::step_proposals() {
  struct Proposal {
    std::int64_t extent;
    std::size_t proposer;
  };
  std::map<int, Proposal> proposals;
  for (const std::size_t p : std::exchange(ready_, {})) {
    const Proposer& proposer = proposers_[p];
    const auto& summands = proposer.factor->summands;
    const auto unknown = std::find_if(summands.begin(), summands.end(), [&](int v) { return !known(v); });
    if (unknown == summands.end()) continue;
    const std::size_t which = unknown - summands.begin();
    if (proposer.factor->syntax->summands[which].coefficient == 0) continue;
    const std::int64_t extent = proposal(proposer, which);
    const auto [found, inserted] = proposals.emplace(*unknown, Proposal{extent, p});
    if (!inserted && found->second.extent != extent) {
      const Proposer& other = proposers_[found->second.proposer];
      fail_two_proposals(
          facts_, *unknown,
          {{other.place, other.factor, found->second.extent}, {proposer.place, proposer.factor, extent}});
    }
  }
  for (const auto& [variable, each] : proposals) {
    const Proposer& proposer = proposers_[each.proposer];
    set(variable, each.extent,
        {.kind = Source::kProposal, .place = proposer.place, .affine = proposer.factor});
  }
  return !proposals.empty();
}

Extents Solver::run() {
  register_uses();
  set_sizes();
  check_pads();
  for (Product& product : products_) {
    if (product.unknown <= 1) solve(product);
  }
  step_products();
  settle_broadcast();
  do {
    step_products();
  } while (step_proposals());
  Extents& extents = resolved_.extents;
  for (std::size_t v = 0; v < variables().size(); ++v) {
    if (!facts_.sources[v]) fail_unknown_extents(facts_, shapes_);
  }
  for (const Place place : weak_) {
    ResolvedAxis& each = extents.operands[place.operand][place.axis];
    each.reads_entry_0 = variables()[each.factors[0].variable].extent != 1;
  }
  const auto check = [&](const ResolvedTerm& term) {
    for (const ResolvedAxis& each : term) {
      for (const Factor& factor : each.factors) {
        if (!factor.summands.empty() && !positions(factor, variables()))
          fail_overflow(facts_, *factor.syntax);
      }
    }
  };
  std::for_each(extents.operands.begin(), extents.operands.end(), check);
  check(extents.output);
  return std::move(extents);
}

}  // namespace

std::optional<Positions> positions(const Factor& factor, const std::vector<Variable>& variables) {
  std::optional<std::int64_t> lowest = factor.syntax->constant;
  std::optional<std::int64_t> highest = factor.syntax->constant;
  for (std::size_t i = 0; i < factor.summands.size(); ++i) {
    const std::int64_t coefficient = factor.syntax->summands[i].coefficient;
    const std::int64_t last = std::max<std::int64_t>(variables[factor.summands[i]].extent, 1) - 1;
    auto& end = coefficient < 0 ? lowest : highest;
    if (end) end = checked::multiply_add(*end, coefficient, last);
  }
  if (!lowest || !highest) return std::nullopt;
  return Positions{*lowest, *highest};
}

Extents solve_extents(const notation::Equation& equation, std::span<const Shape> shapes,
                      const BuildOptions& options) {
  return Solver(equation, shapes, options).run();
}

}  // namespace einfold::network
