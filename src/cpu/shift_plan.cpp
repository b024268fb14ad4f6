// SPDX-License-Identifier: MIT
#include "cpu/shift_plan.hpp"

#include "cpu/cascade.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kWorkerBytes = 2 << 20;
constexpr std::int64_t kMostBlock = 256;  ///< bytes of channels per position in one task
constexpr std::int64_t kTilePositions = 1024, kLanePositions = 4096;  ///< of a slab
constexpr std::int64_t kMostCombinations = 1 << 16;
/// Per tap: the windows of the taps cut fewer into pieces of one or two, each with a sum of its own. The search counts on it, too.
constexpr std::int64_t kLeastPositions = 2;
/// Blocks up to which their sums are one chain.
constexpr std::int64_t kMostChunks = 32;

std::int64_t count(const plan::Nest& nest, const std::vector<std::size_t>& loops) {
  std::int64_t n = 1;
  for (const std::size_t l : loops) n *= nest.extents[l];
  return n;
}

std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

/// Products of matrices pay for whole panels of channels; products in lanes for whole panels of lanes, and
/// they load more per multiplication.
void choose_lanes(ShiftPlan& plan) {
  constexpr double kLoads = 1.3;
  const auto waste = [&](std::int64_t n) {
    return static_cast<double>(round_up(n, plan.panel)) / static_cast<double>(n);
  };
  double best = waste(plan.columns);
  // Few rows keep too few sums going.
  if (plan.rows < 4) best *= 4.0 / static_cast<double>(plan.rows);
  const auto consider = [&](ShiftPlan::Lanes lanes, std::int64_t n) {
    if (plan.rows * plan.columns > 64 || kLoads * waste(n) >= best) return;
    best = kLoads * waste(n);
    plan.lanes = lanes;
  };
  consider(ShiftPlan::Lanes::kBatch, plan.batches);
  consider(ShiftPlan::Lanes::kSums, plan.sums);
}

/// Positions that the pieces of a dimension read, and the displacements' first positions at u = 0.
struct Reach {
  Range needed{INT64_MAX, INT64_MIN}, first{INT64_MAX, INT64_MIN};
  void add(std::int64_t at, const Displacement& d, std::int64_t stride) {
    first = {std::min(first.first, at), std::max(first.last, at)};
    needed.first = std::min(needed.first, at + stride * d.pieces.front().first);
    needed.last = std::max(needed.last, at + stride * (d.pieces.back().last - 1) + 1);
  }
  void join(const Reach& other) {
    needed = {std::min(needed.first, other.needed.first), std::max(needed.last, other.needed.last)};
    first = {std::min(first.first, other.first.first), std::max(first.last, other.first.last)};
  }
};

SlabLayout layout_of(const ShiftPlan& plan, const std::vector<Reach>& reaches,
                     const std::vector<std::int64_t>& block, const std::vector<std::int64_t>& u_extents) {
  SlabLayout slab;
  slab.axes.resize(reaches.size());
  std::int64_t pitch = plan.panel;
  for (std::size_t d = reaches.size(); d-- > 0;) {
    const Reach& reach = reaches[d];
    const std::int64_t stride = plan.problem.pairs[d].stride;
    SlabLayout::Axis& axis = slab.axes[d];
    axis.needed = reach.needed;
    if (block[d] == u_extents[d]) {
      axis.low = reach.needed.first;
      axis.count = reach.needed.last - reach.needed.first;
    } else {
      axis.low = reach.first.first;
      axis.follow = stride;
      axis.count = stride * (block[d] - 1) + reach.first.last - reach.first.first + 1;
    }
    axis.pitch = pitch;
    pitch *= axis.count;
  }
  slab.per_sum = pitch;
  slab.panel = pitch * plan.blocks.box_extents()[0];
  return slab;
}

