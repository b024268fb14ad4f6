// SPDX-License-Identifier: MIT
#include "cpu/reduce_plan.hpp"

#include "base/fail.hpp"
#include "cpu/cascade.hpp"
#include "cpu/roles.hpp"
#include "cpu/rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kTileBytes = 32 << 10;    ///< partial sums
constexpr std::int64_t kRunBytes = 16 << 10;     ///< longest run that is summed at once
constexpr std::int64_t kColumnBytes = 8 << 10;   ///< longest row of partial sums ..
constexpr std::int64_t kReusedBytes = 2 << 10;   ///< .. if X's rows are used for several elements of C
constexpr std::int64_t kRows = 64;               ///< most rows added to one row of partial sums at once
constexpr std::int64_t kPackedElements = 1 << 16;
constexpr std::int64_t kPieceBytes = 512 << 10;  ///< partial sums of all pieces
constexpr std::int64_t kMostPieces = 64;

class Planner {
 public:
  Planner(const NestProblem& problem, Operand x, Operand y)
      : problem_(problem), nest_(problem.nest), windows_(nest_.windows.size()),
        bytes_(static_cast<std::int64_t>(size_bytes(problem.dtype))) {
    plan_.x = x;
    plan_.y = y;
    plan_.has_y = problem.has_a && problem.has_b;
  }

  std::optional<ReducePlan> make(std::string& reason) {
    for (std::size_t l = 0; l < nest_.loops.size(); ++l) {
      if (nest_.loops[l].stride[plan_.x] < 0) reverse_loop(nest_, l);
    }
    if (!choose_column()) {
      reason = "the larger operand is not contiguous along any loop";
      return std::nullopt;
    }
    if (plan_.has_y && column().stride[plan_.y] != 0 && column().stride[plan_.y] != 1 && !pack_y()) {
      reason = "the smaller operand is not contiguous beside the larger";
      return std::nullopt;
    }
    if (plan_.has_y && !plan_.packed_y && reads_short_runs()) pack_y();
    whole_loops_ = nest_.loops.size();
    split_column();
    sort_loops();
    choose_row();
    fit_tile();
    shorten_chains();
    finish();
    return std::move(plan_);
  }

 private:
  using Indices = std::vector<std::size_t>;

  Loop& loop(std::size_t l) { return nest_.loops[l]; }
  Loop& column() { return nest_.loops[column_]; }
  [[nodiscard]] bool is_out(std::size_t l) const { return nest_.loops[l].stride[kC] != 0; }
  [[nodiscard]] bool reuses_x(std::size_t l) const { return is_out(l) && nest_.loops[l].stride[plan_.x] == 0; }

  bool choose_column() {
    bool found = false;
    for (std::size_t l = 0; l < nest_.loops.size(); ++l) {
      if (loop(l).stride[plan_.x] != 1 || (plan_.packed_y && loop(l).stride[plan_.y] > 1)) continue;
      if (!found || loop(l).extent > column().extent) column_ = l;
      found = true;
    }
    return found;
  }

  /// Whether columns are short though X goes on along a loop that Y, so much smaller that a copy costs little, has elsewhere.
  bool reads_short_runs() {
    constexpr std::int64_t kShort = 128, kMuchSmaller = 64;
    if (column().extent >= kShort) return false;
    double x_size = 1, y_size = 1;
    bool goes_on = false;
    for (std::size_t l = 0; l < nest_.loops.size(); ++l) {
      const Loop& one = loop(l);
      if (one.stride[plan_.x] != 0) x_size *= static_cast<double>(one.extent);
      if (one.stride[plan_.y] != 0) y_size *= static_cast<double>(one.extent);
      goes_on |= l != column_ && one.stride[plan_.x] == column().extent && is_out(l) == is_out(column_) &&
                 (one.stride[plan_.y] != 0) == (column().stride[plan_.y] != 0);
    }
    return goes_on && kMuchSmaller * y_size <= x_size;
  }

