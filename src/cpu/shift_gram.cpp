// SPDX-License-Identifier: MIT
#include "cpu/shift_gram.hpp"

#include "cpu/box.hpp"
#include "cpu/cascade.hpp"
#include "cpu/element.hpp"
#include "cpu/micro.hpp"
#include "cpu/shift_micro.hpp"
#include "cpu/shift_plan.hpp"
#include "cpu/shift_results.hpp"

#include <algorithm>
#include <array>
#include <complex>
#include <memory>
#include <utility>

namespace einfold::cpu {
namespace {

using Ints = std::vector<std::int64_t>;

/// Offsets of all values of these loops, first loop slowest.
Ints offsets_of(const plan::Nest& nest, const std::vector<std::size_t>& loops, const plan::Access& x) {
  Ints extents, strides;
  for (const std::size_t l : loops) {
    extents.push_back(nest.extents[l]);
    strides.push_back(x.strides[l]);
  }
  std::int64_t n = 1;
  for (const std::int64_t e : extents) n *= e;
  Ints offsets(static_cast<std::size_t>(n));
  list_offsets(extents, strides, 0, offsets.data());
  return offsets;
}

/// In real numbers: both parts of every complex element.
void make_real(Ints& offsets, bool channels) {
  Ints real;
  for (const std::int64_t at : offsets) {
    real.push_back(2 * at);
    if (channels) real.push_back(2 * at + 1);
  }
  offsets = std::move(real);
}

/// Where one operand's numbers are. Offsets count real numbers.
struct Source {
  Ints channels, batch, sums;
  std::int64_t origin = 0;  ///< of position 0 in every dimension
  Ints strides;             ///< per position
};

Source source_of(const ShiftPlan& plan, bool is_a) {
  const plan::Nest& nest = plan.problem.nest;
  const plan::Access& x = is_a ? nest.a : nest.b;
  Source s{offsets_of(nest, is_a ? plan.problem.rows : plan.problem.columns, x),
           offsets_of(nest, plan.problem.batch, x),
           offsets_of(nest, plan.problem.sums, x),
           x.base,
           {}};
  for (const ShiftedPair& pair : plan.problem.pairs) {
    const ShiftedAxis& axis = is_a ? pair.a : pair.b;
    s.origin -= axis.constant * axis.stride;
    s.strides.push_back(axis.stride * plan.unit);
  }
  s.origin *= plan.unit;
  if (plan.unit == 2) {
    make_real(s.channels, true);
    make_real(s.batch, false);
    make_real(s.sums, false);
  }
  return s;
}

/// Channels [first, last) of the rows and of the columns, for one value (or panel) of the batch.
struct Task {
  std::int64_t batch = 0;
  Range rows, columns;
  bool diagonal = false;
  std::size_t part = 0;
};

/// One nest of a step, made ready to run.
class ShiftNest {
 public:
  virtual ~ShiftNest() = default;
  std::int64_t workspace_bytes = 0;
  double written = 1;  ///< elements of C
  double flops = 0;

  virtual void run(const Buffers& buffers, std::span<std::byte> workspace, bool add,
                   Executor& executor) const = 0;
};

template <class T>
class ShiftGram final : public ShiftNest {
 public:
  ShiftGram(ShiftPlan plan, plan::Factor factor, const Options& options)
      : plan_(std::move(plan)),
        factor_(factor),
        shift_(shift_kernels<T>(options.isa)),
        micro_(micro_kernels<T>(options.isa)),
        a_(source_of(plan_, true)),
        b_(source_of(plan_, false)),
        c_rows_(offsets_of(nest(), plan_.problem.rows, nest().c)),
        c_columns_(offsets_of(nest(), plan_.problem.columns, nest().c)),
        c_batch_(offsets_of(nest(), plan_.problem.batch, nest().c)) {
    list_tasks();
    rows_together_ = together(c_rows_);
    columns_together_ = together(c_columns_);
    for (const bool diagonal : {false, true}) {
      for (std::size_t part = 0; part < plan_.parts(diagonal).size(); ++part)
        results_[diagonal ? 1 : 0].push_back(list_results(plan_, diagonal, part,
                                                          !columns_together_ && plan_.unit == 1,
                                                          !rows_together_ && plan_.unit == 1));
    }
    for (const Task& task : tasks_) flops += flops_of(task);
    Arena measure(nullptr);
    ShiftScratch<T>(plan_, measure);
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, options.threads);
    written = static_cast<double>(c_rows_.size()) * static_cast<double>(c_columns_.size()) *
              static_cast<double>(c_batch_.size());
    for (const ShiftedPair& pair : plan_.problem.pairs)
      written *= static_cast<double>(pair.a_taps) * static_cast<double>(pair.b_taps);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, bool add,
           Executor& executor) const override {
    executor.run(static_cast<std::int64_t>(tasks_.size()), [&](std::int64_t number, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const ShiftScratch<T> scratch(plan_, arena);
      const Task& task = tasks_[static_cast<std::size_t>(number)];
      sum_blocks(task, static_cast<const T*>(buffers.a), static_cast<const T*>(buffers.b), scratch);
      if (plan_.unit == 2) {
        assemble(task, scratch, static_cast<std::complex<T>*>(buffers.c), add);
      } else {
        assemble(task, scratch, static_cast<T*>(buffers.c), add);
      }
    });
  }

