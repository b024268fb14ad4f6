// SPDX-License-Identifier: MIT
#include "cpu/gemm_plan.hpp"

#include "cpu/cascade.hpp"
#include "cpu/line_writer.hpp"
#include "cpu/roles.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace einfold::cpu {
namespace {

// The slab and the sums of a task stay in the second cache together, panels come from the third.
constexpr std::int64_t kSlabBytes = 256 << 10;    ///< aim for the slab
constexpr std::int64_t kMostSlabBytes = 2 << 20;  ///< beyond, the kernel declines
constexpr std::int64_t kSumBytes = 384 << 10;     ///< aim for partial sums
constexpr std::int64_t kStageBytes = 10 << 20;    ///< most panels that are packed together,
constexpr std::int64_t kPartialStage = 1 << 20;   ///< and per thread where these are not all
constexpr std::int64_t kShortSums = 64, kLongSums = 16;  ///< products; blocks of them
constexpr std::int64_t kTiny = 1 << 15;  ///< multiplications that take less time than preparing for them
constexpr std::int64_t kFewColumns = 256;  ///< a copy of X is used too seldom to pay
constexpr std::int64_t kMostColumnBytes = 2048, kStreamedColumnBytes = 1024;
constexpr std::int64_t kMostRows = 768, kFewestRows = 96;
constexpr std::int64_t kKeptBytes = 1 << 20;  ///< most of X's panels that are kept

/// Share of the lanes that work if this operand's loops run along vectors; less where C must be transposed.
double vector_efficiency(const std::vector<Loop>& loops) {
  constexpr std::int64_t lanes = 16;  // on every instruction set: the choice decides bits
  const std::int64_t n = count(loops);
  const double padded = static_cast<double>((n + lanes - 1) / lanes * lanes);
  const bool unit = std::any_of(loops.begin(), loops.end(),
                                [](const Loop& l) { return l.stride[kC] == 1 && l.extent >= 8; });
  return static_cast<double>(n) / padded * (unit ? 1.0 : 0.93);
}

/// The real view of complex operands: strides count real numbers, two more loops.
void make_real(GemmPlan& plan, Roles& roles) {
  for (auto* loops : {&roles.batch, &roles.a_rows, &roles.b_rows, &roles.sums}) {
    for (Loop& loop : *loops) {
      for (std::int64_t& stride : loop.stride) stride *= 2;
    }
  }
  for (std::int64_t& base : plan.nest.base) base *= 2;
  const std::vector<std::int64_t> no_windows(plan.nest.windows.size(), 0);
  Loop part{.extent = 2, .stride = {}, .coefficients = no_windows};
  part.stride[plan.x] = 1;
  roles.sums.push_back(part);
  part.stride = {};
  part.stride[kC] = 1;
  (plan.x == kA ? roles.b_rows : roles.a_rows).push_back(part);
}

/// Puts a piece of the loop along which the operand is contiguous next to the innermost loop, where blocks of `most` points would have
/// one value of it at a time and so use one element of each cache line they read.
void keep_lines_together(std::vector<Loop>& loops, Operand x, std::int64_t most) {
  constexpr std::int64_t kFewest = 8, kLine = 16, kLong = 24;  // elements of a piece
  if (loops.size() < 2 || loops.back().stride[x] == 1) return;
  const auto unit = std::find_if(loops.begin(), loops.end(), [&](const Loop& l) { return l.stride[x] == 1; });
  if (unit == loops.end() || count({unit, loops.end()}) <= most) return;
  for (const Loop& loop : loops)
    if (std::any_of(loop.coefficients.begin(), loop.coefficients.end(), [](std::int64_t c) { return c != 0; })) return;
  const std::int64_t piece = unit->extent <= kLong ? unit->extent : divisor_within(unit->extent, kFewest, kLine);
  if (piece < kFewest) return;
  const std::int64_t inner = divisor_within(loops.back().extent, std::min(kFewest, loops.back().extent), most / piece);
  if (inner == 0) return;
  const auto split = [](Loop& outer, std::int64_t block) {
    Loop part = outer;
    part.extent = block;
    outer.extent /= block;
    for (std::int64_t& stride : outer.stride) stride *= block;
    return part;
  };
  const Loop lines = split(*unit, piece), innermost = split(loops.back(), inner);
  loops.push_back(lines);
  loops.push_back(innermost);
  std::erase_if(loops, [](const Loop& loop) { return loop.extent == 1; });
}

/// `high`: tiles of many rows are to be preferred to wide ones.
int choose_vectors(std::int64_t columns, const TileLimits& limits, bool pairs, bool high) {
  int best = 0;
  double best_cost = 0;
  for (int v = 1; v <= limits.widths; ++v) {
    const std::int64_t width = static_cast<std::int64_t>(v) * limits.lanes;
    if (pairs && width % 2 != 0) continue;
    // Measured: wide tiles load less per multiplication, and another thread of the core may take half of the
    // loads.
    constexpr double kLoads[] = {0, 1.4, 1.1, 1.0, 1.0};
    const double loads = high && v > 2 ? 1.2 : kLoads[v];
    const double cost = static_cast<double>((columns + width - 1) / width * width) * loads;
    if (best == 0 || cost < best_cost) {
      best = v;
      best_cost = cost;
    }
  }
  return best;
}

/// Whether exchanging the rows with the columns exchanges X with Y.
bool is_symmetric(const GemmPlan& plan) {
  if (plan.rows != plan.columns || plan.nest.base[plan.x] != plan.nest.base[plan.y]) return false;
  const auto partner = [&](std::size_t l) {
    if (l < plan.first_row() || l >= plan.first_sum()) return l;
    return l < plan.first_column() ? l + plan.rows : l - plan.rows;
  };
  for (std::size_t l = 0; l < plan.loops.size(); ++l) {
    const Loop &loop = plan.loops[l], &other = plan.loops[partner(l)];
    if (loop.extent != other.extent || loop.stride[plan.x] != other.stride[plan.y]) return false;
  }
  const auto mirrored = [&](std::size_t w, std::size_t v) {
    const OwnedWindow &mine = plan.nest.windows[w], &theirs = plan.nest.windows[v];
    if (mine.owner != plan.x || theirs.owner != plan.y) return false;
    if (mine.constant != theirs.constant || mine.extent != theirs.extent) return false;
    for (std::size_t l = 0; l < plan.loops.size(); ++l) {
      if (plan.loops[l].coefficients[w] != plan.loops[partner(l)].coefficients[v]) return false;
    }
    return true;
  };
  std::size_t of_x = 0, matches = 0;
  const std::size_t windows = plan.nest.windows.size();
  for (std::size_t w = 0; w < windows; ++w) {
    if (plan.nest.windows[w].owner != plan.x) continue;
    ++of_x;
    for (std::size_t v = 0; v < windows; ++v) {
      if (mirrored(w, v)) {
        ++matches;
        break;
      }
    }
  }
  return matches == of_x && 2 * of_x == windows;
}

/// Whether X can be broadcast from where it is: each element is used for few columns, so a copy would not
/// pay, and its rows do not all fall into the same sets of a cache.
bool readable_in_place(const GemmPlan& plan, std::int64_t columns, std::int64_t bytes) {
  constexpr std::int64_t kPage = 4096;
  if (columns > kFewColumns) return false;
  const auto stride = [&](std::size_t l) { return std::abs(plan.loops[l].stride[plan.x]) * bytes; };
  for (std::size_t l = plan.first_row(); l < plan.first_column(); ++l) {
    if (stride(l) % kPage == 0) return false;
  }
  return stride(plan.loops.size() - 1) == bytes;
}

/// Whether rows of C are better completed one by one than panel by panel: they are runs, and sums are so short that writing takes a good
/// part of the time.
bool goes_by_rows(const GemmPlan& plan, std::int64_t bytes) {
  const Loop& column = plan.loops[plan.first_sum() - 1];
  std::int64_t rows = 1;
  for (std::size_t l = plan.first_row(); l < plan.first_column(); ++l) rows *= plan.loops[l].extent;
  if (rows < plan.sum_tiling.box_size()) return false;  // reading Y takes longer
  return !has_windows(plan.nest, plan.y) && plan.levels == 0 && plan.sum_tiling.box_size() <= kShortSums && column.stride[kC] == 1 &&
         column.extent * bytes >= 4 * kLineBytes;
}

std::vector<std::int64_t> block_extents(const GemmPlan& plan, const Tiling* rows, const Tiling* columns) {
  std::vector<std::int64_t> result(plan.loops.size(), 1);
  const auto put = [&](const Tiling& tiling, std::size_t first) {
    std::copy(tiling.box_extents().begin(), tiling.box_extents().end(),
              result.begin() + static_cast<std::ptrdiff_t>(first));
  };
  if (rows) put(*rows, plan.first_row());
  if (columns) put(*columns, plan.first_column());
  put(plan.sum_tiling, plan.first_sum());
  return result;
}

}  // namespace

