// SPDX-License-Identifier: MIT
#include "base/fail.hpp"
#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/depthwise.hpp"
#include "cpu/depthwise_blocks.hpp"
#include "cpu/depthwise_outer.hpp"
#include "cpu/depthwise_tiles.hpp"
#include "cpu/micro.hpp"
#include "cpu/run_writer.hpp"

#include <algorithm>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kSlabBytes = 64 << 10;
constexpr std::int64_t kMargin = 64;           ///< elements behind the results that whole vectors write
constexpr std::int64_t kTaskPoints = 1 << 21;  ///< products per task, about
constexpr double kStreamedBytes = 32 << 20;    ///< results larger than this are written past the caches

template <class T>
class DepthwiseImage final : public NestKernel {
 public:
  DepthwiseImage(DepthwiseProblem problem, DepthwiseBlocks blocks, const NestProblem& step,
                 const Options& options)
      : p_(std::move(problem)),
        blocks_(std::move(blocks)),
        outer_(p_.kept),
        micro_(micro_kernels<T>(options.isa)),
        kernels_(depthwise_kernels<T>(options.isa)),
        factor_(static_cast<T>(step.factor.real)) {
    name = "depth-wise";
    of_peak = 0.5 * p_.part_of_row(350);
    overwrites =
        step.may_overwrite && outer_.count() * image_size() == static_cast<std::int64_t>(step.c_box_size);
    const DepthwiseAxis &rows = p_.axes[1], &columns = p_.axes[2];
    const RowSharing sharing(rows);
    row_step_ = rows.image_step * sharing.spacing;
    row_stride_ = sharing.step;
    for (const int i : {0, 1}) code_[i] = kernels_.rows_of(kernels_.heights[i], rows.taps, sharing.step);
    // The last tile may compute rows beyond the block.
    blocks_.size += kMostTileRows * sharing.spacing * rows.stride * blocks_.row_stride;
    streams_ = overwrites && step.c_box_size * sizeof(T) > kStreamedBytes && columns.image_step == 1 &&
               row_step_ == columns.results && blocks_.results[2] == columns.results;
    for (const DepthwiseBlock& block : blocks_.blocks)
      tiles_.push_back(tiles_of(p_, blocks_, block, kernels_.heights));
    const std::int64_t block_points =
        blocks_.results[0] * blocks_.results[1] * blocks_.results[2] * p_.tap_count();
    images_per_task_ = std::clamp<std::int64_t>(kTaskPoints / block_points, 1, outer_.count());
    Arena measure(nullptr);
    Scratch(*this, measure);
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, options.threads);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const Sources from{static_cast<const T*>(p_.x == kA ? buffers.a : buffers.b) + p_.x_base,
                       static_cast<const T*>(p_.x == kA ? buffers.b : buffers.a) + p_.taps_base,
                       static_cast<T*>(buffers.c) + p_.image_base};
    const std::int64_t chunks = (outer_.count() + images_per_task_ - 1) / images_per_task_;
    const auto blocks = static_cast<std::int64_t>(blocks_.blocks.size());
    executor.run(chunks * blocks, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const std::int64_t first = task / blocks * images_per_task_;
      some_images(static_cast<std::size_t>(task % blocks), first,
                  std::min(first + images_per_task_, outer_.count()), from, Scratch(*this, arena));
    });
  }

 private:
  struct Sources {
    const T *x, *taps;
    T* image;
  };
  struct Scratch {
    T *slab, *taps, *out;
    Scratch(const DepthwiseImage& kernel, Arena& arena)
        : slab(arena.take<T>(kernel.blocks_.size)),
          taps(arena.take<T>(kernel.p_.tap_count())),
          out(arena.take<T>(kMostTileRows * kernel.blocks_.results[2] + kMargin)) {}
  };

  [[nodiscard]] std::int64_t image_size() const {
    return p_.axes[0].results * p_.axes[1].results * p_.axes[2].results;
  }

  /// One block of each of some images that follow each other.
  void some_images(std::size_t block, std::int64_t first, std::int64_t last, const Sources& from,
                   const Scratch& scratch) const {
    std::fill_n(scratch.slab, blocks_.size, T(0));
    RunWriter<T> writer(scratch.out, factor_, kernels_);
    OuterWalk at(outer_, first), next(outer_, first);
    const T* loaded = nullptr;
    bool finite = true;
    for (std::int64_t i = first; i < last; ++i) {
      next.advance();
      const T* taps = from.taps + at.taps();
      if (taps != loaded) {
        load_taps(p_, taps, scratch.taps, 1);
        loaded = taps;
        // Zeros of the slab must not meet a tap that is not finite.
        finite = !blocks_.has_zeros || micro_.all_finite(p_.tap_count(), scratch.taps);
      }
      const T* x = from.x + at.x();
      T* image = from.image + at.image();
      if (finite) {
        one_image(block, x, i + 1 < last ? from.x + next.x() : nullptr, image, scratch, writer);
      } else {
        block_by_definition(p_, blocks_.blocks[block], x, taps,
                            [&](std::int64_t to, T value) { store(1, 1, image + to, &value); });
      }
      at.advance();
    }
    writer.finish();
    if (streams_) kernels_.finish_streams();
  }

  void one_image(std::size_t block, const T* x, const T* next, T* image, const Scratch& scratch,
                 RunWriter<T>& writer) const {
    const DepthwiseBlock& shape = blocks_.blocks[block];
    fill_slab(shape, kernels_, x, scratch.slab);
    const BlockTiles& tiles = tiles_[block];
    const std::int64_t n = shape.results[2];
    const std::size_t count = tiles.tiles.size(), runs = shape.runs.size();
    for (std::size_t i = 0; i < count; ++i) {
      const DepthwiseTile& tile = tiles.tiles[i];
      if (next != nullptr) prefetch(shape, i * runs / count, (i + 1) * runs / count, next);
      T* out = streams_ ? writer.begin(image + tile.image) : scratch.out;
      code_[tile.code]({scratch.slab + tile.src, tiles.offsets.data() + tile.offsets,
                        static_cast<std::int64_t>(tile.count), scratch.taps + tile.weights,
                        blocks_.row_stride * p_.axes[1].dilation, p_.axes[1].taps, row_stride_, out, n, n,
                        tile.height});
      if (streams_) {
        writer.end(tile.height * n);
      } else {
        store(tile.height, n, image + tile.image, out);
      }
    }
  }

  /// Rows of n results to the image.
  void store(std::int64_t rows, std::int64_t n, T* to, const T* from) const {
    const std::int64_t step = p_.axes[2].image_step;
    if (step == 1 && (rows == 1 || row_step_ == n))
      return micro_.store_row(rows * n, to, from, factor_, !overwrites);
    for (std::int64_t i = 0; i < rows; ++i, from += n, to += row_step_) {
      if (step == 1) {
        micro_.store_row(n, to, from, factor_, !overwrites);
        continue;
      }
      for (std::int64_t j = 0; j < n; ++j) {
        const T value = from[j] * factor_;
        to[j * step] = overwrites ? value : to[j * step] + value;
      }
    }
  }

  DepthwiseProblem p_;
  DepthwiseBlocks blocks_;
  OuterLoops outer_;
  const MicroKernels<T>& micro_;
  const DepthwiseKernels<T>& kernels_;
  T factor_;
  bool streams_ = false;
  std::int64_t row_step_ = 0;                ///< elements of the image from one row of a tile to the next
  void (*code_[2])(const RowTile<T>&) = {};  ///< of tiles of either height
  std::int64_t row_stride_ = 1, images_per_task_ = 1, per_worker_ = 0;
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
  const DepthwiseAxis& rows = problem->axes[1];
  if (problem->axes[0].results * rows.results == 1) return {nullptr, "one row"};
  const auto& kernels = depthwise_kernels<T>(options.isa);
  if (kernels.rows_of(kernels.heights[0], rows.taps, RowSharing(rows).step) == nullptr)
    return {nullptr, cat("no tile for ", rows.taps, " taps at a stride of ", RowSharing(rows).step)};
  auto blocks = depthwise_blocks_of(*problem, sizeof(T), kSlabBytes, std::int64_t{1} << 40, result.reason);
  if (!blocks) return result;
  result.kernel = std::make_unique<DepthwiseImage<T>>(std::move(*problem), std::move(*blocks), step, options);
  return result;
}

}  // namespace

Candidate make_depthwise_image(const NestProblem& problem, const Options& options) {
  return of_real_type(problem.dtype, [&](auto zero) { return make<decltype(zero)>(problem, options); });
}

}  // namespace einfold::cpu