 private:
  using Lanes = ShiftPlan::Lanes;
  static constexpr std::int64_t kP = kPanel<T>;

  [[nodiscard]] const plan::Nest& nest() const { return plan_.problem.nest; }
  [[nodiscard]] std::size_t dimensions() const { return plan_.dimensions.size(); }

  static bool together(const Ints& offsets) {
    for (std::size_t i = 1; i < offsets.size(); ++i) {
      if (offsets[i] != offsets[0] + static_cast<std::int64_t>(i)) return false;
    }
    return true;
  }

  void list_tasks() {
    const std::int64_t batches = plan_.lanes == Lanes::kBatch ? (plan_.batches + kP - 1) / kP : plan_.batches;
    const bool symmetric = plan_.problem.symmetric;
    for (std::int64_t batch = 0; batch < batches; ++batch) {
      for (std::int64_t i = 0; i < plan_.rows; i += plan_.row_block) {
        for (std::int64_t j = symmetric ? i : 0; j < plan_.columns; j += plan_.column_block) {
          const bool diagonal = symmetric && i == j;
          for (std::size_t part = 0; part < plan_.parts(diagonal).size(); ++part) {
            tasks_.push_back({batch,
                              {i, std::min(i + plan_.row_block, plan_.rows)},
                              {j, std::min(j + plan_.column_block, plan_.columns)},
                              diagonal,
                              part});
          }
        }
      }
    }
  }

  /// Two per product of real numbers that somebody asked for.
  [[nodiscard]] double flops_of(const Task& task) const {
    const Part& part = plan_.parts(task.diagonal)[task.part];
    double points = 0;
    for (std::size_t i = part.first; i < part.last; ++i)
      points += static_cast<double>(plan_.combinations(task.diagonal)[i].points);
    const std::int64_t lanes =
        plan_.lanes == Lanes::kBatch ? std::min(kP, plan_.batches - task.batch * kP) : 1;
    const std::int64_t channels =
        (task.rows.last - task.rows.first) * (task.columns.last - task.columns.first);
    return 2 * points * static_cast<double>(plan_.sums * lanes) * static_cast<double>(channels);
  }

  /// A block of the summed points: values of the summed loops (or panels of them) and u.
  struct Block {
    Range sums;
    std::vector<Range> u;
  };

