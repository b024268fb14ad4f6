// SPDX-License-Identifier: MIT
#include "network/views.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace einfold::network {
namespace {

__extension__ using Wide = __int128;

/// sum_j terms_j + constant, in place of an index.
struct Linear {
  std::vector<Term> terms;
  std::int64_t constant = 0;
};

std::int64_t multiply_add(std::int64_t a, std::int64_t b, std::int64_t c) {
  const auto result = checked::multiply_add(a, b, c);
  if (!result) fail(ErrorKind::kShape, "E0227", "coefficients of the network's equations do not fit in 64 bits");
  return *result;
}

/// terms += factor * index
void add(std::vector<Term>& terms, IndexId index, std::int64_t factor) {
  const auto same = std::find_if(terms.begin(), terms.end(), [&](const Term& term) { return term.index == index; });
  if (same == terms.end()) {
    terms.push_back({index, factor});
  } else {
    same->coefficient = multiply_add(same->coefficient, factor, 1);
  }
}

/// Replaces `index` in sum(terms) by `value`, where it stands; returns what this adds to the sum's constant.
std::int64_t substitute(std::vector<Term>& terms, IndexId index, const Linear& value) {
  const auto found = std::find_if(terms.begin(), terms.end(), [&](const Term& term) { return term.index == index; });
  if (found == terms.end()) return 0;
  const std::int64_t factor = found->coefficient;
  std::vector<Term> result(terms.begin(), found);
  for (const Term& term : value.terms) add(result, term.index, multiply_add(0, factor, term.coefficient));
  for (auto rest = found + 1; rest != terms.end(); ++rest) add(result, rest->index, rest->coefficient);
  terms = std::move(result);
  return multiply_add(0, factor, value.constant);
}

/// The inverse of a modulo m, in [0, m); a and m are coprime, m >= 1.
Wide inverse(Wide a, Wide m) {
  Wide r0 = m, r1 = ((a % m) + m) % m, t0 = 0, t1 = 1;
  while (r1 != 0) {
    const Wide q = r0 / r1;
    r0 = std::exchange(r1, r0 - q * r1);
    t0 = std::exchange(t1, t0 - q * t1);
  }
  return ((t0 % m) + m) % m;
}

Wide floor_divide(Wide a, Wide b) { return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0); }
Wide ceil_divide(Wide a, Wide b) { return -floor_divide(-a, b); }

class Dissolver {
 public:
  explicit Dissolver(const Network& network);
  ViewNetwork run();

 private:
  [[nodiscard]] std::int64_t extent(IndexId index) const { return state_.extents.at(index); }
  [[nodiscard]] bool in_output(IndexId index) const {
    return std::find(state_.output.begin(), state_.output.end(), index) != state_.output.end();
  }
  bool reduce(Affine& node);  // false: nothing can satisfy it
  bool dissolve(Affine node);
  bool fix(const Affine& node);
  bool range_of_two(const Affine& node, const Term& first, const Term& second);
  bool mixed_radix(const Affine& node, const Term& leg);
  void replace(IndexId index, const Linear& value);
  void replace_in_output(IndexId index, const std::vector<Term>& slowest_first);

  ViewNetwork state_;
  IndexId next_ = 0;
};

Dissolver::Dissolver(const Network& network) {
  state_.scale = network.scale;
  state_.zero = network.zero;
  for (const auto& [id, index] : network.indices) {
    state_.zero = state_.zero || index.extent == 0;  // all sums are empty
    if (index.extent != 1) state_.extents[id] = index.extent;
    next_ = id + 1;
  }
  if (state_.zero) return;
  for (const Dense& node : network.dense) {
    View view{.operand = node.operand};
    std::int64_t stride = 1;
    for (auto axis = node.axes.rbegin(); axis != node.axes.rend(); ++axis) {
      for (auto index = axis->rbegin(); index != axis->rend(); ++index) {
        if (!state_.extents.contains(*index)) continue;
        add(view.legs, *index, stride);
        stride = multiply_add(0, stride, extent(*index));
      }
    }
    std::reverse(view.legs.begin(), view.legs.end());
    state_.views.push_back(std::move(view));
  }
  for (const Affine& node : network.affine) {
    Affine kept{{}, node.constant};
    for (const Term& term : node.terms) {
      if (state_.extents.contains(term.index)) add(kept.terms, term.index, term.coefficient);
    }
    state_.affine.push_back(std::move(kept));
  }
  for (const Group& group : network.output) {
    std::copy_if(group.begin(), group.end(), std::back_inserter(state_.output),
                 [&](IndexId index) { return state_.extents.contains(index); });
  }
}

