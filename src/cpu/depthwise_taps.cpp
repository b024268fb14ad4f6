// SPDX-License-Identifier: MIT
#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/depthwise.hpp"
#include "cpu/depthwise_blocks.hpp"
#include "cpu/depthwise_outer.hpp"
#include "cpu/micro.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kSlabBytes = 64 << 10;
constexpr std::int64_t kMostTaps = 1024;
constexpr std::int64_t kTaskPoints = 1 << 21;  ///< products per task, about

std::int64_t whole_chains(std::int64_t n) { return (n + kLaneChains - 1) / kLaneChains * kLaneChains; }

/// Taps first, first + step, .. , which read the same phase of the slab, `shift` results from one to the next.
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
  std::int64_t x = 0, x_row = 0, x_tap = 0, y = 0, y_tap = 0, rows = 0, row_taps = 0, column_taps = 0, sums = 0,
               sums_row = 0;
};

/// The sums of one block, as calls. The sums of a class of taps lie together: [plane][row class][column
/// class][row][column].
class Calls {
 public:
  Calls(const DepthwiseProblem& p, const DepthwiseBlocks& b, std::int64_t y_row)
      : p_(p), b_(b), y_row_(y_row), row_classes_(classes_of(p.axes[1])), column_classes_(classes_of(p.axes[2])) {}