/// Blocks of the sum depend on the problem only: they decide the bits of the result.
void cut_into_blocks(ShiftPlan& plan) {
  const std::size_t dimensions = plan.dimensions.size();
  std::vector<std::int64_t> u_extents;
  std::vector<Reach> a_reach(dimensions), b_reach(dimensions);
  const bool lanes = plan.lanes != ShiftPlan::Lanes::kChannels;
  std::int64_t limit = lanes ? kLanePositions / std::max(plan.rows, plan.columns) : kTilePositions;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const ShiftedPair& pair = plan.problem.pairs[d];
    Range u{INT64_MAX, INT64_MIN};
    for (const Displacement& displacement : plan.dimensions[d]) {
      if (displacement.pieces.empty()) continue;
      u = {std::min(u.first, displacement.pieces.front().first),
           std::max(u.last, displacement.pieces.back().last)};
      a_reach[d].add(displacement.a_first, displacement, pair.stride);
      b_reach[d].add(displacement.b_first, displacement, pair.stride);
    }
    plan.u_first.push_back(u.first);
    u_extents.push_back(u.last - u.first);
    limit /= pair.stride;
  }
  std::vector<std::int64_t> extents{plan.sums};
  if (plan.lanes == ShiftPlan::Lanes::kSums) extents[0] = round_up(plan.sums, plan.panel) / plan.panel;
  extents.insert(extents.end(), u_extents.begin(), u_extents.end());
  plan.blocks = Tiling(extents, std::max<std::int64_t>(limit, 1));
  const std::int64_t chunks_per_block = (plan.blocks.box_size() + kChain - 1) / kChain;
  const std::int64_t chunks = plan.blocks.count() * chunks_per_block;
  if (chunks > kMostChunks) {
    plan.lift_every = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::sqrt(static_cast<double>(chunks))) / chunks_per_block);
  }
  if (plan.shared_slab) {
    for (std::size_t d = 0; d < dimensions; ++d) {
      a_reach[d].join(b_reach[d]);
      b_reach[d] = a_reach[d];
    }
  }
  const std::vector<std::int64_t> block(plan.blocks.box_extents().begin() + 1,
                                        plan.blocks.box_extents().end());
  plan.a_slab = layout_of(plan, a_reach, block, u_extents);
  plan.b_slab = layout_of(plan, b_reach, block, u_extents);
}

/// Combinations in `parts` runs of about equal work.
std::vector<Part> split(const std::vector<Combination>& combinations, std::int64_t parts) {
  double total = 0, done = 0;
  for (const Combination& c : combinations) total += static_cast<double>(c.points);
  std::vector<Part> result(1);
  for (std::size_t i = 0; i < combinations.size(); ++i) {
    const double share = total * static_cast<double>(result.size()) / static_cast<double>(parts);
    if (i > result.back().first && done + 0.5 * static_cast<double>(combinations[i].points) > share) {
      result.push_back({i, i, combinations[i].first_cell, 0, {}});
    }
    done += static_cast<double>(combinations[i].points);
    result.back().last = i + 1;
    result.back().cells += combinations[i].cells;
  }
  return result;
}

/// One dimension of the boxes: u that are in pieces of the same displacements.
struct LaneSide {
  std::int64_t a_first = 0;
  Range u;
  std::vector<std::pair<std::size_t, std::int64_t>> in;  ///< displacements and their pieces, by k' - k
};

std::vector<LaneSide> lane_sides(const std::vector<Displacement>& displacements) {
  std::map<std::int64_t, std::vector<std::int64_t>> cuts;  // by the first position
  for (const Displacement& d : displacements) {
    for (const Range& piece : d.pieces) {
      cuts[d.a_first].push_back(piece.first);
      cuts[d.a_first].push_back(piece.last);
    }
  }
  std::vector<LaneSide> sides;
  for (auto& [a_first, at] : cuts) {
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
    for (std::size_t i = 0; i + 1 < at.size(); ++i) {
      LaneSide side{a_first, {at[i], at[i + 1]}, {}};
      for (std::size_t x = 0; x < displacements.size(); ++x) {
        const Displacement& d = displacements[x];
        if (d.a_first != a_first) continue;
        for (std::size_t p = 0; p < d.pieces.size(); ++p) {
          if (d.pieces[p].first <= side.u.first && side.u.last <= d.pieces[p].last)
            side.in.emplace_back(x, static_cast<std::int64_t>(p));
        }
      }
      if (!side.in.empty()) sides.push_back(std::move(side));
    }
  }
  return sides;
}