  /// Columns innermost, the other loops in the order of X, so that what follows each other there may be one loop. If that
  /// cannot be, nothing has changed.
  bool pack_y() {
    if (!nest_.windows.empty()) return false;  // whoever has it, y may end where it does
    Indices order;
    std::int64_t size = 1;
    for (std::size_t l = 0; l < nest_.loops.size(); ++l) {
      if (loop(l).stride[plan_.y] == 0) continue;
      size *= loop(l).extent;
      if (size > kPackedElements) return false;
      order.push_back(l);
    }
    const auto key = [&](std::size_t l) {
      const std::int64_t x = loop(l).stride[plan_.x];
      return std::tuple(l != column_, x == 0, x, std::abs(loop(l).stride[plan_.y]));
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    PackedOperand packed{.extents = {}, .from = {}, .to = {}, .base = nest_.base[plan_.y], .size = size};
    std::int64_t step = 1;
    for (const std::size_t l : order) {
      packed.extents.push_back(loop(l).extent);
      packed.from.push_back(loop(l).stride[plan_.y]);
      packed.to.push_back(step);
      loop(l).stride[plan_.y] = step;
      step *= loop(l).extent;
    }
    nest_.base[plan_.y] = 0;
    plan_.packed_y = std::move(packed);
    fuse_loops(nest_);
    EINFOLD_INVARIANT(choose_column());  // the former column at least, which the copy has innermost
    return true;
  }

  /// Splits a loop into blocks of at most `most` values, a multiple of `grain` where that is possible. Returns the loop of
  /// the blocks, if there is more than one.
  std::optional<std::size_t> split(std::size_t l, std::int64_t most, std::int64_t grain) {
    const std::int64_t extent = loop(l).extent, count = (extent + most - 1) / most;
    if (count <= 1) return std::nullopt;
    const std::int64_t even = ((extent + count - 1) / count + grain - 1) / grain * grain;
    split_loop(nest_, l, std::min(most, even));
    return nest_.loops.size() - 1;
  }

  void split_column() {
    bool reused = false;
    for (std::size_t l = 0; l < nest_.loops.size(); ++l) reused |= reuses_x(l);
    const std::int64_t most = (!is_out(column_) ? kRunBytes : reused ? kReusedBytes : kColumnBytes) / bytes_;
    const auto blocks = split(column_, most, kLongLanes / bytes_);
    if (blocks && is_out(*blocks)) outer_.push_back(*blocks);
    if (blocks && !is_out(*blocks)) inner_.push_back(*blocks);
    if (!is_out(column_)) {
      const std::int64_t longest = kLongLanes / bytes_;
      plan_.lanes = column().extent >= 8 * longest ? longest : kShortLanes / bytes_;
    }
  }

  /// As X lies in memory; what follows the first sum needs partial sums.
  void sort_loops() {
    for (std::size_t l = 0; l < whole_loops_; ++l) {
      if (l != column_) inner_.push_back(l);
    }
    std::stable_sort(inner_.begin(), inner_.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(loop(a).stride[plan_.x], std::abs(loop(a).stride[plan_.y])) >
             std::pair(loop(b).stride[plan_.x], std::abs(loop(b).stride[plan_.y]));
    });
    const auto first_sum = std::find_if(inner_.begin(), inner_.end(), [&](std::size_t l) { return !is_out(l); });
    outer_.insert(outer_.end(), inner_.begin(), first_sum);
    inner_.erase(inner_.begin(), first_sum);
  }

  [[nodiscard]] std::int64_t chain_of_run() const {
    return plan_.lanes == 0 ? 1 : (nest_.loops[column_].extent + plan_.lanes - 1) / plan_.lanes;
  }

  /// The innermost loop, if it is one of C or short, else a block of it. Where X's rows are used for several elements of
  /// C, a block of sums: the row of partial sums then stays in registers.
  void choose_row() {
    if (inner_.empty() && !outer_.empty() && outer_.back() < whole_loops_) {
      row_ = outer_.back();
      outer_.pop_back();
      return;
    }
    if (inner_.empty()) return;
    std::size_t at = inner_.size() - 1;
    if (plan_.lanes == 0 && reuses_x(inner_[at])) {
      while (at > 0 && is_out(inner_[at])) --at;
    }
    row_ = inner_[at];
    inner_.erase(inner_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!is_out(*row_)) cut_row(at);
  }

  void cut_row(std::size_t at) {
    const std::int64_t most = plan_.lanes == 0 ? kRows : std::max<std::int64_t>(1, kChain / chain_of_run());
    const auto blocks = split(*row_, most, 8);
    if (blocks) inner_.insert(inner_.begin() + static_cast<std::ptrdiff_t>(at), *blocks);
  }