  [[nodiscard]] std::vector<Call> of_block(const DepthwiseBlock& block) const {
    std::vector<Call> calls;
    const auto& [planes, rows, columns] = p_.axes;
    for (std::int64_t o = 0; o < block.results[0]; ++o) {
      for (std::int64_t k = 0; k < planes.taps; ++k) {
        const std::int64_t position = planes.stride * o + planes.dilation * k;
        const std::int64_t at = planes.stride * block.start[0] + position;
        if (at < planes.from || at >= planes.to) continue;
        Call call;
        call.y = o * b_.results[1] * y_row_;
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
            add_rows(block, r, call, calls);
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
  /// One call for every stretch of rows of the slab that meet the same taps' rows of the image.
  void add_rows(const DepthwiseBlock& block, const TapClass& r, const Call& call, std::vector<Call>& calls) const {
    const DepthwiseAxis& rows = p_.axes[1];
    const std::int64_t results = block.results[1], end = results + r.shift * (r.count - 1);
    const auto taps_at = [&](std::int64_t row) {  // 0 <= row - shift i < results, and the row exists
      std::int64_t first = 0, last = r.count - 1;
      while (first <= last && row - r.shift * first >= results) ++first;
      while (first <= last && row - r.shift * last < 0) --last;
      const std::int64_t position = rows.stride * (block.start[1] + row) + rows.dilation * r.first;
      if (position < rows.from || position >= rows.to) last = first - 1;
      return std::pair(first, last);
    };
    for (std::int64_t row = 0, next = 0; row < end; row = next) {
      const auto [first, last] = taps_at(row);
      while (next < end && taps_at(next) == std::pair(first, last)) ++next;
      if (first > last) continue;
      Call one = call;
      one.x += row * call.x_row;
      one.y += row * y_row_ - first * call.y_tap;
      one.sums += first * call.sums_row;
      one.rows = next - row;
      one.row_taps = last - first + 1;
      calls.push_back(one);
    }
  }

  const DepthwiseProblem& p_;
  const DepthwiseBlocks& b_;
  std::int64_t y_row_;
  std::vector<TapClass> row_classes_, column_classes_;
};

template <class T>
class DepthwiseTaps final : public NestKernel {
 public:
  DepthwiseTaps(DepthwiseProblem problem, DepthwiseBlocks blocks, const NestProblem& step, const Options& options)
      : p_(std::move(problem)),
        blocks_(std::move(blocks)),
        kept_(p_.kept),
        summed_(p_.summed),
        kernels_(depthwise_kernels<T>(options.isa)),
        factor_(static_cast<T>(step.factor.real)),
        y_row_(whole_chains(blocks_.results[2])),
        y_size_(blocks_.results[0] * blocks_.results[1] * y_row_),
        sums_size_(p_.tap_count() * kLaneChains) {
    name = "depth-wise taps";
    overwrites = step.may_overwrite && static_cast<double>(kept_.count() * p_.tap_count()) == step.c_box_size;
    const Calls calls(p_, blocks_, y_row_);
    for (const DepthwiseBlock& block : blocks_.blocks) calls_.push_back(calls.of_block(block));
    sums_of_taps_ = calls.sums_of_taps();
    blocks_per_chain_ = std::max<std::int64_t>(1, kChain * kLaneChains / y_size_);
    // As many levels as the cascade will use.
    const std::int64_t terms = summed_.count() * static_cast<std::int64_t>(blocks_.blocks.size());
    CascadeCounter counter;
    for (std::int64_t i = 0; i < terms; i += blocks_per_chain_) counter.add(kChain, [](int) {});
    levels_ = counter.top() + 1;
    const double points = static_cast<double>(terms * y_size_) * static_cast<double>(p_.tap_count());
    kept_per_task_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(kTaskPoints / points), 1, kept_.count());
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
      std::fill_n(scratch.slab, blocks_.size, T(0));
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
        : slab(arena.take<T>(kernel.blocks_.size)),
          y(arena.take<T>(kernel.y_size_)),
          sums(arena.take<T>(kernel.levels_ * kernel.sums_size_)) {}
  };

  /// All taps at one point of the kept loops. Chains of at most kChain terms, then the cascade.
  void one_sum(const T* x, const T* image, T* taps, const Scratch& scratch) const {
    std::fill_n(scratch.sums, levels_ * sums_size_, T(0));
    CascadeCounter counter;
    const auto lift = [&](int level) {
      T* from = scratch.sums + level * sums_size_;
      for (std::int64_t i = 0; i < sums_size_; ++i) {
        from[sums_size_ + i] += from[i];
        from[i] = T(0);
      }
    };
    OuterWalk at(summed_, 0), next(summed_, 0);
    std::int64_t in_chain = 0;
    const std::size_t blocks = blocks_.blocks.size();
    for (std::int64_t i = 0; i < summed_.count(); ++i) {
      for (std::size_t b = 0; b < blocks; ++b) {
        if (b + 1 == blocks) next.advance();
        const bool last = i + 1 == summed_.count() && b + 1 == blocks;
        const std::size_t next_block = (b + 1) % blocks;
        const DepthwiseBlock& block = blocks_.blocks[b];
        if (blocks > 1) std::fill_n(scratch.slab, blocks_.size, T(0));
        fill_slab(block, kernels_, x + at.x(), scratch.slab);
        fill_y(block, image + at.image(), scratch.y);
        correlate(b, scratch, last ? b : next_block, last ? nullptr : x + next.x(),
                  image + next.image());
        if (++in_chain == blocks_per_chain_ || last) {
          counter.add(kChain, lift);
          in_chain = 0;
        }
      }
      at.advance();
    }
    for (int level = 0; level < counter.top(); ++level) lift(level);
    store(scratch.sums + counter.top() * sums_size_, x, image, taps);
  }

  /// Behind a row's last column come zeros.
  void fill_y(const DepthwiseBlock& block, const T* image, T* y) const {
    const std::int64_t n = block.results[2];
    const T* from = image + origin(block);
    for (std::int64_t i = 0; i < block.results[0]; ++i) {
      for (std::int64_t j = 0; j < block.results[1]; ++j) {
        T* to = y + (i * blocks_.results[1] + j) * y_row_;
        kernels_.copy(n, from + i * p_.axes[0].image_step + j * p_.axes[1].image_step, p_.axes[2].image_step, to);
        std::fill(to + n, to + y_row_, T(0));
      }
    }
  }
  [[nodiscard]] std::int64_t origin(const DepthwiseBlock& block) const {
    std::int64_t result = 0;
    for (std::size_t d = 0; d < 3; ++d) result += block.start[d] * p_.axes[d].image_step;
    return result;
  }

  /// Asks for the rows [first, last) of a block of the image.
  void prefetch_image(const DepthwiseBlock& block, std::int64_t first, std::int64_t last, const T* image) const {
    constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(T));
    if (p_.axes[2].image_step != 1) return;
    for (std::int64_t row = first; row < last; ++row) {
      const T* from = image + origin(block) + row / block.results[1] * p_.axes[0].image_step +
                      row % block.results[1] * p_.axes[1].image_step;
      for (std::int64_t j = 0; j < block.results[2]; j += kLine) __builtin_prefetch(from + j, 0, 2);
    }
  }

  void correlate(std::size_t b, const Scratch& scratch, std::size_t next_block, const T* next_x,
                 const T* next_image) const {
    const DepthwiseBlock& block = blocks_.blocks[b];
    const DepthwiseBlock& next = blocks_.blocks[next_block];
    const std::int64_t width = whole_chains(block.results[2]);
    const auto runs = static_cast<std::int64_t>(next.runs.size()), rows = next.results[0] * next.results[1];
    const auto calls = static_cast<std::int64_t>(calls_[b].size());
    for (std::int64_t i = 0; i < calls; ++i) {
      const Call& c = calls_[b][static_cast<std::size_t>(i)];
      if (next_x != nullptr) {
        prefetch(next, static_cast<std::size_t>(i * runs / calls), static_cast<std::size_t>((i + 1) * runs / calls),
                 next_x);
        prefetch_image(next, i * rows / calls, (i + 1) * rows / calls, next_image);
      }
      kernels_.correlate({scratch.slab + c.x, c.x_row, c.x_tap, scratch.y + c.y, y_row_, c.y_tap, c.rows, width,
                          c.row_taps, c.column_taps, scratch.sums + c.sums, c.sums_row});
    }
  }

  void store(const T* sums, const T* x, const T* image, T* taps) const {
    const auto& [planes, rows, columns] = p_.axes;
    std::size_t tap = 0;
    std::array<std::int64_t, 3> k{};
    for (k[0] = 0; k[0] < planes.taps; ++k[0]) {
      for (k[1] = 0; k[1] < rows.taps; ++k[1]) {
        for (k[2] = 0; k[2] < columns.taps; ++k[2]) {
          T chains[kLaneChains];
          std::copy_n(sums + sums_of_taps_[tap++], kLaneChains, chains);
          for (std::int64_t half = kLaneChains / 2; half > 0; half /= 2) {
            for (std::int64_t l = 0; l < half; ++l) chains[l] += chains[l + half];
          }
          // A zero beside the images may have met an infinity.
          const T value = factor_ * (std::isfinite(chains[0]) ? chains[0] : by_definition(x, image, k));
          T& to = taps[k[0] * planes.taps_step + k[1] * rows.taps_step + k[2] * columns.taps_step];
          to = overwrites ? value : to + value;
        }
      }
    }
  }

  /// One tap's sum, of what exists only.
  T by_definition(const T* x, const T* image, const std::array<std::int64_t, 3>& k) const {
    T total = T(0);
    OuterWalk at(summed_, 0);
    std::array<std::int64_t, 3> o{};
    const auto position = [&](std::size_t d) { return p_.axes[d].stride * o[d] + p_.axes[d].dilation * k[d]; };
    const auto exists = [&](std::size_t d) {
      return p_.axes[d].from <= position(d) && position(d) < p_.axes[d].to;
    };
    for (std::int64_t i = 0; i < summed_.count(); ++i) {
      T of_image = T(0);
      for (o[0] = 0; o[0] < p_.axes[0].results; ++o[0]) {
        for (o[1] = 0; o[1] < p_.axes[1].results; ++o[1]) {
          T of_row = T(0);
          for (o[2] = 0; o[2] < p_.axes[2].results; ++o[2]) {
            if (!exists(0) || !exists(1) || !exists(2)) continue;
            std::int64_t from = 0, with = 0;
            for (std::size_t d = 0; d < 3; ++d) {
              from += position(d) * p_.axes[d].x_step;
              with += o[d] * p_.axes[d].image_step;
            }
            of_row = std::fma(x[at.x() + from], image[at.image() + with], of_row);
          }
          of_image += of_row;
        }
      }
      total += of_image;
      at.advance();
    }
    return total;
  }

  DepthwiseProblem p_;
  DepthwiseBlocks blocks_;
  OuterLoops kept_, summed_;
  const DepthwiseKernels<T>& kernels_;
  T factor_;
  std::int64_t y_row_, y_size_, sums_size_;
  std::int64_t blocks_per_chain_ = 1, kept_per_task_ = 1, per_worker_ = 0;
  int levels_ = 1;
  std::vector<std::vector<Call>> calls_;  ///< per block
  std::vector<std::int64_t> sums_of_taps_;
};

template <class T>
Candidate make(const NestProblem& step, const Options& options) {
  Candidate result;
  if (!step.has_a || !step.has_b) return {nullptr, "one operand"};
  auto problem = depthwise_problem_of(step.nest, result.reason);
  if (!problem) return result;
  if (problem->sums_taps) return {nullptr, "a sum over taps"};
  if (problem->tap_count() > kMostTaps) return {nullptr, "many taps"};
  if (problem->axes[2].x_step != 1) return {nullptr, "positions that are not neighbours"};
  auto blocks = depthwise_blocks_of(*problem, sizeof(T), kSlabBytes, kChain * kLaneChains, result.reason);
  if (!blocks) return result;
  result.kernel = std::make_unique<DepthwiseTaps<T>>(std::move(*problem), std::move(*blocks), step, options);
  return result;
}

}  // namespace

Candidate make_depthwise_taps(const NestProblem& problem, const Options& options) {
  switch (problem.dtype) {
    case DType::kFloat32:
      return make<float>(problem, options);
    case DType::kFloat64:
      return make<double>(problem, options);
    default:
      return {nullptr, "not of real numbers"};
  }
}

}  // namespace einfold::cpu
