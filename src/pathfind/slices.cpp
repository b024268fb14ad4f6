// SPDX-License-Identifier: MIT
#include "pathfind/slices.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

namespace einfold::pathfind {
namespace {

class Slicer {
 public:
  Slicer(const Problem& problem, const Tree& tree, double limit, const SliceOptions& options)
      : problem_(problem), tree_(tree), limit_(limit), options_(options), parent_(tree.steps.size(), -1), in_equation_(problem.extents.size(), 0) {
    const int leaves = static_cast<int>(problem.leaves.size());
    for (int s = 0; s < static_cast<int>(tree.steps.size()); ++s)
      for (const int tensor : {tree.steps[s].a, tree.steps[s].b})
        if (tensor >= leaves) parent_[tensor - leaves] = s;
    for (const Equation& equation : problem.equations)
      for (const auto& term : equation.terms) in_equation_[term.first] = 1;
  }

  enum class Way { kFreeFirst, kAroundEverything };

  struct Result {
    std::vector<Slice> slices;
    double peak = 0, flops = 0;
  };
  Result run(Way way) {
    slices_.clear();
    measure();
    while (peak_ > limit_ && add_loop(way)) measure();
    const double allowed = std::max(limit_, peak_);
    remove_loops(allowed);
    grow_blocks(allowed);
    measure();
    return {slices_, peak_, flops_};
  }

 private:
  static constexpr double kSlack = 1e-9;

  void measure() {
    schedule_ = schedule_of(problem_, tree_, slices_);
    lifetimes_ = lifetimes_of(problem_, tree_, slices_, schedule_);
    const SlicedCost cost = sliced_cost(problem_, tree_, slices_, schedule_, lifetimes_);
    peak_ = cost.peak_elements;
    flops_ = cost.log2_flops;
  }

  /// Makes one of the tensors that are alive at the peak smaller; false if none can be.
  bool add_loop(Way way) {
    const auto alive = alive_at_peak();
    std::optional<Slice> slice;
    for (auto tensor = alive.begin(); !slice && way == Way::kFreeFirst && tensor != alive.end(); ++tensor)
      slice = without_repetition(*tensor);
    if (!slice && !options_.free_only) slice = around_everything(alive);
    if (slice) slices_.push_back(*slice);
    return slice.has_value();
  }

  /// Largest first.
  std::vector<Lifetime> alive_at_peak() {
    auto tensors = lifetimes_;
    std::vector<double> alive(schedule_.instructions.size() + 1, 0);
    for (const Lifetime& tensor : tensors) {
      alive[tensor.first] += tensor.elements;
      alive[tensor.last + 1] -= tensor.elements;
    }
    for (std::size_t i = 1; i < alive.size(); ++i) alive[i] += alive[i - 1];
    const int peak = static_cast<int>(std::ranges::max_element(alive) - alive.begin());
    std::erase_if(tensors, [&](const Lifetime& tensor) { return tensor.first > peak || tensor.last < peak; });
    std::ranges::stable_sort(tensors, std::ranges::greater{}, &Lifetime::elements);
    return tensors;
  }

  /// Legs of the tensor that no loop restricts yet.
  std::vector<int> free_legs(const Lifetime& tensor) const {
    std::vector<int> legs;
    for (const int leg : tree_.steps[tensor.step].legs) {
      const bool sliced =
          std::ranges::any_of(schedule_.outer[tensor.step], [&](int loop) { return slices_[loop].index == leg; });
      if (!sliced && problem_.extents[leg] > 1) legs.push_back(leg);
    }
    return legs;
  }

  /// Whether the index numbers products of their own in the step: each is as large however few of them a slice has.
  bool on_both_operands(int step, int index) const {
    const int leaves = static_cast<int>(problem_.leaves.size());
    const auto has = [&](int tensor) {
      if (tensor < 0) return false;
      const auto legs = tensor < leaves ? distinct_indices(problem_.leaves[tensor]) : tree_.steps[tensor - leaves].legs;
      return std::ranges::find(legs, index) != legs.end();
    };
    return has(tree_.steps[step].a) && has(tree_.steps[step].b);
  }

  struct Effect {
    std::int64_t block = 0;  ///< the shortest that the number of computations allows; 0: none
    double flops = 0, peak = 0, elements = 0;
  };
  Effect effect_of(Slice slice, int step) {
    Effect effect;
    for (; effect.block == 0 && slice.block < problem_.extents[slice.index]; slice.block *= 2) {
      slices_.push_back(slice);
      const Schedule schedule = schedule_of(problem_, tree_, slices_);
      const auto lifetimes = lifetimes_of(problem_, tree_, slices_, schedule);
      const SlicedCost cost = sliced_cost(problem_, tree_, slices_, schedule, lifetimes);
      slices_.pop_back();
      if (cost.computations > options_.most_computations) continue;
      effect = {slice.block, cost.log2_flops, cost.peak_elements, 0};
      for (const Lifetime& tensor : lifetimes)
        if (tensor.step == step) effect.elements = tensor.elements;
    }
    return effect;
  }