/// Gives each part the boxes that it has combinations in.
void list_boxes(const ShiftPlan& plan, const std::vector<Combination>& combinations, std::vector<Part>& parts) {
  const std::size_t dimensions = plan.dimensions.size();
  std::size_t all = 1;
  for (const auto& displacements : plan.dimensions) all *= displacements.size();
  const auto number_of = [&](const std::vector<std::size_t>& of) {
    std::size_t number = 0;
    for (std::size_t d = 0; d < dimensions; ++d) number = number * plan.dimensions[d].size() + of[d];
    return number;
  };
  struct Place {
    const Combination* combination = nullptr;
    std::size_t part = 0;
  };
  std::vector<Place> places(all);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (std::size_t i = parts[p].first; i < parts[p].last; ++i) places[number_of(combinations[i].of)] = {&combinations[i], p};
  }
  std::vector<std::vector<LaneSide>> sides;
  for (const auto& displacements : plan.dimensions) sides.push_back(lane_sides(displacements));
  const auto next = [](std::vector<std::size_t>& at, const auto& size_of) {
    std::size_t d = at.size();
    while (d > 0 && ++at[d - 1] == size_of(d - 1)) at[--d] = 0;
    return d > 0;
  };
  std::vector<std::vector<LaneBox::Row>> rows(parts.size());  // of the box, by part
  std::vector<std::vector<std::size_t>> before(parts.size());  // the displacements of the part's last cell
  std::vector<std::size_t> side(dimensions, 0);
  do {
    std::vector<std::size_t> met, at(dimensions, 0), of(dimensions);
    do {
      std::int64_t cell = 0;
      for (std::size_t d = 0; d < dimensions; ++d) {
        const auto& [displacement, piece] = sides[d][side[d]].in[at[d]];
        of[d] = displacement;
        cell = cell * static_cast<std::int64_t>(plan.dimensions[d][displacement].pieces.size()) + piece;
      }
      const auto [found, p] = places[number_of(of)];
      if (found == nullptr) continue;
      cell += found->first_cell - parts[p].first_cell;
      const auto difference = [&](std::size_t x) { return plan.dimensions.back()[x].difference; };
      const bool continues = !rows[p].empty() && std::equal(of.begin(), of.end() - 1, before[p].begin()) &&
                             difference(of.back()) == difference(before[p].back()) + 1;
      if (!continues) {
        if (rows[p].empty()) met.push_back(p);
        rows[p].emplace_back();
        for (std::size_t d = 0; d < dimensions; ++d) rows[p].back().b_first.push_back(plan.dimensions[d][of[d]].b_first);
      }
      rows[p].back().cells.push_back(cell);
      before[p] = of;
    } while (next(at, [&](std::size_t d) { return sides[d][side[d]].in.size(); }));
    for (const std::size_t p : met) {
      std::stable_sort(rows[p].begin(), rows[p].end(),
                       [](const LaneBox::Row& x, const LaneBox::Row& y) { return x.cells.size() > y.cells.size(); });
      LaneBox box;
      for (std::size_t d = 0; d < dimensions; ++d) {
        box.a_first.push_back(sides[d][side[d]].a_first);
        box.u.push_back(sides[d][side[d]].u);
      }
      box.rows = std::exchange(rows[p], {});
      parts[p].boxes.push_back(std::move(box));
    }
  } while (next(side, [&](std::size_t d) { return sides[d].size(); }));
}

void cut_into_parts(ShiftPlan& plan, std::int64_t parts) {
  plan.most_cells = plan.most_lane_rows = plan.most_lane_sums = 0;
  for (const bool diagonal : {false, true}) {
    std::vector<Part>& list = diagonal ? plan.forward_parts : plan.all_parts;
    list = split(plan.combinations(diagonal), parts);
    const bool used =
        diagonal ? plan.problem.symmetric : !plan.problem.symmetric || plan.row_block < plan.rows;
    if (!used) continue;
    if (plan.lanes != ShiftPlan::Lanes::kChannels) list_boxes(plan, plan.combinations(diagonal), list);
    for (const Part& part : list) {
      plan.most_cells = std::max(plan.most_cells, part.cells);
      for (const LaneBox& box : part.boxes) {
        std::int64_t sums = 0;
        for (const LaneBox::Row& row : box.rows) sums += static_cast<std::int64_t>(row.cells.size());
        plan.most_lane_rows =
            std::max(plan.most_lane_rows, static_cast<std::int64_t>(box.rows.size()) * plan.columns);
        plan.most_lane_sums = std::max(plan.most_lane_sums, sums * plan.columns);
      }
    }
  }
}