/// Divides by the greatest common divisor of the coefficients.
bool Dissolver::reduce(Affine& node) {
  std::erase_if(node.terms, [](const Term& term) { return term.coefficient == 0; });
  if (node.terms.empty()) return node.constant == 0;
  std::uint64_t divisor = 0;
  Wide lowest = 0, highest = 0;
  for (const Term& term : node.terms) {
    const auto coefficient = static_cast<std::uint64_t>(term.coefficient);
    divisor = std::gcd(divisor, term.coefficient < 0 ? 0 - coefficient : coefficient);
    (term.coefficient < 0 ? lowest : highest) += static_cast<Wide>(term.coefficient) * (extent(term.index) - 1);
  }
  const Wide wide = static_cast<Wide>(divisor);
  if (node.constant < lowest || node.constant > highest || node.constant % wide != 0) return false;
  for (Term& term : node.terms) term.coefficient = static_cast<std::int64_t>(term.coefficient / wide);
  node.constant = static_cast<std::int64_t>(node.constant / wide);
  return true;
}

void Dissolver::replace(IndexId index, const Linear& value) {
  for (View& view : state_.views) {
    view.offset += substitute(view.legs, index, value);
  }
  for (Affine& node : state_.affine) {
    node.constant = multiply_add(node.constant, -1, substitute(node.terms, index, value));
  }
  state_.extents.erase(index);
}

/// One leg: c x = b.
bool Dissolver::fix(const Affine& node) {
  const IndexId index = node.terms[0].index;
  if (in_output(index)) return false;
  replace(index, {{}, node.constant});  // reduced: c is 1, or -1
  return true;
}

/// Two legs, a i + c x = b:  i = i0 + |c| t,  x = x0 - sign(c) a t,  t in a range. In the output an index must be t.
bool Dissolver::range_of_two(const Affine& node, const Term& first, const Term& second) {
  const Wide a = first.coefficient, c = second.coefficient, b = node.constant;
  const Wide step_i = c < 0 ? -c : c;
  const Wide step_x = c < 0 ? a : -a;
  // i solves a i = b (mod |c|); then x = (b - a i) / c.
  const Wide b_reduced = ((b % step_i) + step_i) % step_i;
  const Wide i0 = (b_reduced * inverse(a, step_i)) % step_i;
  const Wide x0 = (b - a * i0) / c;
  const Wide last_i = extent(first.index) - 1, last_x = extent(second.index) - 1;
  Wide low = 0;  // i0 is the smallest i >= 0
  Wide high = floor_divide(last_i - i0, step_i);
  const Wide from = step_x > 0 ? -x0 : last_x - x0;
  const Wide to = step_x > 0 ? last_x - x0 : -x0;
  low = std::max(low, ceil_divide(from, step_x));
  high = std::min(high, floor_divide(to, step_x));
  if (high < low) {
    state_.zero = true;
    return true;
  }
  const auto narrow = [](Wide value) { return static_cast<std::int64_t>(value); };
  const std::int64_t count = narrow(high - low + 1);
  const auto is_t = [&](IndexId index, Wide start, Wide step) {
    return start == 0 && step == 1 && count == extent(index);
  };
  const Wide start_i = i0 + step_i * low, start_x = x0 + step_x * low;
  const bool i_in_output = in_output(first.index);
  const bool x_in_output = in_output(second.index);
  if (x_in_output || (i_in_output && !is_t(first.index, start_i, step_i))) return false;
  IndexId t = first.index;
  if (!i_in_output) {
    t = next_++;
    if (count > 1) state_.extents[t] = count;
    const std::vector<Term> terms = count > 1 ? std::vector<Term>{{t, narrow(step_i)}} : std::vector<Term>{};
    replace(first.index, {terms, narrow(start_i)});
  }
  const std::vector<Term> terms = count > 1 ? std::vector<Term>{{t, narrow(step_x)}} : std::vector<Term>{};
  replace(second.index, {terms, narrow(start_x)});
  return true;
}

