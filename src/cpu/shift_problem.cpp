// SPDX-License-Identifier: MIT
#include "cpu/shift_problem.hpp"

#include "cpu/loop_nest.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace einfold::cpu {
namespace {

bool windowed(const plan::Access& x, std::size_t loop) {
  return std::any_of(x.windows.begin(), x.windows.end(),
                     [&](const plan::Window& w) { return w.coefficients[loop] != 0; });
}

bool depends(const plan::Access& x, std::size_t loop) { return x.strides[loop] != 0 || windowed(x, loop); }

/// How one operand sees a summed loop and a tap.
struct Sight {
  std::int64_t stride = 0, dilation = 0;
  ShiftedAxis axis;
  bool bounded = false;  ///< by a window; otherwise `axis` knows its stride only
};

/// The operand's sight of position `sum` and tap `tap`, which no other loop shares. `like`: of the other
/// operand, if known.
std::optional<Sight> sight_of(const plan::Access& x, std::size_t sum, std::size_t tap,
                              const std::optional<Sight>& like) {
  const std::int64_t so = x.strides[sum], sk = x.strides[tap];
  const plan::Window* window = nullptr;
  for (const plan::Window& w : x.windows) {
    if (w.coefficients[sum] == 0 && w.coefficients[tap] == 0) continue;
    if (window != nullptr || w.coefficients[sum] == 0 || w.coefficients[tap] == 0) return std::nullopt;
    for (std::size_t l = 0; l < w.coefficients.size(); ++l) {
      if (l != sum && l != tap && w.coefficients[l] != 0) return std::nullopt;
    }
    window = &w;
  }
  if (so == 0 || sk == 0) return std::nullopt;
  Sight sight;
  if (window == nullptr) {
    sight.stride = like ? like->stride : std::abs(so) / std::gcd(so, sk);
    if (so % sight.stride != 0) return std::nullopt;
    sight.axis.stride = so / sight.stride;
    if (sk % sight.axis.stride != 0) return std::nullopt;
    sight.dilation = sk / sight.axis.stride;
    return sight;
  }
  sight.bounded = true;
  sight.stride = window->coefficients[sum];
  sight.dilation = window->coefficients[tap];
  sight.axis = {window->constant, window->extent, 0};
  if (so % sight.stride != 0) return std::nullopt;
  sight.axis.stride = so / sight.stride;
  if (sk != sight.dilation * sight.axis.stride) return std::nullopt;
  if (sight.stride < 0) {  // the axis backwards
    sight.stride = -sight.stride;
    sight.dilation = -sight.dilation;
    sight.axis = {window->extent - 1 - window->constant, window->extent, -sight.axis.stride};
  }
  return sight;
}

/// An axis without a window: as long as the loops reach.
void bound(Sight& sight, std::int64_t positions, std::int64_t taps) {
  if (sight.bounded) return;
  const std::int64_t reach = sight.dilation * (taps - 1);
  sight.axis.constant = reach < 0 ? -reach : 0;
  sight.axis.extent = std::abs(reach) + sight.stride * (positions - 1) + 1;
}

std::optional<ShiftedPair> pair_of(const plan::Nest& nest, std::size_t sum, std::size_t a_tap,
                                   std::size_t b_tap) {
  auto a = sight_of(nest.a, sum, a_tap, std::nullopt);
  if (!a) return std::nullopt;
  auto b = sight_of(nest.b, sum, b_tap, a);
  if (b && b->bounded && !a->bounded) a = sight_of(nest.a, sum, a_tap, b);
  if (!a || !b || a->stride != b->stride || a->dilation != b->dilation) return std::nullopt;
  ShiftedPair pair;
  pair.a_tap = a_tap;
  pair.b_tap = b_tap;
  pair.sum = sum;
  pair.a_taps = nest.extents[a_tap];
  pair.b_taps = nest.extents[b_tap];
  pair.positions = nest.extents[sum];
  pair.stride = a->stride;
  pair.dilation = a->dilation;
  // Two taps see a common position if their distance D (k - k') is a multiple of S. Without a window to say
  // what belongs together, loops are taps only if some do.
  const std::int64_t apart = pair.stride / std::gcd(pair.stride, pair.dilation);
  const bool some_share = apart < std::max(pair.a_taps, pair.b_taps) &&
                          std::abs(pair.dilation) * apart <= pair.stride * (pair.positions - 1);
  if (!some_share && !a->bounded && !b->bounded) return std::nullopt;
  bound(*a, pair.positions, pair.a_taps);
  bound(*b, pair.positions, pair.b_taps);
  pair.a = a->axis;
  pair.b = b->axis;
  return pair;
}

/// Exchanging A and B, C stays as it is: every pair of loops is among those that the step says so of.
bool is_symmetric(const plan::Contraction& step, const ShiftProblem& p) {
  const auto exchanged = [&](std::size_t x, std::size_t y) {
    const std::pair<int, int> forward(static_cast<int>(x), static_cast<int>(y));
    const auto& all = step.symmetry.exchanged;
    return std::find(all.begin(), all.end(), forward) != all.end() ||
           std::find(all.begin(), all.end(), std::pair(forward.second, forward.first)) != all.end();
  };
  for (const ShiftedPair& pair : p.pairs) {
    if (!exchanged(pair.a_tap, pair.b_tap) || pair.a_taps != pair.b_taps ||
        pair.a.constant != pair.b.constant || pair.a.extent != pair.b.extent ||
        pair.a.stride != pair.b.stride)
      return false;
  }
  if (p.rows.size() != p.columns.size()) return false;
  for (std::size_t i = 0; i < p.rows.size(); ++i) {
    if (!exchanged(p.rows[i], p.columns[i])) return false;
  }
  return p.nest.a.base == p.nest.b.base;
}

/// Without the windows that hold everywhere.
void drop_idle_windows(plan::Access& x, const std::vector<std::int64_t>& extents) {
  std::erase_if(x.windows, [&](const plan::Window& w) {
    std::int64_t low = w.constant, high = w.constant;
    for (std::size_t l = 0; l < extents.size(); ++l) {
      const std::int64_t reach = w.coefficients[l] * (extents[l] - 1);
      (reach < 0 ? low : high) += reach;
    }
    return low >= 0 && high < w.extent;
  });
}

/// Whether no two results have one address.
bool apart(const ShiftProblem& p) {
  std::vector<Loop> loops;
  for (std::size_t l = 0; l < p.nest.extents.size(); ++l) {
    if (p.nest.extents[l] > 1 && depends(p.nest.c, l)) {
      loops.push_back({p.nest.extents[l], {0, 0, p.nest.c.strides[l]}, {}});
    }
  }
  return writes_apart(loops);
}

}  // namespace

