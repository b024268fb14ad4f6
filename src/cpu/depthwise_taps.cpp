// SPDX-License-Identifier: MIT
#include "cpu/ahead.hpp"
#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/depthwise.hpp"
#include "cpu/depthwise_blocks.hpp"
#include "cpu/depthwise_outer.hpp"
#include "cpu/micro.hpp"
#include "cpu/tiling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kSlabBytes = 64 << 10;
constexpr std::int64_t kMostTaps = 1024;
constexpr std::int64_t kTaskPoints = 1 << 21;  ///< products per task, about

std::int64_t whole_chains(std::int64_t n) { return (n + kLaneChains - 1) / kLaneChains * kLaneChains; }

/// Taps first, first + step, .. , which read the same phase of the slab, `shift` results from one to the
/// next.
struct TapClass {
  std::int64_t first = 0, step = 1, count = 0, shift = 1;
};

/// Taps by the remainders of their positions modulo the stride.
std::vector<TapClass> classes_of(const DepthwiseAxis& axis) {
  const std::int64_t divisor = std::gcd(axis.stride, axis.dilation), step = axis.stride / divisor;
  std::vector<TapClass> result;
  for (std::int64_t first = 0; first < std::min(step, axis.taps); ++first)
    result.push_back({first, step, (axis.taps - first + step - 1) / step, axis.dilation / divisor});
  return result;
}

/// One call of DepthwiseKernels::correlate; pointers are offsets yet.
struct Call {
  std::int64_t x = 0, x_row = 0, x_tap = 0, y = 0, y_tap = 0, rows = 0, row_taps = 0, column_taps = 0,
               sums = 0, sums_row = 0;
  [[nodiscard]] std::int64_t work() const noexcept { return rows * row_taps * column_taps; }
};

/// Small images stand in the slab one below the other, with so many rows of zeros between them that no tap
/// reaches from one into the other: what they cost beyond their own rows is less than what a call costs.
struct Stack {
  std::int64_t images = 1;
  std::int64_t x_rows = 0, y_rows = 0;  ///< of the slab and of the image, from one to the next

  Stack() = default;
  /// So many slabs of X and of images are filled together.
  Stack(const DepthwiseProblem& p, const DepthwiseBlocks& b, std::int64_t element_bytes, std::int64_t most, std::int64_t xs,
        std::int64_t ys) {
    const auto& [planes, rows, columns] = p.axes;
    const std::int64_t positions = rows.positions(rows.results);
    const std::int64_t apart = std::max(positions - rows.from, rows.to);
    y_rows = (apart + rows.stride - 1) / rows.stride;
    x_rows = y_rows * rows.stride;
    if (b.blocks.size() > 1 || planes.results * planes.taps > 1) return;
    const std::int64_t terms = rows.results * whole_chains(columns.results) / kLaneChains;
    const std::int64_t bytes =
        (xs * x_rows * b.row_stride + ys * y_rows * whole_chains(columns.results)) * element_bytes;
    images = std::clamp<std::int64_t>(std::min(kChain / terms, kSlabBytes / bytes), 1,
                                      std::min(most, kMostImages));
  }
  static constexpr std::int64_t kMostImages = 32;
};

/// The sums of one block, as calls. The sums of a class of taps lie together: [plane][row class][column
/// class][row][column].
class Calls {
 public:
  Calls(const DepthwiseProblem& p, const DepthwiseBlocks& b, const Stack& stack, std::int64_t most_row_taps,
        std::int64_t most_column_taps)
      : p_(p),
        b_(b),
        stack_(stack),
        y_row_(whole_chains(b.results[2])),
        most_row_taps_(most_row_taps),
        most_column_taps_(most_column_taps),
        row_classes_(classes_of(p.axes[1])),
        column_classes_(classes_of(p.axes[2])) {
    pads_ = b.blocks.size() == 1 && p.axes[0].results == 1 && padding_is_cheap();
    for (const TapClass& r : row_classes_) margin_ = std::max(margin_, pads_ ? r.shift * (r.count - 1) : 0);
  }

  /// Rows of zeros before the image and behind it.
  [[nodiscard]] std::int64_t margin() const noexcept { return margin_; }