  void sum_blocks(const Task& task, const T* a, const T* b, const ShiftScratch<T>& scratch) const {
    const Part& part = plan_.parts(task.diagonal)[task.part];
    const std::int64_t elements = part.cells * plan_.cell_elements();
    std::fill_n(scratch.sums, plan_.levels() * elements, T(0));
    const bool same = plan_.shared_slab && task.diagonal;
    LoopBox box;
    Block block;
    block.u.resize(dimensions());
    for (std::int64_t i = 0; i < plan_.blocks.count(); ++i) {
      plan_.blocks.box(i, box);
      block.sums = {box.start[0], box.start[0] + box.extent[0]};
      for (std::size_t d = 0; d < dimensions(); ++d) {
        const std::int64_t first = plan_.u_first[d] + box.start[d + 1];
        block.u[d] = {first, first + box.extent[d + 1]};
      }
      pack(a_, plan_.a_slab, task, task.rows, block, a, scratch.a_slab);
      if (!same) pack(b_, plan_.b_slab, task, task.columns, block, b, scratch.b_slab);
      const T* b_slab = same ? scratch.a_slab : scratch.b_slab;
      if (plan_.lanes == Lanes::kChannels) {
        sum_tiles(task, part, block, b_slab, scratch);
      } else {
        sum_lanes(part, block, b_slab, scratch);
      }
      const bool lift =
          plan_.lift_every > 0 && ((i + 1) % plan_.lift_every == 0 || i + 1 == plan_.blocks.count());
      if (lift) {
        micro_.add_row(elements, scratch.sums + elements, scratch.sums);
        std::fill_n(scratch.sums, elements, T(0));
      }
    }
  }

  /// First position of the slab.
  static std::int64_t low(const SlabLayout::Axis& axis, const Range& u) {
    return axis.low + axis.follow * u.first;
  }

  /// Copies what exists of the positions that the block reads.
  void pack(const Source& source, const SlabLayout& slab, const Task& task, Range channels,
            const Block& block, const T* from, T* to) const {
    const std::size_t inner = dimensions() - 1;
    std::vector<Range> positions(dimensions());
    for (std::size_t d = 0; d < dimensions(); ++d) {
      const SlabLayout::Axis& axis = slab.axes[d];
      const std::int64_t first = low(axis, block.u[d]);
      positions[d] = {std::max(first, axis.needed.first), std::min(first + axis.count, axis.needed.last)};
      if (positions[d].first >= positions[d].last) return;
    }
    // Whole rows one after the other are one long row.
    std::size_t last = inner;
    std::int64_t run = positions[inner].last - positions[inner].first;
    while (last > 0 && run * kP == slab.axes[last - 1].pitch &&
           source.strides[last - 1] == run * source.strides[inner]) {
      --last;
      run *= positions[last].last - positions[last].first;
    }
    const bool channel_lanes = plan_.lanes == Lanes::kChannels;
    const std::int64_t width = channel_lanes ? kP : 1;
    const std::int64_t batch =
        plan_.lanes == Lanes::kBatch ? 0 : source.batch[static_cast<std::size_t>(task.batch)];
    std::vector<std::int64_t> at(last, 0);
    for (std::size_t d = 0; d < last; ++d) at[d] = positions[d].first;
    for (std::int64_t s = block.sums.first; s < block.sums.last; ++s) {
      for (std::size_t d = 0; d < last; ++d) at[d] = positions[d].first;
      for (;;) {
        std::int64_t address = source.origin + batch, place = (s - block.sums.first) * slab.per_sum;
        if (plan_.lanes != Lanes::kSums) address += source.sums[static_cast<std::size_t>(s)];
        for (std::size_t d = 0; d < dimensions(); ++d) {
          const std::int64_t position = d < last ? at[d] : positions[d].first;
          address += position * source.strides[d];
          place += (position - low(slab.axes[d], block.u[d])) * slab.axes[d].pitch;
        }
        for (std::int64_t channel = channels.first; channel < channels.last; channel += width) {
          const auto first = static_cast<std::size_t>(channel);
          T* panel = to + (channel - channels.first) / width * slab.panel + place;
          if (channel_lanes) {
            pack_row(from + address, &source.channels[first], std::min(kP, channels.last - channel), run,
                     source.strides[inner], panel);
            continue;
          }
          const Ints& lanes = plan_.lanes == Lanes::kBatch ? source.batch : source.sums;
          const std::int64_t lane = (plan_.lanes == Lanes::kBatch ? task.batch : s) * kP;
          pack_row(from + address + source.channels[first], &lanes[static_cast<std::size_t>(lane)],
                   std::min(kP, static_cast<std::int64_t>(lanes.size()) - lane), run, source.strides[inner],
                   panel);
        }
        std::size_t d = last;
        while (d > 0 && ++at[d - 1] == positions[d - 1].last) {
          --d;
          at[d] = positions[d].first;
        }
        if (d == 0) break;
      }
    }
  }