std::optional<GemmPlan> plan_gemm(const NestProblem& problem, const TileLimits& limits,
                                  const Options& options, int shrink, std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return std::nullopt;
  };
  if (!problem.has_a || !problem.has_b) return decline("one operand");
  if (has_windows(problem.nest, kC)) return decline("windows on the result");
  GemmPlan plan;
  plan.nest = problem.nest;
  plan.is_complex = is_complex(problem.dtype);
  Roles roles = roles_of(problem.nest);
  if (roles.a_rows.empty() || roles.b_rows.empty()) return decline("no rows or no columns");
  if (roles.sums.empty()) return decline("nothing is summed");
  if (!writes_apart(roles.outs())) return decline("elements of the result are met more than once");
  const std::int64_t per_batch = count(roles.a_rows) * count(roles.b_rows) * count(roles.sums);
  const bool wa = has_windows(problem.nest, kA), wb = has_windows(problem.nest, kB);
  if ((wa || wb) && per_batch < 512) return decline("too small");

  // The operand with windows is broadcast; else vectors run where more lanes work.
  const bool a_broadcast = wa != wb ? wa : vector_efficiency(roles.b_rows) >= vector_efficiency(roles.a_rows);
  plan.x = a_broadcast ? kA : kB;
  plan.y = a_broadcast ? kB : kA;
  if (wa && wb && plan.is_complex) return decline("windows on both operands of a complex product");

  sort_by_stride(roles.batch, kC, plan.x);
  sort_by_stride(roles.a_rows, kC, kA);
  sort_by_stride(roles.b_rows, kC, kB);
  sort_by_stride(roles.sums, plan.x, plan.y);
  if (plan.is_complex) make_real(plan, roles);
  std::vector<Loop>& rows = a_broadcast ? roles.a_rows : roles.b_rows;
  std::vector<Loop>& columns = a_broadcast ? roles.b_rows : roles.a_rows;
  if (!plan.is_complex && !problem.one_tensor) {
    const std::int64_t most = kMostColumnBytes / static_cast<std::int64_t>(limits.element_bytes);
    keep_lines_together(columns, plan.y, most);
    keep_lines_together(rows, plan.x, most);
  }
  plan.batches = roles.batch.size();
  plan.rows = rows.size();
  plan.columns = columns.size();
  plan.sums = roles.sums.size();
  for (const std::vector<Loop>* part :
       {&std::as_const(roles.batch), &std::as_const(rows), &std::as_const(columns), &std::as_const(roles.sums)}) {
    plan.loops.insert(plan.loops.end(), part->begin(), part->end());
  }

  plan.symmetric = problem.one_tensor && per_batch > kTiny && problem.may_overwrite && !plan.is_complex &&
                   is_symmetric(plan);

  // Blocks of the sum depend on the problem only: they decide the bits of the result.
  plan.batch_tiling = Tiling(extents_of(roles.batch), 1);
  plan.sum_tiling = Tiling(extents_of(roles.sums), kChain);
  const std::int64_t sum_blocks = plan.sum_tiling.count();
  if (sum_blocks == 1) plan.levels = 0;
  for (std::int64_t blocks = sum_blocks; blocks > kRadix && plan.levels < 4; blocks /= kRadix) ++plan.levels;

  const auto bytes = static_cast<std::int64_t>(limits.element_bytes);
  plan.by_rows = goes_by_rows(plan, bytes);
  if (plan.by_rows) plan.symmetric = false;  // to mirror half of C takes longer than to compute it
  plan.streams = plan.by_rows && problem.may_overwrite &&
                 beyond_caches(problem.c_box_size * static_cast<double>(bytes), options.stream_bytes);
  if (!plan.streams && problem.may_overwrite) plan.by_rows = false;  // tiles are written to C at once
  // Lines of a slab that few rows touch are spread over many channels: a panel must leave them room in the first cache.
  // Where rows of C are completed one by one, each tile passes over all panels.
  const bool long_panels = plan.sum_tiling.box_size() > kChain / 2;
  const bool high = plan.by_rows || (has_windows(plan.nest, plan.x) && long_panels);
  plan.vectors = choose_vectors(count(columns), limits, plan.is_complex, high);
  plan.width = static_cast<std::int64_t>(plan.vectors) * limits.lanes;
  // Its panels are then met again for every few rows.
  const std::int64_t most_column_bytes = plan.by_rows ? kStreamedColumnBytes : kMostColumnBytes;
  plan.column_tiling =
      Tiling(extents_of(columns), std::max(plan.width, (most_column_bytes >> shrink) / bytes), plan.width);
  plan.block_width = (plan.column_tiling.box_size() + plan.width - 1) / plan.width * plan.width;

  const std::int64_t columns_summed = plan.levels == 0 ? plan.width : plan.block_width;
  plan.strip = limits.lanes;
  if (has_windows(plan.nest, plan.x)) {
    plan.x_source = Source::kSlab;
  } else if (readable_in_place(plan, count(columns), bytes)) {
    plan.x_source = Source::kInPlace;
  } else if (plan.symmetric && plan.column_tiling.count() == 1 && plan.block_width <= kFewColumns) {
    plan.x_source = Source::kPanelsOfY;
  }
  const std::int64_t fewest_rows = kFewestRows >> shrink;
  std::int64_t target = std::clamp((kSumBytes >> shrink) / (columns_summed * bytes), fewest_rows, kMostRows);
  for (;;) {
    plan.row_tiling = Tiling(extents_of(rows), target, plan.x_source == Source::kPanels ? plan.strip : 1);
    if (plan.x_source == Source::kSlab) {
      plan.row_slab = SlabShape::make(plan.nest, plan.loops, block_extents(plan, &plan.row_tiling, nullptr),
                                      plan.x, reason);
      if (!plan.row_slab) return std::nullopt;
    }
    const bool too_big = plan.x_elements() * bytes > (kSlabBytes >> shrink);
    const std::int64_t tasks =
        plan.batch_tiling.count() * plan.row_tiling.count() * plan.column_tiling.count();
    // Tasks of long sums pack all of Y each.
    const int tasks_per_thread = sum_blocks > kLongSums && !plan.symmetric ? 1 : 4;
    const bool too_few = options.threads > 1 && tasks < tasks_per_thread * options.threads &&
                         target > (tasks < options.threads ? fewest_rows / 4 : fewest_rows);
    if ((!too_big && !too_few) || target == 1) break;
    target = std::max<std::int64_t>(1, target / 2);
  }
  if (plan.x_elements() * bytes > kMostSlabBytes) return decline("a block whose elements lie too far apart");
  if (wa && wb) {
    plan.column_slab = SlabShape::make(plan.nest, plan.loops,
                                       block_extents(plan, nullptr, &plan.column_tiling), plan.y, reason);
    if (!plan.column_slab) return std::nullopt;
    if (plan.column_slab->size() * bytes > kMostSlabBytes)
      return decline("a block whose elements lie too far apart");
  }
  plan.one_block = plan.row_tiling.count() == 1 && plan.column_tiling.count() == 1 && sum_blocks == 1 &&
                   !wa && !wb && !plan.symmetric &&
                   (plan.x_source == Source::kInPlace || plan.batch_tiling.count() > 1 || per_batch <= kTiny);
  if (plan.one_block) plan.x_source = Source::kInPlace;
  plan.x_has_batch = std::any_of(roles.batch.begin(), roles.batch.end(), [&](const Loop& loop) { return loop.stride[plan.x] != 0; });
  const bool meets_x_again = plan.column_tiling.count() > 1 || (!plan.x_has_batch && plan.batch_tiling.count() > 1);
  plan.keeps_x = plan.x_source == Source::kPanels && meets_x_again && sum_blocks * plan.x_elements() * bytes <= (kKeptBytes >> shrink);
  if (plan.row_tiling.count() > 1) {
    const std::int64_t all = plan.batch_tiling.count() * plan.column_tiling.count();
    const std::int64_t unit = plan.panel_elements() * sum_blocks * bytes, most = kStageBytes >> 2 * shrink;
    // Few blocks of rows hardly gain from panels that they share.
    const bool many_rows = plan.row_tiling.count() >= 3;
    const std::int64_t some = (kPartialStage >> 2 * shrink) * std::max(1, options.threads) / unit;
    plan.stage = std::min(all, !many_rows ? some : all <= most / unit ? all : std::max<std::int64_t>(some, unit <= most ? 1 : 0));
  }
  return plan;
}

}  // namespace einfold::cpu