  /// For that many images in the stack.
  [[nodiscard]] std::vector<Call> of_block(const DepthwiseBlock& block, std::int64_t images) const {
    std::vector<Call> calls;
    const auto& [planes, rows, columns] = p_.axes;
    for (std::int64_t o = 0; o < block.results[0]; ++o) {
      for (std::int64_t k = 0; k < planes.taps; ++k) {
        const std::int64_t position = planes.stride * o + planes.dilation * k;
        const std::int64_t at = planes.stride * block.start[0] + position;
        if (at < planes.from || at >= planes.to) continue;
        Call call;
        call.y = (margin_ + o * b_.results[1]) * y_row_;
        call.x_row = rows.stride * b_.row_stride;
        call.sums = k * rows.taps * columns.taps * kLaneChains;
        for (const TapClass& r : row_classes_) {
          for (const TapClass& c : column_classes_) {
            call.x = position * b_.plane_stride + rows.dilation * r.first * b_.row_stride +
                     b_.column_offset(columns, columns.dilation * c.first);
            call.x_tap = c.shift;
            call.y_tap = r.shift * y_row_;
            call.column_taps = c.count;
            call.sums_row = c.count * kLaneChains;
            add_rows(block, images, r, call, calls);
            call.sums += r.count * c.count * kLaneChains;
          }
        }
      }
    }
    return calls;
  }

  /// Where the sums of each tap are, in row-major order of the taps.
  [[nodiscard]] std::vector<std::int64_t> sums_of_taps() const {
    const auto& [planes, rows, columns] = p_.axes;
    std::vector<std::int64_t> result(static_cast<std::size_t>(p_.tap_count()));
    std::int64_t at = 0;
    for (std::int64_t k = 0; k < planes.taps; ++k) {
      for (const TapClass& r : row_classes_) {
        for (const TapClass& c : column_classes_) {
          for (std::int64_t i = 0; i < r.count; ++i) {
            for (std::int64_t j = 0; j < c.count; ++j, at += kLaneChains) {
              const std::int64_t row = k * rows.taps + r.first + i * r.step;
              result[static_cast<std::size_t>(row * columns.taps + c.first + j * c.step)] = at;
            }
          }
        }
      }
    }
    return result;
  }

 private:
  /// The taps [first, last] of the class whose rows of the image the row of the slab meets; none if first > last. With `pads`, rows of zeros
  /// are met as well.
  struct Met {
    std::int64_t first, last;
    bool operator==(const Met&) const = default;
  };
  [[nodiscard]] Met taps_at(const DepthwiseBlock& block, std::int64_t images, const TapClass& r, std::int64_t row, bool pads) const {
    const DepthwiseAxis& rows = p_.axes[1];
    const std::int64_t results = stack_.y_rows * (images - 1) + block.results[1];
    Met met{0, r.count - 1};
    while (met.first <= met.last && row - r.shift * met.first >= results) ++met.first;
    while (met.first <= met.last && row - r.shift * met.last < 0) --met.last;
    const std::int64_t position = rows.stride * (block.start[1] + row) + rows.dilation * r.first;
    if (position < rows.from || position >= stack_.x_rows * (images - 1) + rows.to) met.last = met.first - 1;
    return pads && met.first <= met.last ? Met{0, r.count - 1} : met;
  }
  [[nodiscard]] std::int64_t rows_met(const DepthwiseBlock& block, std::int64_t images, const TapClass& r) const {
    return stack_.y_rows * (images - 1) + block.results[1] + r.shift * (r.count - 1);
  }

  /// Whether all taps at every row, zeros beside the image included, are hardly more work: calls are then fewer and longer.
  [[nodiscard]] bool padding_is_cheap() const {
    std::int64_t exact = 0, padded = 0;
    for (const TapClass& r : row_classes_) {
      for (std::int64_t row = 0; row < rows_met(b_.blocks[0], stack_.images, r); ++row) {
        const Met met = taps_at(b_.blocks[0], stack_.images, r, row, false), all = taps_at(b_.blocks[0], stack_.images, r, row, true);
        exact += met.last - met.first + 1;
        padded += all.last - all.first + 1;
      }
    }
    return 16 * padded <= 17 * exact;
  }