  /// to[p][lane] = from[lanes[lane] + p * stride],  zero for the lanes that are missing.
  void pack_row(const T* from, const std::int64_t* lanes, std::int64_t n, std::int64_t run,
                std::int64_t stride, T* to) const {
    if (stride == 1) return micro_.pack_columns(from, lanes, run, n, 1, kP, 0, to);
    bool together = true;
    for (std::int64_t j = 1; j < n; ++j) together = together && lanes[j] == lanes[0] + j;
    if (together && n == kP) {
      for (std::int64_t p = 0; p < run; ++p) std::copy_n(from + lanes[0] + p * stride, kP, to + p * kP);
      return;
    }
    for (std::int64_t p = 0; p < run; ++p, from += stride, to += kP) {
      for (std::int64_t j = 0; j < n; ++j) to[j] = from[lanes[j]];
      std::fill(to + n, to + kP, T(0));
    }
  }

  /// Lists the runs of a box of u, relative to u = 0 in the slabs; false if nothing of it is in the block.
  bool list_runs(const Block& block, std::vector<Range>& box, const ShiftScratch<T>& scratch,
                 ShiftRuns& points) const {
    const std::size_t inner = dimensions() - 1;
    for (std::size_t d = 0; d < dimensions(); ++d) {
      box[d] = {std::max(box[d].first, block.u[d].first), std::min(box[d].last, block.u[d].last)};
      if (box[d].first >= box[d].last) return false;
    }
    const auto stride = [&](std::size_t d) { return plan_.problem.pairs[d].stride; };
    points.length = box[inner].last - box[inner].first;
    points.step = stride(inner) * kP;
    points.a = scratch.a_runs;
    points.b = scratch.b_runs;
    points.runs = 0;
    std::int64_t u[kMostDimensions];
    for (std::int64_t s = 0; s < block.sums.last - block.sums.first; ++s) {
      for (std::size_t d = 0; d < inner; ++d) u[d] = box[d].first;
      for (;;) {
        std::int64_t a = s * plan_.a_slab.per_sum, b = s * plan_.b_slab.per_sum;
        for (std::size_t d = 0; d < dimensions(); ++d) {
          const std::int64_t position = stride(d) * (d < inner ? u[d] : box[d].first);
          a += position * plan_.a_slab.axes[d].pitch;
          b += position * plan_.b_slab.axes[d].pitch;
        }
        scratch.a_runs[points.runs] = a;
        scratch.b_runs[points.runs++] = b;
        std::size_t d = inner;
        while (d > 0 && ++u[d - 1] == box[d - 1].last) {
          --d;
          u[d] = box[d].first;
        }
        if (d == 0) break;
      }
    }
    return true;
  }

  /// Where the position of u = 0 lies in a slab, if it were in the block.
  static std::int64_t start(const SlabLayout& slab, const Block& block, std::size_t d, std::int64_t first) {
    return (first - low(slab.axes[d], block.u[d])) * slab.axes[d].pitch;
  }

  /// Calls f(points) for chains of at most kChain points each.
  template <class F>
  static void each_chain(const ShiftRuns& points, F&& f) {
    for (std::int64_t p = 0; p < points.length; p += kChain) {
      ShiftRuns chain = points;
      chain.length = std::min(kChain, points.length - p);
      const std::int64_t most = kChain / chain.length;
      for (std::int64_t r = 0; r < points.runs; r += most) {
        chain.a = points.a + r;
        chain.b = points.b + r;
        chain.runs = std::min(most, points.runs - r);
        f(chain, p * points.step);
      }
    }
  }

