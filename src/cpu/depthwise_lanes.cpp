// SPDX-License-Identifier: MIT
#include "base/fail.hpp"
#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/depthwise.hpp"
#include "cpu/depthwise_blocks.hpp"
#include "cpu/depthwise_outer.hpp"
#include "cpu/depthwise_tiles.hpp"
#include "cpu/micro.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kSlabBytes = 160 << 10;
constexpr std::int64_t kTaskPoints = 1 << 21;  ///< products per task, about
constexpr std::int64_t kFewLanes = 8;

/// Takes the loop whose images go into the lanes out of the kept ones: the one with the shortest step.
std::optional<DepthwiseOuter> take_lanes(DepthwiseProblem& p) {
  auto best = p.kept.end();
  for (auto loop = p.kept.begin(); loop != p.kept.end(); ++loop) {
    if (loop->x == 0 || loop->image == 0 || loop->extent < kFewLanes) continue;
    if (best == p.kept.end() || std::abs(loop->x) <= std::abs(best->x)) best = loop;
  }
  if (best == p.kept.end()) return std::nullopt;
  const DepthwiseOuter lanes = *best;
  p.kept.erase(best);
  return lanes;
}

/// Tiles lie along the columns; what other kernels call a column is a row here, and the other way round.
template <class T>
class DepthwiseLanes final : public NestKernel {
  static constexpr std::int64_t kLanes = kImagesTogether<T>;

 public:
  DepthwiseLanes(DepthwiseProblem problem, DepthwiseBlocks blocks, const DepthwiseOuter& lanes,
                 const NestProblem& step, const Options& options)
      : p_(std::move(problem)),
        blocks_(std::move(blocks)),
        outer_(p_.kept),
        lanes_(lanes),
        micro_(micro_kernels<T>(options.isa)),
        kernels_(depthwise_kernels<T>(options.isa)),
        factor_(static_cast<T>(step.factor.real)) {
    name = "depth-wise lanes";
    of_peak = 0.5 * p_.part_of_row(350);
    const auto& [planes, rows, columns] = p_.axes;
    const std::int64_t image = planes.results * rows.results * columns.results;
    overwrites =
        step.may_overwrite && static_cast<double>(outer_.count() * lanes_.extent * image) == step.c_box_size;
    const RowSharing sharing(rows);
    row_step_ = rows.image_step * sharing.spacing;
    for (const int i : {0, 1})
      code_[i] = kernels_.lane_rows_of(kernels_.lane_heights[i], rows.taps, sharing.step);
    // The last tile may compute rows beyond the block.
    blocks_.size += kMostTileRows * sharing.spacing * rows.stride * blocks_.row_stride;
    for (const DepthwiseBlock& block : blocks_.blocks)
      tiles_.push_back(tiles_of(p_, blocks_, block, kernels_.lane_heights));
    groups_ = (lanes_.extent + kLanes - 1) / kLanes;
    const std::int64_t points =
        blocks_.results[0] * blocks_.results[1] * blocks_.results[2] * p_.tap_count() * kLanes;
    images_per_task_ = std::clamp<std::int64_t>(kTaskPoints / points, 1, outer_.count());
    Arena measure(nullptr);
    Scratch(*this, measure);
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, options.threads);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const T* x = static_cast<const T*>(p_.x == kA ? buffers.a : buffers.b) + p_.x_base;
    const T* taps = static_cast<const T*>(p_.x == kA ? buffers.b : buffers.a) + p_.taps_base;
    T* image = static_cast<T*>(buffers.c) + p_.image_base;
    const std::int64_t chunks = (outer_.count() + images_per_task_ - 1) / images_per_task_;
    const auto blocks = static_cast<std::int64_t>(blocks_.blocks.size());
    executor.run(chunks * blocks * groups_, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const Scratch scratch(*this, arena);
      std::fill_n(scratch.slab, blocks_.size * kLanes, T(0));
      std::fill_n(scratch.taps, p_.tap_count() * kLanes, T(0));
      const std::int64_t lane = task % groups_ * kLanes;
      const std::int64_t live = std::min(kLanes, lanes_.extent - lane);
      const auto block = static_cast<std::size_t>(task / groups_ % blocks);
      const std::int64_t first = task / groups_ / blocks * images_per_task_;
      OuterWalk at(outer_, first);
      for (std::int64_t i = first; i < std::min(first + images_per_task_, outer_.count()); ++i) {
        one_block(block, x + at.x() + lane * lanes_.x, taps + at.taps() + lane * lanes_.taps,
                  image + at.image() + lane * lanes_.image, live, scratch);
        at.advance();
      }
    });
  }

 private:
  struct Scratch {
    T *slab, *taps, *out;
    Scratch(const DepthwiseLanes& kernel, Arena& arena)
        : slab(arena.take<T>(kernel.blocks_.size * kernel.kLanes)),
          taps(arena.take<T>(kernel.p_.tap_count() * kernel.kLanes)),
          out(arena.take<T>(kMostTileRows * kernel.blocks_.results[2] * kernel.kLanes)) {}
  };

  /// A block of `live` images, one in each lane.
  void one_block(std::size_t b, const T* x, const T* taps, T* image, std::int64_t live,
                 const Scratch& scratch) const {
    const DepthwiseBlock& block = blocks_.blocks[b];
    for (std::int64_t l = 0; l < live; ++l) load_taps(p_, taps + l * lanes_.taps, scratch.taps + l, kLanes);
    // Zeros of the slab must not meet a tap that is not finite.
    if (blocks_.has_zeros && !micro_.all_finite(p_.tap_count() * kLanes, scratch.taps)) {
      for (std::int64_t l = 0; l < live; ++l) {
        block_by_definition(p_, block, x + l * lanes_.x, taps + l * lanes_.taps, [&](std::int64_t to, T sum) {
          T& c = image[to + l * lanes_.image];
          const T value = sum * factor_;
          c = overwrites ? value : c + value;
        });
      }
      return;
    }
    for (const SlabRun& run : block.runs) {
      kernels_.load_lanes({run.count, run.step, lanes_.x, live}, x + run.x, scratch.slab + run.slab * kLanes);
    }
    const BlockTiles& tiles = tiles_[b];
    const std::int64_t n = block.results[2];
    for (const DepthwiseTile& tile : tiles.tiles) {
      code_[tile.code]({scratch.slab + tile.src * kLanes, tiles.offsets.data() + tile.offsets,
                        static_cast<std::int64_t>(tile.count), scratch.taps + tile.weights * kLanes,
                        blocks_.row_stride * p_.axes[1].dilation, scratch.out, kMostTileRows, n});
      for (std::int64_t j = 0; j < n; ++j) {
        kernels_.store_lanes({tile.height, row_step_, lanes_.image, live},
                             scratch.out + j * kMostTileRows * kLanes,
                             image + tile.image + j * p_.axes[2].image_step, factor_, !overwrites);
      }
    }
  }

  DepthwiseProblem p_;
  DepthwiseBlocks blocks_;
  OuterLoops outer_;
  DepthwiseOuter lanes_;
  const MicroKernels<T>& micro_;
  const DepthwiseKernels<T>& kernels_;
  T factor_;
  std::int64_t row_step_ = 0;  ///< elements of the image from one row of a tile to the next
  void (*code_[2])(const LaneTile<T>&) = {};
  std::int64_t groups_ = 1, images_per_task_ = 1, per_worker_ = 0;
  std::vector<BlockTiles> tiles_;  ///< one per block
};