  /// Calls for every stretch of rows of the slab that meet the same taps' rows of the image, a few rows at a
  /// time.
  void add_rows(const DepthwiseBlock& block, std::int64_t images, const TapClass& r, const Call& call,
                std::vector<Call>& calls) const {
    constexpr std::int64_t kCallVectors = 64;
    const std::int64_t end = rows_met(block, images, r);
    const std::int64_t most_rows = std::max<std::int64_t>(1, kCallVectors * kLaneChains / y_row_);
    for (std::int64_t row = 0, next = 0; row < end; row = next) {
      const auto [first, last] = taps_at(block, images, r, row, pads_);
      while (next < end && next - row < most_rows && taps_at(block, images, r, next, pads_) == Met{first, last}) ++next;
      if (first > last) continue;
      Call one = call;
      one.x += row * call.x_row;
      one.y += row * y_row_ - first * call.y_tap;
      one.sums += first * call.sums_row;
      one.rows = next - row;
      one.row_taps = last - first + 1;
      add_tiles(one, calls);
    }
  }

  /// Equal parts: no tile is much smaller than the others.
  void add_tiles(const Call& call, std::vector<Call>& calls) const {
    const std::int64_t row_parts = (call.row_taps + most_row_taps_ - 1) / most_row_taps_;
    const std::int64_t column_parts = (call.column_taps + most_column_taps_ - 1) / most_column_taps_;
    for (std::int64_t a = 0; a < row_parts; ++a) {
      for (std::int64_t b = 0; b < column_parts; ++b) {
        const std::int64_t i = a * call.row_taps / row_parts, j = b * call.column_taps / column_parts;
        Call tile = call;
        tile.x += j * call.x_tap;
        tile.y -= i * call.y_tap;
        tile.sums += i * call.sums_row + j * kLaneChains;
        tile.row_taps = (a + 1) * call.row_taps / row_parts - i;
        tile.column_taps = (b + 1) * call.column_taps / column_parts - j;
        calls.push_back(tile);
      }
    }
  }

  const DepthwiseProblem& p_;
  const DepthwiseBlocks& b_;
  const Stack& stack_;
  std::int64_t y_row_, most_row_taps_, most_column_taps_;
  std::vector<TapClass> row_classes_, column_classes_;
  bool pads_ = false;
  std::int64_t margin_ = 0;
};

/// Images whose taps are summed together: each of several X is paired with each of several images.
struct Together {
  struct Place {
    std::int64_t at = 0, taps = 0;
  };
  std::vector<Place> xs{Place{}}, images{Place{}};
  std::vector<DepthwiseOuter> apart;  ///< the other loops

  /// At most `most` of each.
  Together(const std::vector<DepthwiseOuter>& kept, std::int64_t most) {
    for (const DepthwiseOuter& loop : kept) {
      DepthwiseOuter rest = loop;
      if (loop.image == 0) add(xs, rest, loop.x, most);
      if (loop.x == 0) add(images, rest, loop.image, most);
      if (rest.extent > 1) apart.push_back(rest);
    }
  }
  [[nodiscard]] std::int64_t pairs() const { return static_cast<std::int64_t>(xs.size() * images.size()); }

 private:
  /// Takes as many values of the loop as there is room for.
  static void add(std::vector<Place>& places, DepthwiseOuter& loop, std::int64_t step, std::int64_t most) {
    const auto before = static_cast<std::int64_t>(places.size());
    const std::int64_t values = divisor_within(loop.extent, 1, std::max<std::int64_t>(1, most / before));
    for (std::int64_t i = 1; i < values; ++i) {
      for (std::int64_t j = 0; j < before; ++j) {
        const Place first = places[static_cast<std::size_t>(j)];
        places.push_back({first.at + i * step, first.taps + i * loop.taps});
      }
    }
    loop.extent /= values;
    loop.x *= values;
    loop.taps *= values;
    loop.image *= values;
  }
};

