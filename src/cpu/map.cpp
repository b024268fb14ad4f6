// SPDX-License-Identifier: MIT
#include "cpu/map.hpp"

#include "cpu/arena.hpp"
#include "cpu/element.hpp"
#include "cpu/line_writer.hpp"
#include "cpu/map_plan.hpp"
#include "cpu/micro.hpp"
#include "cpu/roles.hpp"
#include "cpu/rows.hpp"
#include "cpu/window_rows.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kTileBytes = 16 << 10;  ///< of an operand or of C, in the first cache
constexpr std::int64_t kTileRows = 32;         ///< of a transposition

template <class T>
class MapKernel final : public NestKernel {
 public:
  using F = typename FactorOf<T>::type;

  MapKernel(const NestProblem& problem, MapPlan plan, const Options& options)
      : plan_(std::move(plan)),
        kernels_(row_kernels<T>(options.isa)),
        stream_(stream_lines(options.isa)),
        factor_(factor_as<T>(problem.factor)),
        present_{problem.has_a, problem.has_b},
        sources_{Source(plan_, kA), Source(plan_, kB)} {
    overwrites = plan_.overwrites;
    for (std::size_t o = 0; o < 2; ++o) {
      if (present_[o] && sources_[o].staged) tiled_ = true;
    }
    const std::int64_t column_bytes = plan_.column.extent * static_cast<std::int64_t>(sizeof(T));
    apart_ = plan_.column.stride[kC] != 1 && plan_.column.extent > 1;
    dense_ = !apart_ && (plan_.row.extent == 1 || plan_.row.stride[kC] == plan_.column.extent);
    const double bytes = problem.c_box_size * static_cast<double>(sizeof(T));
    streams_ = overwrites && !apart_ && beyond_caches(bytes, options.stream_bytes) && (dense_ || column_bytes >= 4 * kLineBytes);
    if constexpr (std::is_floating_point_v<T>) {
      const std::size_t o = present_[0] ? 0 : 1;
      micro_ = &micro_kernels<T>(options.isa);
      const bool copies = present_[0] != present_[1] && overwrites && !tiled_ && factor_ == F(1);
      if (copies && sources_[o].column == 1) copy_window_ = copy_window<T>(options.isa);
    }
    name = name_of_kind(problem);
    of_peak = tiled_ || apart_ ? 0.02 : 0.1;
    Arena measure(nullptr);
    Scratch{*this, measure};
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, options.threads);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const std::int64_t blocks = plan_.count(), rows = plan_.row.extent, columns = plan_.column.extent;
    // Enough tasks to share out the work, none smaller than some microseconds. Where there are few blocks, parts of one.
    constexpr std::int64_t kElementsPerTask = 16384;
    const std::int64_t elements = blocks * rows * columns;
    const std::int64_t wanted = std::clamp<std::int64_t>(elements / kElementsPerTask, 1,
                                                         executor.threads() > 1 ? 8 * executor.threads() : 1);
    const std::int64_t chunks = std::min(wanted, blocks);
    const std::int64_t parts_wanted = (wanted + chunks - 1) / chunks;
    const bool by_rows = rows >= columns;
    const std::int64_t part = ((by_rows ? rows : columns) + parts_wanted - 1) / parts_wanted;
    const std::int64_t step = by_rows ? part : (part + 63) / 64 * 64;
    const std::int64_t parts = ((by_rows ? rows : columns) + step - 1) / step;
    executor.run(chunks * parts, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const Scratch scratch(*this, arena);
      Worker work(*this, buffers, scratch);
      const std::int64_t chunk = task / parts, first = task % parts * step;
      const Range r = by_rows ? Range{first, std::min(rows, first + step)} : Range{0, rows};
      const Range c = by_rows ? Range{0, columns} : Range{first, std::min(columns, first + step)};
      const std::int64_t last = blocks * (chunk + 1) / chunks;
      MapWalk walk(plan_, blocks * chunk / chunks);
      for (std::int64_t i = blocks * chunk / chunks; i < last; ++i, walk.next()) work.block(walk.block(), r, c);
    });
  }

 private:
  static constexpr std::int64_t kTile = kTileBytes / static_cast<std::int64_t>(sizeof(T));

  /// How one operand lies along a block.
  struct Source {
    std::int64_t row = 0, column = 0;
    bool staged = false;  ///< neither contiguous nor constant along the columns

    Source(const MapPlan& plan, Operand o)
        : row(plan.row.stride[o]),
          column(plan.column.stride[o]),
          staged(plan.column.extent > 1 && column != 0 && column != 1) {}
    [[nodiscard]] std::int64_t step() const noexcept { return column == 0 ? 0 : 1; }
  };

  struct Scratch {
    T *tile[2], *result;
    std::byte* lines;
    Scratch(const MapKernel& kernel, Arena& arena)
        : tile{take(arena, kernel.present_[0] && kernel.sources_[0].staged),
               take(arena, kernel.present_[1] && kernel.sources_[1].staged)},
          result(take(arena, kernel.apart_ || kernel.streams_)),
          lines(kernel.streams_ ? arena.take<std::byte>(LineWriter::kCapacity) : nullptr) {}
    static T* take(Arena& arena, bool needed) { return needed ? arena.take<T>(kTile) : nullptr; }
  };

  class Worker {
   public:
    Worker(const MapKernel& kernel, const Buffers& buffers, const Scratch& scratch)
        : k_(kernel),
          from_{static_cast<const T*>(buffers.a), static_cast<const T*>(buffers.b)},
          c_(static_cast<T*>(buffers.c)),
          scratch_(scratch) {
      if (k_.streams_) writer_.emplace(k_.stream_, scratch.lines);
    }

    /// Rows and columns of a block, in pieces that the buffers hold.
    void block(const MapBlock& at, Range rows, Range columns) {
      if (!k_.plan_.overwrites) {
        rows = at.rows.within(rows);
        columns = at.columns.within(columns);
      }
      const std::int64_t width = columns.size(), height = rows.size();
      if (width == 0 || height == 0) return;
      std::int64_t most_columns = width, most_rows = height;
      if (k_.tiled_) {
        most_rows = std::min(kTileRows, height);
        most_columns = std::min(kTile / most_rows, width);
        if (most_columns == width) most_rows = std::min(height, kTile / width);
      } else if (k_.streams_ || k_.apart_) {
        most_columns = std::min(kTile / 2, width);
        most_rows = std::min(height, kTile / 2 / most_columns);
      }
      for (std::int64_t r = rows.first; r < rows.last; r += most_rows) {
        for (std::int64_t c = columns.first; c < columns.last; c += most_columns) {
          piece(at, {r, std::min(rows.last, r + most_rows)}, {c, std::min(columns.last, c + most_columns)});
        }
      }
    }

   private:
    void piece(const MapBlock& at, Range rows, Range columns) {
      const Loop &row = k_.plan_.row, &column = k_.plan_.column;
      T* const to = c_ + at.at[kC] + rows.first * row.stride[kC] + columns.first * column.stride[kC];
      const std::int64_t width = columns.size();
      if (k_.apart_) {
        paint(at, rows, columns, scratch_.result, width, false);
        return scatter(rows.size(), width, to);
      }
      if (!k_.streams_) return paint(at, rows, columns, to, row.stride[kC], !k_.plan_.overwrites);
      if (put_as_it_is(at, rows, columns, to)) return;
      if (rows.size() == 1 || (width == column.extent && k_.dense_)) {  // one run
        static_assert(kTileBytes <= LineWriter::kMostBytes);
        const std::int64_t bytes = rows.size() * width * static_cast<std::int64_t>(sizeof(T));
        std::byte* const room = writer_->room(reinterpret_cast<std::byte*>(to), bytes);
        return paint(at, rows, columns, reinterpret_cast<T*>(room), width, false);
      }
      paint(at, rows, columns, scratch_.result, width, false);
      for (std::int64_t r = 0; r < rows.size(); ++r) {
        writer_->put(reinterpret_cast<std::byte*>(to + r * row.stride[kC]),
                     reinterpret_cast<const std::byte*>(scratch_.result + r * width),
                     width * static_cast<std::int64_t>(sizeof(T)));
      }
    }

    /// Long runs of a copy without zeros need no buffer.
    bool put_as_it_is(const MapBlock& at, Range rows, Range columns, T* to) {
      if (k_.copy_window_ == nullptr || at.rows.within(rows).size() < rows.size() || at.columns.within(columns).size() < columns.size()) return false;
      const std::size_t o = k_.present_[0] ? 0 : 1;
      const std::int64_t width = columns.size(), to_row = k_.plan_.row.stride[kC], from_row = k_.sources_[o].row;
      const bool one_run = rows.size() == 1 || (width == to_row && width == from_row);
      const std::int64_t run = (one_run ? rows.size() : 1) * width;
      if (run * static_cast<std::int64_t>(sizeof(T)) < 16 * kLineBytes) return false;
      const T* from = from_[o] + at.at[o] + rows.first * from_row + columns.first;
      for (std::int64_t r = 0; r < rows.size(); r += run / width) {
        writer_->put(reinterpret_cast<std::byte*>(to + r * to_row), reinterpret_cast<const std::byte*>(from + r * from_row),
                     run * static_cast<std::int64_t>(sizeof(T)));
      }
      return true;
    }

    /// Values of a piece to rows of `to`, zero outside the windows.
    void paint(const MapBlock& at, Range rows, Range columns, T* to, std::int64_t to_row, bool add) {
      const Range r = at.rows.within(rows), c = at.columns.within(columns);
      const bool any = r.size() > 0 && c.size() > 0;
      if constexpr (std::is_floating_point_v<T>) {
        if (k_.copy_window_ != nullptr && any && (r.size() < rows.size() || c.size() < columns.size())) {
          const std::size_t o = k_.present_[0] ? 0 : 1;
          const T* from = from_[o] + at.at[o] + r.first * k_.sources_[o].row + c.first;
          return k_.copy_window_({rows.size(), columns.size(), to, to_row, from, k_.sources_[o].row, r.first - rows.first,
                                  r.last - rows.first, c.first - columns.first, c.last - columns.first});
        }
      }
      const Range painted_rows = any ? r : Range{rows.last, rows.last};
      if (!add) {
        clear({rows.first, painted_rows.first}, columns, rows, columns, to, to_row);
        clear(painted_rows, {columns.first, c.first}, rows, columns, to, to_row);
        clear(painted_rows, {c.last, columns.last}, rows, columns, to, to_row);
        clear({painted_rows.last, rows.last}, columns, rows, columns, to, to_row);
      }
      if (any) combine(at.at, r, c, to + (r.first - rows.first) * to_row + (c.first - columns.first), to_row, add);
    }

    void clear(Range r, Range c, Range rows, Range columns, T* to, std::int64_t to_row) {
      if (r.size() == 0 || c.size() == 0) return;
      to += (r.first - rows.first) * to_row + (c.first - columns.first);
      k_.kernels_.combine({r.size(), c.size(), to, to_row, nullptr, 0, 0, nullptr, 0, 0, F(0), false});
    }

    void combine(const Offsets& at, Range r, Range c, T* to, std::int64_t to_row, bool add) {
      const std::int64_t rows = r.size(), n = c.size();
      const T* x[2] = {};
      std::int64_t x_row[2] = {};
      for (const std::size_t o : {std::size_t{0}, std::size_t{1}}) {
        if (!k_.present_[o]) continue;
        const Source& source = k_.sources_[o];
        x[o] = from_[o] + at[o] + r.first * source.row + c.first * source.column;
        x_row[o] = source.row;
        if (!source.staged) continue;
        const bool final = !k_.present_[1 - o] && !add && k_.factor_ == F(1);
        T* const tile = final ? to : scratch_.tile[o];
        const std::int64_t tile_row = final ? to_row : n;
        gather(source, rows, n, x[o], tile, tile_row);
        if (final) return;
        x[o] = tile;
        x_row[o] = n;
      }
      k_.kernels_.combine({rows, n, to, to_row, x[0], x_row[0], k_.sources_[0].step(), x[1], x_row[1],
                           k_.sources_[1].step(), k_.factor_, add});
    }

    void gather(const Source& source, std::int64_t rows, std::int64_t n, const T* from, T* to, std::int64_t to_row) {
      if (source.row == 1) return k_.kernels_.transpose(rows, n, from, source.column, to, to_row);
      for (std::int64_t r = 0; r < rows; ++r) {
        const T* x = from + r * source.row;
        if constexpr (std::is_floating_point_v<T>) {
          if (source.column == 2) {
            constexpr std::int64_t kHere = 0;
            k_.micro_->pack_run(x, &kHere, 1, n, 2, n, to + r * to_row);
            continue;
          }
        }
        for (std::int64_t j = 0; j < n; ++j) to[r * to_row + j] = x[j * source.column];
      }
    }

    /// The painted piece to columns that lie apart.
    void scatter(std::int64_t rows, std::int64_t n, T* to) {
      const std::int64_t row = k_.plan_.row.stride[kC], column = k_.plan_.column.stride[kC];
      for (std::int64_t r = 0; r < rows; ++r) {
        const T* from = scratch_.result + r * n;
        T* at = to + r * row;
        for (std::int64_t j = 0; j < n; ++j) at[j * column] = k_.plan_.overwrites ? from[j] : at[j * column] + from[j];
      }
    }

    const MapKernel& k_;
    const T* from_[2];
    T* c_;
    const Scratch& scratch_;
    std::optional<LineWriter> writer_;
  };

  std::string name_of_kind(const NestProblem& problem) const {
    if (present_[0] && present_[1]) {
      const Roles roles = roles_of(problem.nest);
      return !roles.a_rows.empty() && !roles.b_rows.empty() ? "outer product" : "elementwise";
    }
    if (!present_[0] && !present_[1]) return "fill";
    return tiled_ ? "permute" : "copy";
  }

  MapPlan plan_;
  const RowKernelsOf<T>& kernels_;
  StreamLines stream_;
  F factor_;
  bool present_[2];
  Source sources_[2];
  bool tiled_ = false;    ///< some operand goes through a tile
  bool apart_ = false;    ///< C's columns are not contiguous
  bool dense_ = false;    ///< a block of C is one run
  bool streams_ = false;  ///< C is written past the caches
  CopyWindow<T> copy_window_ = nullptr;     ///< if rows of one operand are copied as they are
  const MicroKernels<T>* micro_ = nullptr;  ///< of floating-point numbers
  std::int64_t per_worker_ = 0;
};

template <class T>
std::unique_ptr<const NestKernel> make(const NestProblem& problem, MapPlan plan, const Options& options) {
  return std::make_unique<MapKernel<T>>(problem, std::move(plan), options);
}

}  // namespace

Candidate make_map(const NestProblem& problem, const Options& options) {
  Candidate result;
  auto plan = plan_map(problem, result.reason);
  if (!plan) return result;
  // A plain copy moves bits: elements of one size are alike.
  const bool factor_is_one =
      is_integer(problem.dtype) ? problem.factor.integer == 1 : problem.factor.real == 1.0;
  const bool moves = problem.has_a != problem.has_b && plan->overwrites && factor_is_one;
  NestProblem bits = problem;
  bits.factor = {};
  if (moves && size_bytes(problem.dtype) == sizeof(float)) {
    result.kernel = make<float>(bits, std::move(*plan), options);
  } else if (moves && size_bytes(problem.dtype) == sizeof(double)) {
    result.kernel = make<double>(bits, std::move(*plan), options);
  } else {
    with_element_type(problem.dtype, [&](auto zero) {
      result.kernel = make<decltype(zero)>(problem, std::move(*plan), options);
    });
  }
  return result;
}

}  // namespace einfold::cpu