std::int64_t tasks_of(const ShiftPlan& plan) {
  const std::int64_t rows = (plan.rows + plan.row_block - 1) / plan.row_block;
  const std::int64_t columns = (plan.columns + plan.column_block - 1) / plan.column_block;
  const std::int64_t batches =
      plan.lanes == ShiftPlan::Lanes::kBatch ? round_up(plan.batches, plan.panel) / plan.panel : plan.batches;
  return batches * (plan.problem.symmetric ? rows * (rows + 1) / 2 : rows * columns);
}

template <class T>
std::int64_t bytes_per_worker(const ShiftPlan& plan) {
  Arena measure(nullptr);
  ShiftScratch<T>(plan, measure);
  return measure.used();
}

std::int64_t bytes_of(const ShiftPlan& plan, DType dtype) {
  const bool wide = dtype == DType::kFloat64 || dtype == DType::kComplex128;
  return wide ? bytes_per_worker<double>(plan) : bytes_per_worker<float>(plan);
}

/// The largest blocks of channels, then the fewest parts, that stay within the limit.
bool fit(ShiftPlan& plan, DType dtype, const Options& options) {
  const std::int64_t most =
      std::min(kWorkerBytes, options.workspace_limit_bytes / std::max(1, options.threads));
  const bool in_lanes = plan.lanes != ShiftPlan::Lanes::kChannels;
  const std::int64_t element = 64 / plan.panel;
  std::int64_t block = kMostBlock / element;
  for (std::int64_t parts = 1;;) {
    if (in_lanes) {
      plan.row_block = plan.rows;
      plan.column_block = plan.columns;
    } else {
      // Blocks of nearly equal size.
      const auto even = [&](std::int64_t n) {
        const std::int64_t pieces = (n + block - 1) / block;
        return std::min(n, round_up((n + pieces - 1) / pieces, plan.panel));
      };
      plan.row_block = even(plan.rows);
      plan.column_block = plan.problem.symmetric ? plan.row_block : even(plan.columns);
    }
    const std::int64_t needed = std::max(parts, (options.threads + tasks_of(plan) - 1) / tasks_of(plan));
    cut_into_parts(plan, needed);
    if (bytes_of(plan, dtype) <= most) return true;
    if (!in_lanes && block > plan.panel && (block > 2 * plan.panel || parts > 1)) {
      block -= plan.panel;
    } else if (parts < 64) {
      parts *= 2;
      if (!in_lanes) block = std::max(2 * plan.panel, block);
    } else {
      return false;
    }
  }
}

}  // namespace

std::optional<ShiftPlan> plan_shift(ShiftProblem problem, DType dtype, const Options& options,
                                    std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return std::nullopt;
  };
  ShiftPlan plan;
  plan.unit = is_complex(dtype) ? 2 : 1;
  plan.panel = dtype == DType::kFloat64 || dtype == DType::kComplex128 ? 8 : 16;
  plan.rows = count(problem.nest, problem.rows) * plan.unit;
  plan.columns = count(problem.nest, problem.columns) * plan.unit;
  plan.batches = count(problem.nest, problem.batch);
  plan.sums = count(problem.nest, problem.sums);
  plan.problem = std::move(problem);
  plan.shared_slab = plan.problem.symmetric;
  if (plan.problem.pairs.size() > kMostDimensions) return decline("many dimensions");
  double all_pairs = 1;
  std::int64_t combinations = 1;
  for (const ShiftedPair& pair : plan.problem.pairs) {
    if (pair.positions / kLeastPositions < std::max(pair.a_taps, pair.b_taps)) return decline("windows of few positions");
    if (pair.a_taps * pair.b_taps > kMostCombinations) return decline("many taps");
    plan.dimensions.push_back(displacements_of(pair));
    all_pairs *= static_cast<double>(pair.a_taps * pair.b_taps);
    bool any = false;
    for (const Displacement& d : plan.dimensions.back()) any = any || !d.pieces.empty();
    if (!any) return decline("nothing is summed");
    combinations *= static_cast<std::int64_t>(plan.dimensions.back().size());
    if (combinations > kMostCombinations) return decline("many taps");
  }
  plan.all = combinations_of(plan.dimensions, false);
  plan.forward = combinations_of(plan.dimensions, true);
  if (1.25 * static_cast<double>(plan.problem.symmetric ? plan.forward.size() : plan.all.size()) > all_pairs)
    return decline("hardly any products are the same");
  choose_lanes(plan);
  cut_into_blocks(plan);
  if (!fit(plan, dtype, options)) return decline("much workspace");
  return plan;
}

}  // namespace einfold::cpu