  [[nodiscard]] std::int64_t tile_size() const {
    std::int64_t size = plan_.lanes == 0 ? nest_.loops[column_].extent : plan_.lanes;
    for (const std::size_t l : inner_) size *= is_out(l) ? nest_.loops[l].extent : 1;
    return row_ && is_out(*row_) ? size * nest_.loops[*row_].extent : size;
  }

  /// Moves loops of C, or blocks of one, to the outside until the partial sums stay in the first cache.
  void fit_tile() {
    while (tile_size() * bytes_ > kTileBytes) {
      auto first = std::find_if(inner_.begin(), inner_.end(), [&](std::size_t l) { return is_out(l); });
      const bool is_row = first == inner_.end();
      if (is_row && !(row_ && is_out(*row_))) return;
      const std::size_t l = is_row ? *row_ : *first;
      const std::int64_t most = kTileBytes / bytes_ / (tile_size() / loop(l).extent);
      if (most >= 2) {
        outer_.push_back(*split(l, most, 1));
        return;
      }
      outer_.push_back(l);
      if (is_row) row_.reset();
      else inner_.erase(first);
    }
  }

  [[nodiscard]] std::int64_t terms() const {
    std::int64_t result = chain_of_run() * (row_ && !is_out(*row_) ? nest_.loops[*row_].extent : 1);
    for (std::size_t i = leading(); i < inner_.size(); ++i) {
      if (!is_out(inner_[i])) result *= nest_.loops[inner_[i]].extent;
    }
    return result;
  }
  [[nodiscard]] std::size_t leading() const {
    std::size_t count = 0;
    while (count < inner_.size() && !is_out(inner_[count])) ++count;
    return count;
  }

  /// If a chain would be too long between two looks at it, one element of C (one row) at a time.
  void shorten_chains() {
    if (terms() <= kChain) return;
    for (const std::size_t l : inner_) {
      if (is_out(l)) outer_.push_back(l);
    }
    std::erase_if(inner_, [&](std::size_t l) { return is_out(l); });
    if (row_ && is_out(*row_)) {
      outer_.push_back(*row_);
      row_.reset();
    }
    if (!row_ && !inner_.empty()) {
      row_ = inner_.back();
      inner_.pop_back();
      cut_row(inner_.size());
    }
  }

  void finish() {
    plan_.outer = static_cast<int>(outer_.size());
    plan_.leading = static_cast<int>(leading());
    plan_.tile = tile_size();
    plan_.terms = terms();
    for (const std::size_t l : outer_) plan_.outer_count *= loop(l).extent;
    for (std::size_t i = 0; i < leading(); ++i) plan_.leading_count *= loop(inner_[i]).extent;
    for (std::size_t w = 0; row_ && w < nest_.windows.size(); ++w) {
      if (loop(*row_).coefficients[w] != 0 && column().coefficients[w] != 0) plan_.slanted = true;
    }
    make_schedules();
    choose_pieces();
    double written = 1;
    for (const Loop& l : problem_.nest.loops) written *= l.stride[kC] != 0 ? static_cast<double>(l.extent) : 1.0;
    plan_.overwrites = problem_.may_overwrite && written == problem_.c_box_size;
  }

  void make_schedules() {
    const Loop single{.extent = 1, .stride = {}, .coefficients = std::vector<std::int64_t>(nest_.windows.size(), 0)};
    // Windows that cut the last block of a loop of C short hold for the store too.
    Indices kept;
    for (std::size_t w = windows_; w < nest_.windows.size(); ++w) {
      for (std::size_t l = 0; l < nest_.loops.size(); ++l) {
        if (loop(l).coefficients[w] == 0) continue;
        if (is_out(l)) kept.push_back(w);
        break;
      }
    }
    LoopNest stored;
    stored.base[kC] = nest_.base[kC];
    for (const std::size_t w : kept) stored.windows.push_back(nest_.windows[w]);
    std::vector<Loop> sums, stores;
    const auto add = [&](Loop one, std::int64_t tile_stride) {
      if (one.stride[kC] != 0) {
        Loop out{.extent = one.extent, .stride = {tile_stride, 0, one.stride[kC]}, .coefficients = {}};
        for (const std::size_t w : kept) out.coefficients.push_back(one.coefficients[w]);
        stores.push_back(std::move(out));
        one.stride[kC] = tile_stride;
      }
      sums.push_back(std::move(one));
    };
    for (const std::size_t l : outer_) add(loop(l), 0);
    std::int64_t step = tile_size();
    const auto add_inner = [&](std::size_t l) {
      if (is_out(l)) step /= loop(l).extent;
      add(loop(l), is_out(l) ? step : 0);
    };
    for (const std::size_t l : inner_) add_inner(l);
    if (row_) add_inner(*row_);
    else sums.push_back(single);
    add(column(), plan_.lanes == 0 ? 1 : 0);
    nest_.base[kC] = 0;
    plan_.sum = Schedule(nest_, std::move(sums), plan_.outer);
    plan_.store = Schedule(stored, std::move(stores), plan_.outer);
  }