void Dissolver::replace_in_output(IndexId index, const std::vector<Term>& slowest_first) {
  std::vector<IndexId> result;
  for (const IndexId each : state_.output) {
    if (each != index) {
      result.push_back(each);
      continue;
    }
    for (const Term& term : slowest_first) result.push_back(term.index);
  }
  state_.output = std::move(result);
}

/// i = sum a_j x_j + b  with every value inside i's extent, and hit once.
bool Dissolver::mixed_radix(const Affine& node, const Term& leg) {
  if (leg.coefficient != 1 && leg.coefficient != -1) return false;
  Linear value{{}, multiply_add(0, node.constant, leg.coefficient)};
  for (const Term& term : node.terms) {
    if (term.index == leg.index) continue;
    value.terms.push_back({term.index, multiply_add(0, term.coefficient, -leg.coefficient)});
  }
  std::vector<Term> sorted = value.terms;
  const auto size = [](const Term& term) {
    return term.coefficient < 0 ? -static_cast<Wide>(term.coefficient) : term.coefficient;
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Term& x, const Term& y) { return size(x) > size(y); });
  Wide span = 0;  // of the finer terms
  Wide lowest = value.constant, points = 1;
  bool row_major = true;
  for (auto term = sorted.rbegin(); term != sorted.rend(); ++term) {
    if (size(*term) <= span) return false;
    row_major = row_major && term->coefficient == points;
    span += size(*term) * (extent(term->index) - 1);
    if (span >= extent(leg.index)) return false;
    points *= extent(term->index);
    if (term->coefficient < 0) lowest += static_cast<Wide>(term->coefficient) * (extent(term->index) - 1);
  }
  if (lowest < 0 || lowest + span >= extent(leg.index)) return false;
  if (in_output(leg.index)) {
    if (!row_major || points != extent(leg.index)) return false;
    replace_in_output(leg.index, sorted);
  }
  replace(leg.index, value);
  return true;
}

/// Whether the node, taken out of the network, could be replaced by views.
bool Dissolver::dissolve(Affine node) {
  if (!reduce(node)) {
    state_.zero = true;
    return true;
  }
  const std::vector<Term>& legs = node.terms;
  if (legs.empty()) return true;
  if (legs.size() == 1) {
    node.constant *= legs[0].coefficient;
    return fix(node);
  }
  if (legs.size() == 2) return range_of_two(node, legs[0], legs[1]) || range_of_two(node, legs[1], legs[0]);
  return std::any_of(legs.begin(), legs.end(), [&](const Term& leg) { return mixed_radix(node, leg); });
}

ViewNetwork Dissolver::run() {
  // A node that stays may dissolve after another has: start again after each success.
  for (std::size_t n = 0; n < state_.affine.size() && !state_.zero;) {
    const Affine node = state_.affine[n];
    state_.affine.erase(state_.affine.begin() + static_cast<std::ptrdiff_t>(n));
    if (dissolve(node)) {
      n = 0;
    } else {
      state_.affine.insert(state_.affine.begin() + static_cast<std::ptrdiff_t>(n), node);
      ++n;
    }
  }
  return std::move(state_);
}

}  // namespace

ViewNetwork views_of(const Network& network) { return Dissolver(network).run(); }

}  // namespace einfold::network