template <class T>
class DepthwiseTaps final : public NestKernel {
 public:
  DepthwiseTaps(DepthwiseProblem problem, Together together, DepthwiseBlocks blocks, const NestProblem& step,
                const Options& options)
      : p_(std::move(problem)),
        blocks_(std::move(blocks)),
        together_(std::move(together)),
        kept_(together_.apart),
        summed_(p_.summed),
        kernels_(depthwise_kernels<T>(options.isa)),
        factor_(static_cast<T>(step.factor.real)),
        stack_(p_, blocks_, sizeof(T), summed_.count(), xs(), images()),
        y_row_(whole_chains(blocks_.results[2])),
        y_size_((blocks_.results[0] * blocks_.results[1] + stack_.y_rows * (stack_.images - 1)) * y_row_),
        sums_size_(p_.tap_count() * kLaneChains),
        all_sums_(together_.pairs() * sums_size_) {
    name = "depth-wise taps";
    of_peak = 0.5 * p_.part_of_row(1500.0 / static_cast<double>(together_.pairs()));
    overwrites = step.may_overwrite && static_cast<double>(kept_.count() * together_.pairs() * p_.tap_count()) == step.c_box_size;
    const Calls calls(p_, blocks_, stack_, kernels_.row_taps, kernels_.column_taps);
    for (const DepthwiseBlock& block : blocks_.blocks) calls_.push_back(calls.of_block(block, stack_.images));
    last_calls_ = calls.of_block(blocks_.blocks[0], (summed_.count() - 1) % stack_.images + 1);
    sums_of_taps_ = calls.sums_of_taps();
    margin_ = calls.margin();
    blocks_.size += stack_.x_rows * (stack_.images - 1) * blocks_.row_stride;
    const std::int64_t terms = stack_.images * blocks_.results[0] * blocks_.results[1] * y_row_ / kLaneChains;
    blocks_per_chain_ = std::max<std::int64_t>(1, kChain / terms);
    y_size_ += 2 * margin_ * y_row_;
    // As many levels as the cascade will use.
    const std::int64_t stacks = (summed_.count() + stack_.images - 1) / stack_.images;
    const std::int64_t block_count = stacks * static_cast<std::int64_t>(blocks_.blocks.size());
    CascadeCounter counter;
    for (std::int64_t i = 0; i < block_count; i += blocks_per_chain_) counter.add(kChain, [](int) {});
    levels_ = counter.top() + 1;
    const double points = static_cast<double>(block_count * y_size_) * static_cast<double>(together_.pairs() * p_.tap_count());
    kept_per_task_ =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(kTaskPoints / points), 1, kept_.count());
    Arena measure(nullptr);
    Scratch(*this, measure);
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, options.threads);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const T* x = static_cast<const T*>(p_.x == kA ? buffers.a : buffers.b) + p_.x_base;
    const T* image = static_cast<const T*>(p_.x == kA ? buffers.b : buffers.a) + p_.image_base;
    T* taps = static_cast<T*>(buffers.c) + p_.taps_base;
    executor.run((kept_.count() + kept_per_task_ - 1) / kept_per_task_, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const Scratch scratch(*this, arena);
      clear_slabs(scratch);
      std::fill_n(scratch.y, y_size_ * images(), T(0));
      const std::int64_t first = task * kept_per_task_;
      OuterWalk at(kept_, first);
      for (std::int64_t i = first; i < std::min(first + kept_per_task_, kept_.count()); ++i) {
        one_sum(x + at.x(), image + at.image(), taps + at.taps(), scratch);
        at.advance();
      }
    });
  }

 private:
  struct Scratch {
    T *slab, *y, *sums;
    Scratch(const DepthwiseTaps& kernel, Arena& arena)
        : slab(arena.take<T>(kernel.blocks_.size * kernel.xs())),
          y(arena.take<T>(kernel.y_size_ * kernel.images())),
          sums(arena.take<T>(kernel.levels_ * kernel.all_sums_)) {}
  };
  [[nodiscard]] std::int64_t xs() const { return static_cast<std::int64_t>(together_.xs.size()); }
  [[nodiscard]] std::int64_t images() const { return static_cast<std::int64_t>(together_.images.size()); }
  void clear_slabs(const Scratch& scratch) const { std::fill_n(scratch.slab, blocks_.size * xs(), T(0)); }

  /// All taps at one point of the kept loops. Chains of at most kChain terms, then the cascade.
  void one_sum(const T* x, const T* image, T* taps, const Scratch& scratch) const {
    std::fill_n(scratch.sums, levels_ * all_sums_, T(0));
    CascadeCounter counter;
    const auto lift = [&](int level) {
      T* from = scratch.sums + level * all_sums_;
      for (std::int64_t i = 0; i < all_sums_; ++i) {
        from[all_sums_ + i] += from[i];
        from[i] = T(0);
      }
    };
    OuterWalk at(summed_, 0);
    std::int64_t in_chain = 0;
    const std::size_t blocks = blocks_.blocks.size();
    for (std::int64_t i = 0; i < summed_.count(); i += stack_.images) {
      const std::int64_t images = std::min(stack_.images, summed_.count() - i);
      for (std::size_t b = 0; b < blocks; ++b) {
        if (blocks > 1) clear_slabs(scratch);
        for (std::int64_t g = 0; g < images; ++g) {
          T* slab = scratch.slab + g * stack_.x_rows * blocks_.row_stride;
          for (const auto& place : together_.xs) {
            fill_slab(blocks_.blocks[b], kernels_, x + at.x() + place.at, slab);
            slab += blocks_.size;
          }
          T* y = scratch.y + (margin_ + g * stack_.y_rows) * y_row_;
          for (const auto& place : together_.images) {
            fill_y(blocks_.blocks[b], image + at.image() + place.at, y);
            y += y_size_;
          }
          if (b + 1 == blocks) at.advance();
        }
        const bool last = i + images == summed_.count() && b + 1 == blocks;
        Ahead ahead;
        if (!last)
          look_ahead(x, image, at, (b + 1) % blocks, std::min(stack_.images, summed_.count() - i), ahead);
        correlate(images == stack_.images ? calls_[b] : last_calls_, blocks_.blocks[b].results[2], scratch, ahead);
        if (++in_chain == blocks_per_chain_ || last) {
          counter.add(kChain, lift);
          in_chain = 0;
        }
      }
    }
    for (int level = 0; level < counter.top(); ++level) lift(level);
    const T* sums = scratch.sums + counter.top() * all_sums_;
    for (const auto& of_x : together_.xs) {
      for (const auto& of_image : together_.images) {
        store(sums, x + of_x.at, image + of_image.at, taps + of_x.taps + of_image.taps);
        sums += sums_size_;
      }
    }
  }

  /// Behind a row's last column come zeros.
  void fill_y(const DepthwiseBlock& block, const T* image, T* y) const {
    const std::int64_t n = block.results[2];
    const T* from = image + origin(block);
    for (std::int64_t i = 0; i < block.results[0]; ++i) {
      for (std::int64_t j = 0; j < block.results[1]; ++j) {
        T* to = y + (i * blocks_.results[1] + j) * y_row_;
        kernels_.copy(n, from + i * p_.axes[0].image_step + j * p_.axes[1].image_step, p_.axes[2].image_step,
                      to);
        std::fill(to + n, to + y_row_, T(0));
      }
    }
  }
  [[nodiscard]] std::int64_t origin(const DepthwiseBlock& block) const {
    std::int64_t result = 0;
    for (std::size_t d = 0; d < 3; ++d) result += block.start[d] * p_.axes[d].image_step;
    return result;
  }

  /// Lists what the next stack reads, where that is about one stretch of memory an image.
  void look_ahead(const T* x, const T* image, OuterWalk at, std::size_t b, std::int64_t images,
                  Ahead& ahead) const {
    const DepthwiseBlock& block = blocks_.blocks[b];
    if (block.runs.empty()) return;
    const SlabRun &first = block.runs.front(), &last = block.runs.back();
    const std::int64_t x_reach = last.x + (last.count - 1) * last.step + 1 - first.x;
    const auto& [n0, n1, n2] = block.results;
    const std::int64_t y_reach = (n0 - 1) * p_.axes[0].image_step + (n1 - 1) * p_.axes[1].image_step +
                                 (n2 - 1) * p_.axes[2].image_step + 1;
    for (std::int64_t g = 0; g < images; ++g) {
      for (const auto& place : together_.xs) {
        const T* from = x + at.x() + place.at + first.x;
        if (x_reach > 0 && x_reach <= 2 * blocks_.size) ahead.add(from, from + x_reach);
      }
      for (const auto& place : together_.images) {
        const T* with = image + at.image() + place.at + origin(block);
        if (y_reach > 0 && y_reach <= 2 * n0 * n1 * n2) ahead.add(with, with + y_reach);
      }
      at.advance();
    }
  }

  void correlate(const std::vector<Call>& calls, std::int64_t width, const Scratch& scratch,
                 Ahead& ahead) const {
    std::int64_t work = 0, done = 0, asked = 0;
    for (const Call& c : calls) work += c.work() * together_.pairs();
    for (const Call& c : calls) {
      for (std::int64_t pair = 0; pair < together_.pairs(); ++pair) {
        done += c.work();
        const std::int64_t lines = (ahead.lines() * done + work - 1) / work;
        ahead.ask(lines - asked);
        asked = lines;
        const std::int64_t of_x = pair / images(), of_image = pair % images();
        kernels_.correlate({scratch.slab + of_x * blocks_.size + c.x, c.x_row, c.x_tap, scratch.y + of_image * y_size_ + c.y, y_row_,
                            c.y_tap, c.rows, width, c.row_taps, c.column_taps, scratch.sums + pair * sums_size_ + c.sums, c.sums_row});
      }
    }
  }

  void store(const T* sums, const T* x, const T* image, T* taps) const {
    const auto& [planes, rows, columns] = p_.axes;
    std::size_t tap = 0;
    std::array<std::int64_t, 3> k{};
    for (k[0] = 0; k[0] < planes.taps; ++k[0]) {
      for (k[1] = 0; k[1] < rows.taps; ++k[1]) {
        for (k[2] = 0; k[2] < columns.taps; ++k[2]) {
          const T sum = sum_of_chains(sums + sums_of_taps_[tap++]);
          // A zero beside the images may have met an infinity.
          const T value = factor_ * (std::isfinite(sum) ? sum : by_definition(x, image, k));
          T& to = taps[k[0] * planes.taps_step + k[1] * rows.taps_step + k[2] * columns.taps_step];
          to = overwrites ? value : to + value;
        }
      }
    }
  }

  /// One tap's sum, of what exists only: the same chains, so that it does not matter which zeros a vector of
  /// this instruction set happens to meet.
  T by_definition(const T* x, const T* image, const std::array<std::int64_t, 3>& k) const {
    T levels[kLevels + 1][kLaneChains] = {};
    CascadeCounter counter;
    const auto lift = [&](int level) {
      for (std::int64_t l = 0; l < kLaneChains; ++l) {
        levels[level + 1][l] += levels[level][l];
        levels[level][l] = T(0);
      }
    };
    OuterWalk at(summed_, 0);
    std::int64_t in_chain = 0;
    for (std::int64_t i = 0; i < summed_.count(); ++i) {
      for (const DepthwiseBlock& block : blocks_.blocks) {
        add_block_by_definition(block, x + at.x(), image + at.image(), k, levels[0]);
        const bool last = i + 1 == summed_.count() && &block == &blocks_.blocks.back();
        if (++in_chain == blocks_per_chain_ * stack_.images || last) {
          counter.add(kChain, lift);
          in_chain = 0;
        }
      }
      at.advance();
    }
    for (int level = 0; level < counter.top(); ++level) lift(level);
    return sum_of_chains(levels[counter.top()]);
  }

  void add_block_by_definition(const DepthwiseBlock& block, const T* x, const T* image,
                               const std::array<std::int64_t, 3>& k, T* chains) const {
    std::array<std::int64_t, 3> o{};
    const auto position = [&](std::size_t d) {
      return p_.axes[d].stride * (block.start[d] + o[d]) + p_.axes[d].dilation * k[d];
    };
    const auto exists = [&](std::size_t d) {
      return p_.axes[d].from <= position(d) && position(d) < p_.axes[d].to;
    };
    for (o[0] = 0; o[0] < block.results[0]; ++o[0]) {
      for (o[1] = 0; o[1] < block.results[1]; ++o[1]) {
        for (o[2] = 0; o[2] < block.results[2]; ++o[2]) {
          if (!exists(0) || !exists(1) || !exists(2)) continue;
          std::int64_t from = 0, with = origin(block);
          for (std::size_t d = 0; d < 3; ++d) {
            from += position(d) * p_.axes[d].x_step;
            with += o[d] * p_.axes[d].image_step;
          }
          T& chain = chains[o[2] % kLaneChains];
          chain = std::fma(x[from], image[with], chain);
        }
      }
    }
  }

  static T sum_of_chains(const T* from) {
    T chains[kLaneChains];
    std::copy_n(from, kLaneChains, chains);
    for (std::int64_t half = kLaneChains / 2; half > 0; half /= 2) {
      for (std::int64_t l = 0; l < half; ++l) chains[l] += chains[l + half];
    }
    return chains[0];
  }

  DepthwiseProblem p_;
  DepthwiseBlocks blocks_;
  Together together_;
  OuterLoops kept_, summed_;
  const DepthwiseKernels<T>& kernels_;
  T factor_;
  Stack stack_;
  std::int64_t y_row_, y_size_, sums_size_, all_sums_;
  std::int64_t margin_ = 0, blocks_per_chain_ = 1, kept_per_task_ = 1, per_worker_ = 0;
  int levels_ = 1;
  std::vector<std::vector<Call>> calls_;  ///< per block
  std::vector<Call> last_calls_;          ///< where the last stack is not full
  std::vector<std::int64_t> sums_of_taps_;
};