  void choose_pieces() {
    constexpr double kPointsPerPiece = 1 << 17;
    const double points = problem_.nest.points() / static_cast<double>(plan_.outer_count);
    const std::int64_t room = kPieceBytes / (plan_.tile * bytes_ * plan_.outer_count);
    plan_.pieces = std::min({plan_.leading_count, kMostPieces / plan_.outer_count, room,
                             static_cast<std::int64_t>(std::min(points / kPointsPerPiece, 1e6))});
    plan_.pieces = std::max<std::int64_t>(1, plan_.pieces);
  }

  const NestProblem& problem_;
  LoopNest nest_;
  std::size_t windows_;  ///< of the problem
  std::int64_t bytes_;
  ReducePlan plan_;
  std::size_t column_ = 0;
  std::size_t whole_loops_ = 0;  ///< all but those of blocks
  std::optional<std::size_t> row_;
  Indices outer_, inner_;
};

double size_of(const LoopNest& nest, Operand o) {
  double size = 1;
  for (const Loop& loop : nest.loops) size *= loop.stride[o] != 0 ? static_cast<double>(loop.extent) : 1.0;
  return size;
}

/// Longest run of the operand in memory that is one of C, too.
std::int64_t row_of_result(const LoopNest& nest, Operand o) {
  std::int64_t longest = 0;
  for (const Loop& loop : nest.loops) {
    if (loop.stride[o] == 1 && loop.stride[kC] != 0) longest = std::max(longest, loop.extent);
  }
  return longest;
}

/// The operand that is read in order: of two, the larger; but where elements of both are used again and
/// again, one that is contiguous along C, for sums that need not be added up across lanes. Short runs of an
/// operand that is much smaller do not make up for that.
Operand streamed_operand(const NestProblem& problem) {
  const LoopNest& nest = problem.nest;
  if (!problem.has_a || !problem.has_b) return problem.has_a ? kA : kB;
  const Roles roles = roles_of(nest);
  if (count(roles.a_rows) > 1 && count(roles.b_rows) > 1) {
    constexpr std::int64_t kShort = 32;
    const std::int64_t a = row_of_result(nest, kA), b = row_of_result(nest, kB);
    const Operand o = a > 0 ? kA : kB, other = a > 0 ? kB : kA;
    if ((a > 0) != (b > 0) && (std::max(a, b) >= kShort || 8 * size_of(nest, o) >= size_of(nest, other)))
      return o;
  }
  return size_of(nest, kA) >= size_of(nest, kB) ? kA : kB;
}

}  // namespace

std::optional<ReducePlan> plan_reduce(const NestProblem& scattered, std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return std::nullopt;
  };
  NestProblem problem = scattered;
  gather_scatters(problem.nest);
  const LoopNest& nest = problem.nest;
  if (nest.empty) return decline("no element of the result is met");
  if (!problem.has_a && !problem.has_b) return decline("no operand");
  if (has_windows(nest, kC)) return decline("windows on the result");
  std::vector<Loop> outs;
  for (const Loop& loop : nest.loops) {
    if (loop.stride[kC] != 0) outs.push_back(loop);
  }
  if (outs.size() == nest.loops.size()) return decline("nothing is summed");
  if (!writes_apart(outs)) return decline("elements of the result are met more than once");
  const Operand x = streamed_operand(problem), y = x == kA ? kB : kA;
  auto plan = Planner(problem, x, y).make(reason);
  if (!plan && problem.has_a && problem.has_b) plan = Planner(problem, y, x).make(reason);
  return plan;
}

}  // namespace einfold::cpu