  void sum_tiles(const Task& task, const Part& part, const Block& block, const T* b_slab,
                 const ShiftScratch<T>& scratch) const {
    const std::vector<Combination>& combinations = plan_.combinations(task.diagonal);
    std::vector<Range> box(dimensions());
    std::vector<std::size_t> piece(dimensions());
    ShiftTiles<T> tiles{};
    tiles.a_panel = plan_.a_slab.panel;
    tiles.b_panel = plan_.b_slab.panel;
    tiles.rows = task.rows.last - task.rows.first;
    tiles.panels = (task.columns.last - task.columns.first + kP - 1) / kP;
    tiles.ld = tiles.panels * kP;
    for (std::size_t i = part.first; i < part.last; ++i) {
      const Combination& c = combinations[i];
      std::int64_t a = 0, b = 0;
      for (std::size_t d = 0; d < dimensions(); ++d) {
        const Displacement& displacement = plan_.dimensions[d][c.of[d]];
        a += start(plan_.a_slab, block, d, displacement.a_first);
        b += start(plan_.b_slab, block, d, displacement.b_first);
        piece[d] = 0;
      }
      for (std::int64_t cell = 0; cell < c.cells; ++cell) {
        for (std::size_t d = 0; d < dimensions(); ++d) box[d] = plan_.dimensions[d][c.of[d]].pieces[piece[d]];
        ShiftRuns points;
        if (list_runs(block, box, scratch, points)) {
          tiles.sum = scratch.sums + (c.first_cell - part.first_cell + cell) * plan_.cell_elements();
          each_chain(points, [&](const ShiftRuns& chain, std::int64_t further) {
            tiles.points = chain;
            tiles.a = scratch.a_slab + a + further;
            tiles.b = b_slab + b + further;
            shift_.tiles(tiles);
          });
        }
        std::size_t d = dimensions();
        while (d > 0 && ++piece[d - 1] == plan_.dimensions[d - 1][c.of[d - 1]].pieces.size()) piece[--d] = 0;
      }
    }
  }

  void sum_lanes(const Part& part, const Block& block, const T* b_slab,
                 const ShiftScratch<T>& scratch) const {
    std::vector<Range> box(dimensions());
    ShiftLanes<T> lanes{};
    lanes.spacing = plan_.problem.pairs.back().dilation * kP;
    for (const LaneBox& of : part.boxes) {
      box = of.u;
      ShiftRuns points;
      if (!list_runs(block, box, scratch, points)) continue;
      std::int64_t a = 0;
      for (std::size_t d = 0; d < dimensions(); ++d) a += start(plan_.a_slab, block, d, of.a_first[d]);
      for (std::size_t first = 0; first < of.rows.size();) {
        std::size_t last = first + 1;
        while (last < of.rows.size() && of.rows[last].cells.size() == of.rows[first].cells.size()) ++last;
        for (std::int64_t channel = 0; channel < plan_.rows; ++channel) {
          const T** row = scratch.lane_rows;
          T** sum = scratch.lane_sums;
          for (std::size_t r = first; r < last; ++r) {
            std::int64_t b = 0;
            for (std::size_t d = 0; d < dimensions(); ++d)
              b += start(plan_.b_slab, block, d, of.rows[r].b_first[d]);
            for (std::int64_t other = 0; other < plan_.columns; ++other) {
              *row++ = b_slab + other * plan_.b_slab.panel + b;
              for (const std::int64_t cell : of.rows[r].cells) {
                *sum++ = scratch.sums + cell * plan_.cell_elements() + (channel * plan_.columns + other) * kP;
              }
            }
          }
          each_chain(points, [&](const ShiftRuns& chain, std::int64_t further) {
            lanes.points = chain;
            lanes.a = scratch.a_slab + channel * plan_.a_slab.panel + a + further;
            lanes.b = scratch.lane_rows;
            lanes.b_first = further;
            lanes.rows = row - scratch.lane_rows;
            lanes.count = static_cast<std::int64_t>(of.rows[first].cells.size());
            lanes.sums = scratch.lane_sums;
            shift_.lanes(lanes);
          });
        }
        first = last;
      }
    }
  }

  /// C[(c, k), (c', k')] (+)= factor times the sum of the cells of (k, k'), and the mirror image.
  template <class Element>
  void assemble(const Task& task, const ShiftScratch<T>& scratch, Element* c, bool add) const {
    const Part& part = plan_.parts(task.diagonal)[task.part];
    const T* sums = scratch.sums + (plan_.levels() - 1) * part.cells * plan_.cell_elements();
    const ShiftResults& results = results_[task.diagonal ? 1 : 0][task.part];
    if (plan_.lanes != Lanes::kChannels) {
      for (const TapResult& taps : results.taps) store_lanes(task, sums, taps, c, add);
      return;
    }
    const std::int64_t row = task.rows.first / plan_.unit, column = task.columns.first / plan_.unit;
    const std::int64_t batch = c_batch_[static_cast<std::size_t>(task.batch)];
    const std::int64_t *rows = c_rows_.data(), *columns = c_columns_.data();
    for (const TapRun& run : results.direct) {
      store_tiles(task, sums, results, run, scratch.row, c + batch, rows + row, columns + column,
                  columns_together_, add);
    }
    for (const TapRun& run : results.mirrored) {
      store_tiles(task, sums, results, run, scratch.row, c + batch, columns + row, rows + column,
                  rows_together_, add);
    }
  }