/// Whether a matrix product is better. It computes with vectors of images, whatever the rows are; a correlation has few taps at once at a
/// stride, and shares the cost of an image among the X together. A single X is a product of few rows. The bytes are measured.
bool gemm_is_better(const DepthwiseProblem& p, const Together& together, std::int64_t element_bytes) {
  constexpr std::size_t kFew = 4;
  std::int64_t images = 1, xs = 1;
  for (const DepthwiseOuter& loop : p.kept) {
    if (loop.x == 0) images *= loop.extent;
    if (loop.image == 0) xs *= loop.extent;
  }
  if (images == 1) return false;
  const std::int64_t columns = p.axes[2].results;
  const bool hard = 4 * columns < 3 * whole_chains(columns) || p.axes[1].stride > 1 || p.axes[2].stride > 1;
  if (xs == 1) return images * element_bytes > (hard ? 16 : 64);
  return hard || images * element_bytes > (together.xs.size() < kFew ? 16 : 32);
}

template <class T>
Candidate make(const NestProblem& step, const Options& options) {
  Candidate result;
  if (!step.has_a || !step.has_b) return {nullptr, "one operand"};
  auto problem = depthwise_problem_of(step.nest, result.reason);
  if (!problem) return result;
  if (problem->sums_taps) return {nullptr, "a sum over taps"};
  if (problem->tap_count() > kMostTaps) return {nullptr, "many taps"};
  constexpr std::int64_t kMostSumBytes = 256 << 10;
  std::int64_t most = 8;
  while (most > 1 && most * most * problem->tap_count() * kLaneChains * static_cast<std::int64_t>(sizeof(T)) > kMostSumBytes) most /= 2;
  Together together(problem->kept, most);
  const bool several = together.pairs() > 1;
  if (gemm_is_better(*problem, together, sizeof(T))) return {nullptr, "several images, for which a matrix product is better"};
  auto blocks = depthwise_blocks_of(*problem, sizeof(T), several ? kSlabBytes / 2 : kSlabBytes, kChain * kLaneChains, result.reason);
  if (!blocks) return result;
  result.kernel = std::make_unique<DepthwiseTaps<T>>(std::move(*problem), std::move(together), std::move(*blocks), step, options);
  return result;
}

}  // namespace

Candidate make_depthwise_taps(const NestProblem& problem, const Options& options) {
  return of_real_type(problem.dtype, [&](auto zero) { return make<decltype(zero)>(problem, options); });
}

}  // namespace einfold::cpu