std::optional<ShiftProblem> recognise_shifts(const plan::Contraction& step, std::size_t number,
                                             std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return std::nullopt;
  };
  ShiftProblem p;
  p.nest = step.nests[number];
  drop_idle_windows(p.nest.a, p.nest.extents);
  drop_idle_windows(p.nest.b, p.nest.extents);
  const plan::Nest& nest = p.nest;
  if (!nest.c.windows.empty()) return decline("windows on the result");
  std::vector<std::size_t> shared;
  for (std::size_t l = 0; l < nest.extents.size(); ++l) {
    if (nest.extents[l] == 1 && !windowed(nest.a, l) && !windowed(nest.b, l)) continue;
    const bool a = depends(nest.a, l), b = depends(nest.b, l), c = nest.c.strides[l] != 0;
    if (a != b && !c) return decline("a sum over one operand alone");
    if (a == b && c) {
      if (!a) return decline("a loop of the result alone");
      p.batch.push_back(l);
    } else if (c) {
      (a ? p.rows : p.columns).push_back(l);
    } else {
      shared.push_back(l);
    }
  }
  for (const std::size_t l : p.batch) {
    if (windowed(nest.a, l) || windowed(nest.b, l)) return decline("windows on a loop of both operands");
  }
  // Exchanged loops stand at the same place of rows and columns.
  std::stable_sort(p.rows.begin(), p.rows.end());
  for (std::size_t i = 0; i < p.rows.size(); ++i) {
    for (const auto& [x, y] : step.symmetry.exchanged) {
      const auto row = static_cast<int>(p.rows[i]);
      if (x != row && y != row) continue;
      const auto other =
          std::find(p.columns.begin(), p.columns.end(), static_cast<std::size_t>(x == row ? y : x));
      if (other != p.columns.end() && i < p.columns.size())
        std::iter_swap(p.columns.begin() + static_cast<std::ptrdiff_t>(i), other);
    }
  }
  // Long steps first: where several loops could be the position, it is the one with the longest.
  std::stable_sort(shared.begin(), shared.end(), [&](std::size_t x, std::size_t y) {
    return std::abs(nest.a.strides[x]) > std::abs(nest.a.strides[y]);
  });
  for (const std::size_t sum : shared) {
    std::optional<ShiftedPair> found;
    const auto tap = [&](std::size_t row, std::size_t column) {
      if (found || nest.extents[row] < 2 || nest.extents[column] < 2 || nest.extents[sum] < 2) return;
      found = pair_of(nest, sum, row, column);
    };
    for (std::size_t i = 0; i < std::min(p.rows.size(), p.columns.size()); ++i) tap(p.rows[i], p.columns[i]);
    for (const std::size_t row : p.rows) {
      for (const std::size_t column : p.columns) tap(row, column);
    }
    if (!found) {
      p.sums.push_back(sum);
      continue;
    }
    p.rows.erase(std::find(p.rows.begin(), p.rows.end(), found->a_tap));
    p.columns.erase(std::find(p.columns.begin(), p.columns.end(), found->b_tap));
    p.pairs.push_back(*found);
  }
  if (p.pairs.empty()) return decline("no taps that share positions");
  std::size_t windows_a = 0, windows_b = 0;
  for (const ShiftedPair& pair : p.pairs) {
    windows_a += windowed(nest.a, pair.sum);
    windows_b += windowed(nest.b, pair.sum);
  }
  if (windows_a != nest.a.windows.size() || windows_b != nest.b.windows.size())
    return decline("other windows");
  if (!apart(p)) return decline("elements of the result are met more than once");
  p.symmetric = is_symmetric(step, p);
  return p;
}

}  // namespace einfold::cpu