  /// Element j of a row of sums; of complex products the real view [[re re, re im], [im re, im im]] has two
  /// rows.
  template <class Element>
  [[nodiscard]] static Element element(const T* row, const T* below, std::int64_t j) {
    if constexpr (is_complex_v<Element>) {
      return {row[2 * j] - below[2 * j + 1], row[2 * j + 1] + below[2 * j]};
    } else {
      (void)below;
      return row[j];
    }
  }

  template <class Element>
  void put(Element& to, Element value, bool add) const {
    const auto scaled = static_cast<Element>(value * factor_as<Element>(factor_));
    to = add ? static_cast<Element>(to + scaled) : scaled;
  }

  /// Writes some taps that are neighbours in C, channel c of A after channel:  c + run.at + c_offsets[c] +
  /// other_offsets[c'] + number of the taps in the run.
  template <class Element>
  void store_tiles(const Task& task, const T* sums, const ShiftResults& results, const TapRun& run, T* row,
                   Element* c, const std::int64_t* c_offsets, const std::int64_t* other_offsets,
                   bool others_together, bool add) const {
    const std::int64_t unit = plan_.unit, channels = (task.rows.last - task.rows.first) / unit;
    const std::int64_t columns = (task.columns.last - task.columns.first) / unit;
    const std::int64_t ld = (task.columns.last - task.columns.first + kP - 1) / kP * kP;
    const std::int64_t n = unit * ld;  // both rows of a complex product lie one after the other
    for (std::int64_t i = 0; i < channels; ++i) {
      for (std::int64_t r = 0; r < run.count; ++r) {
        T* total = row + r * n;
        std::fill_n(total, n, T(0));
        for (const std::int64_t cell : results.taps[run.first_of(r)].cells)
          micro_.add_row(n, total, sums + cell * plan_.cell_elements() + i * n);
      }
      Element* to = c + run.at + c_offsets[i];
      if constexpr (!is_complex_v<Element>) {
        const T factor = factor_as<T>(factor_);
        if (run.count > 1) {
          micro_.store_transposed(run.count, columns, to, other_offsets, row, ld, factor, add);
          continue;
        }
        if (others_together) {
          micro_.store_row(columns, to + other_offsets[0], row, factor, add);
          continue;
        }
      }
      for (std::int64_t r = 0; r < run.count; ++r) {
        const T* total = row + r * n;
        for (std::int64_t j = 0; j < columns; ++j)
          put(to[other_offsets[j] + r], element<Element>(total, total + ld, j), add);
      }
    }
  }

  /// The sum of a panel's numbers, in halves.
  static void add_up(T* panel) {
    for (std::int64_t half = kP / 2; half > 0; half /= 2) {
      for (std::int64_t j = 0; j < half; ++j) panel[j] += panel[j + half];
    }
  }

