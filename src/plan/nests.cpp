// SPDX-License-Identifier: MIT
#include "plan/nests.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <algorithm>
#include <numeric>

namespace einfold::plan {
namespace {

using Int = std::int64_t;

constexpr Int kMaxClasses = 64;

Int must(std::optional<Int> value) {
  if (!value) fail(ErrorKind::kArgument, "E0604", "offsets of this equation are too large for 64-bit arithmetic");
  return *value;
}

/// An index as an affine function of the loops of one class: constant + sum_l coefficients[l] l.
struct Form {
  Int constant = 0;
  std::vector<Int> coefficients;
};

/// The period after which a loop meets the same residues, for every index of the step (1 if it is no loop).
std::vector<Int> periods_of(const Solution& solution, std::size_t indices) {
  std::vector<Int> periods(indices, 1);
  for (const Dependent& d : solution.dependents) {
    for (const int loop : solution.loops) {
      const Int coefficient = d.coefficients[static_cast<std::size_t>(loop)];
      const Int period = d.divisor / checked::common_divisor(coefficient, d.divisor);
      Int& joint = periods[static_cast<std::size_t>(loop)];
      joint = must(checked::multiply(joint / std::gcd(joint, period), period));
    }
  }
  return periods;
}

/// The number of residues that each index really takes.
std::vector<Int> residues_of(const std::vector<Int>& periods, const std::vector<StepIndex>& indices) {
  std::vector<Int> counts(periods.size());
  for (std::size_t x = 0; x < periods.size(); ++x) counts[x] = std::min(periods[x], indices[x].extent);
  return counts;
}

/// Whether scattering is better than so many classes.
bool too_many_classes(const std::vector<Int>& residue_counts) {
  double product = 1.0;
  Int longest = 1;
  for (const Int count : residue_counts) {
    product *= static_cast<double>(count);
    longest = std::max(longest, count);
  }
  return product > static_cast<double>(kMaxClasses) * static_cast<double>(longest);
}

/// Everything about one residue class: its loops' extents, and every index as a form over them.
class ResidueClass {
 public:
  ResidueClass(const StepSystem& system, const Solution& solution, const std::vector<Int>& periods,
               const std::vector<Int>& residues)
      : system_(system), solution_(solution) {
    const std::size_t loops = solution.loops.size();
    forms_.resize(system.indices.size(), Form{0, std::vector<Int>(loops, 0)});
    for (std::size_t l = 0; l < loops; ++l) {
      const auto x = static_cast<std::size_t>(solution.loops[l]);
      const Int extent = checked::ceil_divide(system.indices[x].extent - residues[x], periods[x]);
      if (extent <= 0) empty_ = true;
      extents_.push_back(extent);
      forms_[x].constant = residues[x];
      forms_[x].coefficients[l] = periods[x];
    }
    for (const Dependent& d : solution.dependents) {
      if (empty_) return;
      add_dependent(d, periods, residues);
    }
  }

  [[nodiscard]] bool empty() const noexcept { return empty_; }

  [[nodiscard]] Nest nest() const {
    Nest nest{extents_, access(system_.a), access(system_.b), access(system_.c)};
    place_orphans(nest);
    return nest;
  }

 private:
  struct IndexWindow {
    std::size_t index;
    Window window;
  };

  void add_dependent(const Dependent& d, const std::vector<Int>& periods, const std::vector<Int>& residues) {
    const auto x = static_cast<std::size_t>(d.index);
    Int constant = d.constant;
    for (const int loop : solution_.loops) {
      const auto l = static_cast<std::size_t>(loop);
      constant = must(checked::multiply_add(constant, d.coefficients[l], residues[l]));
    }
    if (constant % d.divisor != 0) {
      empty_ = true;
      return;
    }
    Form& form = forms_[x];
    form.constant = constant / d.divisor;
    Int low = form.constant, high = form.constant;
    for (std::size_t l = 0; l < extents_.size(); ++l) {
      const auto loop = static_cast<std::size_t>(solution_.loops[l]);
      form.coefficients[l] = must(checked::multiply(d.coefficients[loop], periods[loop])) / d.divisor;
      if (extents_[l] == 1) form.coefficients[l] = 0;
      Int& end = form.coefficients[l] < 0 ? low : high;
      end = must(checked::multiply_add(end, form.coefficients[l], extents_[l] - 1));
    }
    const Int extent = system_.indices[x].extent;
    if (high < 0 || low >= extent) {
      empty_ = true;
    } else if (low < 0 || high >= extent) {
      windows_.push_back({x, {form.constant, form.coefficients, extent}});
    }
  }