template <class T>
Candidate make(const NestProblem& step, const Options& options) {
  Candidate result;
  if (!step.has_a || !step.has_b) return {nullptr, "one operand"};
  auto problem = depthwise_problem_of(step.nest, result.reason);
  if (!problem) return result;
  if (!problem->sums_taps) return {nullptr, "a sum over positions"};
  if (problem->tap_count() > kChain) return {nullptr, "many taps"};
  if (problem->axes[2].x_step == 1) return {nullptr, "positions that are neighbours"};
  const auto lanes = take_lanes(*problem);
  if (!lanes) return {nullptr, "few images"};
  std::swap(problem->axes[1], problem->axes[2]);
  const DepthwiseAxis& rows = problem->axes[1];
  const auto& kernels = depthwise_kernels<T>(options.isa);
  if (kernels.lane_rows_of(kernels.lane_heights[0], rows.taps, RowSharing(rows).step) == nullptr)
    return {nullptr, cat("no tile for ", rows.taps, " taps at a stride of ", RowSharing(rows).step)};
  auto blocks = depthwise_blocks_of(*problem, static_cast<std::int64_t>(sizeof(T)) * kImagesTogether<T>,
                                    kSlabBytes, std::int64_t{1} << 40, result.reason);
  if (!blocks) return result;
  result.kernel =
      std::make_unique<DepthwiseLanes<T>>(std::move(*problem), std::move(*blocks), *lanes, step, options);
  return result;
}

}  // namespace

Candidate make_depthwise_lanes(const NestProblem& problem, const Options& options) {
  return of_real_type(problem.dtype, [&](auto zero) { return make<decltype(zero)>(problem, options); });
}

}  // namespace einfold::cpu