  std::optional<Slice> without_repetition(const Lifetime& tensor) {
    const auto legs = free_legs(tensor);
    // far above the tensor only the loop around everything is tried where there are many steps
    const int last = static_cast<int>(tree_.steps.size()) - 1;
    const bool large = tree_.steps.size() > 64;
    for (int step = parent_[tensor.step]; step >= 0; step = large && step != last ? last : parent_[step]) {
      std::optional<std::tuple<bool, bool, bool, std::int64_t, int>> best;  // the larger the better
      std::int64_t block = 0;
      for (std::size_t l = 0; l < legs.size(); ++l) {
        const int leg = legs[l];
        const Effect effect = effect_of({step, leg, 1}, tensor.step);
        if (effect.block == 0 || effect.flops > flops_ + kSlack || effect.peak > peak_ || effect.elements >= tensor.elements)
          continue;
        const auto& open = tree_.steps[step].legs;
        const std::tuple key(on_both_operands(tensor.step, leg), !in_equation_[leg], std::ranges::find(open, leg) == open.end(), problem_.extents[leg],
                             -static_cast<int>(l));
        if (best && key <= *best) continue;
        best = key;
        block = effect.block;
      }
      if (best) return Slice{step, legs[-std::get<4>(*best)], block};
    }
    return std::nullopt;
  }

  std::optional<Slice> around_everything(const std::vector<Lifetime>& alive) {
    const int root = static_cast<int>(tree_.steps.size()) - 1;
    std::optional<Slice> best;
    double best_price = 0;
    std::vector<int> tried;
    for (const Lifetime& tensor : alive) {
      for (const int leg : free_legs(tensor)) {
        if (std::ranges::find(tried, leg) != tried.end()) continue;
        tried.push_back(leg);
        const Effect effect = effect_of({root, leg, 1}, tensor.step);
        if (effect.block == 0 || effect.peak > peak_ || effect.elements >= tensor.elements) continue;
        // doublings of the work for a halving of the peak; what leaves the peak is last
        const double gain = std::log2(peak_) - std::log2(std::max(effect.peak, 1.0));
        const double price = (effect.flops - flops_) / std::max(gain, 1e-6);
        if (best && price > best_price - kSlack) continue;
        best = Slice{root, leg, effect.block};
        best_price = price;
      }
    }
    return best;
  }

  void remove_loops(double allowed) {
    for (std::size_t n = 0; n < slices_.size();) {
      const std::vector<Slice> all = slices_;
      slices_.erase(slices_.begin() + static_cast<std::ptrdiff_t>(n));
      if (peak_elements(problem_, tree_, slices_) <= allowed) continue;
      slices_ = all;
      ++n;
    }
  }

  /// The last loop first: those before were needed more. Blocks are made even; a loop of one turn is none.
  void grow_blocks(double allowed) {
    for (std::size_t n = slices_.size(); n-- > 0;) {
      Slice& slice = slices_[n];
      const std::int64_t extent = problem_.extents[slice.index];
      const auto fits = [&](std::int64_t block) {
        slice.block = block;
        return peak_elements(problem_, tree_, slices_) <= allowed;
      };
      std::int64_t low = slice.block, high = extent;
      while (low < high) {
        const std::int64_t middle = low + (high - low + 1) / 2;
        if (fits(middle))
          low = middle;
        else
          high = middle - 1;
      }
      const std::int64_t turns = (extent + low - 1) / low;
      slice.block = (extent + turns - 1) / turns;
      if (turns == 1) slices_.erase(slices_.begin() + static_cast<std::ptrdiff_t>(n));
    }
  }

  const Problem& problem_;
  const Tree& tree_;
  double limit_;
  SliceOptions options_;
  std::vector<int> parent_;
  std::vector<char> in_equation_;
  std::vector<Slice> slices_;
  Schedule schedule_;
  std::vector<Lifetime> lifetimes_;
  double peak_ = 0, flops_ = 0;
};

}  // namespace

std::vector<Slice> choose_slices(const Problem& problem, const Tree& tree, double limit, const SliceOptions& options) {
  Slicer slicer(problem, tree, limit, options);
  auto free = slicer.run(Slicer::Way::kFreeFirst);
  if (options.free_only || (free.peak <= limit && free.flops <= tree.log2_flops + 1e-9)) return free.slices;
  auto whole = slicer.run(Slicer::Way::kAroundEverything);
  const bool better = free.peak <= limit && whole.peak <= limit ? whole.flops < free.flops - 1e-9 : whole.peak < free.peak;
  return better ? whole.slices : free.slices;
}

}  // namespace einfold::pathfind