  [[nodiscard]] Access access(const std::optional<View>& view) const {
    Access access{0, std::vector<Int>(extents_.size(), 0), {}};
    if (!view) return access;
    access.base = view->base;
    for (std::size_t x = 0; x < forms_.size(); ++x) {
      const Int stride = view->strides[x];
      if (stride == 0) continue;
      access.base = must(checked::multiply_add(access.base, stride, forms_[x].constant));
      for (std::size_t l = 0; l < extents_.size(); ++l) {
        if (extents_[l] == 1) continue;
        access.strides[l] = must(checked::multiply_add(access.strides[l], stride, forms_[x].coefficients[l]));
      }
    }
    for (const IndexWindow& w : windows_) {
      if (view->has[w.index]) access.windows.push_back(w.window);
    }
    return access;
  }

  /// A window of an index that no tensor has goes to a tensor that moves with all loops of the window anyway,
  /// else to the operand that lacks the fewest of them.
  void place_orphans(Nest& nest) const {
    for (const IndexWindow& w : windows_) {
      const auto has = [&](const std::optional<View>& view) { return view && view->has[w.index]; };
      if (has(system_.a) || has(system_.b) || system_.c.has[w.index]) continue;
      const auto lacking = [&](const Access& access) {
        std::int64_t count = 0;
        for (std::size_t l = 0; l < extents_.size(); ++l) {
          if (w.window.coefficients[l] != 0 && access.strides[l] == 0) ++count;
        }
        return count;
      };
      std::vector<Access*> candidates;
      if (system_.a) candidates.push_back(&nest.a);
      if (system_.b) candidates.push_back(&nest.b);
      if (candidates.empty() || lacking(nest.c) == 0) candidates.push_back(&nest.c);
      Access* best = *std::min_element(candidates.begin(), candidates.end(), [&](const Access* p, const Access* q) {
        return lacking(*p) < lacking(*q);
      });
      best->windows.push_back(w.window);
    }
  }

  const StepSystem& system_;
  const Solution& solution_;
  std::vector<Int> extents_;
  std::vector<Form> forms_;
  std::vector<IndexWindow> windows_;
  bool empty_ = false;
};

/// The next residue vector over the loops, an odometer; false after the last.
bool advance(std::vector<Int>& residues, const std::vector<Int>& counts, const std::vector<int>& loops) {
  for (auto loop = loops.rbegin(); loop != loops.rend(); ++loop) {
    const auto x = static_cast<std::size_t>(*loop);
    if (++residues[x] < counts[x]) return true;
    residues[x] = 0;
  }
  return false;
}

}  // namespace

NestList lower_to_nests(const StepSystem& system) {
  const std::size_t indices = system.indices.size();
  NestList result;
  result.loop_of_index.assign(indices, -1);
  for (const StepIndex& index : system.indices) {
    if (index.extent == 0) return result;
  }
  Solution solution = solve(system.equations, system.indices, Pivots::kAny);
  if (solution.contradiction) return result;
  std::vector<Int> periods = periods_of(solution, indices);
  if (too_many_classes(residues_of(periods, system.indices))) {
    solution = solve(system.equations, system.indices, Pivots::kUnitOnly);
    periods = periods_of(solution, indices);
  }
  for (std::size_t l = 0; l < solution.loops.size(); ++l) {
    result.loop_of_index[static_cast<std::size_t>(solution.loops[l])] = static_cast<int>(l);
  }
  const std::vector<Int> counts = residues_of(periods, system.indices);
  std::vector<Int> residues(indices, 0);
  do {
    const ResidueClass residue_class(system, solution, periods, residues);
    if (!residue_class.empty()) result.nests.push_back(residue_class.nest());
  } while (advance(residues, counts, solution.loops));
  return result;
}

}  // namespace einfold::plan