  template <class Element>
  void store_lanes(const Task& task, const T* sums, const TapResult& taps, Element* c, bool add) const {
    const std::int64_t unit = plan_.unit, rows = plan_.rows / unit, columns = plan_.columns / unit;
    const bool batch_lanes = plan_.lanes == Lanes::kBatch;
    const std::int64_t first = batch_lanes ? task.batch * kP : task.batch;
    const std::int64_t lanes = batch_lanes ? std::min(kP, plan_.batches - first) : 1;
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        T total[2 * 2][kP];
        for (std::int64_t q = 0; q < unit * unit; ++q) {
          const std::int64_t row = i * unit + q / unit, column = j * unit + q % unit;
          std::fill_n(total[q], kP, T(0));
          for (const std::int64_t cell : taps.cells) {
            const T* panel = sums + cell * plan_.cell_elements() + (row * plan_.columns + column) * kP;
            for (std::int64_t lane = 0; lane < kP; ++lane) total[q][lane] += panel[lane];
          }
          if (!batch_lanes) add_up(total[q]);
        }
        const auto row = static_cast<std::size_t>(i), column = static_cast<std::size_t>(j);
        const std::int64_t at = taps.at + c_rows_[row] + c_columns_[column];
        // Only a symmetric result, which is square, has a mirror image.
        const std::int64_t mirrored =
            taps.has_mirror ? taps.mirrored_at + c_columns_[row] + c_rows_[column] : 0;
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
          Element value;
          if constexpr (is_complex_v<Element>) {
            value = {total[0][lane] - total[3][lane], total[1][lane] + total[2][lane]};
          } else {
            value = total[0][lane];
          }
          const std::int64_t batch = c_batch_[static_cast<std::size_t>(first + lane)];
          put(c[batch + at], value, add);
          if (taps.has_mirror) put(c[batch + mirrored], value, add);
        }
      }
    }
  }

  ShiftPlan plan_;
  plan::Factor factor_;
  const ShiftKernels<T>& shift_;
  const MicroKernels<T>& micro_;
  Source a_, b_;
  Ints c_rows_, c_columns_, c_batch_;
  bool rows_together_ = false, columns_together_ = false;  ///< channels are neighbours in C
  std::array<std::vector<ShiftResults>, 2> results_;       ///< of off-diagonal and of diagonal tasks, by part
  std::vector<Task> tasks_;
  std::int64_t per_worker_ = 0;
};

/// All nests of a step, one after the other.
class ShiftGrams final : public Kernel {
 public:
  ShiftGrams(std::vector<std::unique_ptr<const ShiftNest>> nests, const plan::Contraction& step, DType dtype)
      : nests_(std::move(nests)), dtype_(dtype), box_(step.c_extents, step.c_strides) {
    name_ = "shift-invariant Gram";
    double written = 0;
    for (std::size_t n = 0; n < nests_.size(); ++n) {
      const auto& nest = nests_[n];
      const double bytes = bytes_touched(loop_nest_of(step.nests[n], true, true), true, true, dtype);
      loads_.push_back({nest->flops, bytes, 0.5});
      written += nest->written;
      flops_ += nest->flops;
      workspace_bytes_ = std::max(workspace_bytes_, nest->workspace_bytes);
    }
    overwrites_ = step.zero_first && nests_.size() == 1 && written == box_.size();
    zero_first_ = step.zero_first && !overwrites_;
    if (zero_first_) loads_.push_back({.bytes = box_.size() * static_cast<double>(size_bytes(dtype))});
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    if (zero_first_) write_zeros(box_, buffers.c, size_bytes(dtype_), executor);
    for (const auto& nest : nests_) nest->run(buffers, workspace, !overwrites_, executor);
  }

 private:
  std::vector<std::unique_ptr<const ShiftNest>> nests_;
  DType dtype_;
  Box box_;
  bool zero_first_ = false, overwrites_ = false;
};

}  // namespace

std::shared_ptr<Kernel> make_shift_gram(const plan::Contraction& step, DType dtype, const Options& options,
                                        std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return nullptr;
  };
  if (is_integer(dtype)) return decline("integers");
  if (!step.has_a || !step.has_b) return decline("one operand");
  if (step.nests.empty()) return decline("nothing is summed");
  std::vector<std::unique_ptr<const ShiftNest>> nests;
  for (std::size_t i = 0; i < step.nests.size(); ++i) {
    auto problem = recognise_shifts(step, i, reason);
    if (!problem) return nullptr;
    auto plan = plan_shift(std::move(*problem), dtype, options, reason);
    if (!plan) return nullptr;
    const bool wide = plan->panel == 8;
    if (wide) {
      nests.push_back(std::make_unique<ShiftGram<double>>(std::move(*plan), step.factor, options));
    } else {
      nests.push_back(std::make_unique<ShiftGram<float>>(std::move(*plan), step.factor, options));
    }
  }
  return std::make_shared<ShiftGrams>(std::move(nests), step, dtype);
}

}  // namespace einfold::cpu
