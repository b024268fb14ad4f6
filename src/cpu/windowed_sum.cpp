// SPDX-License-Identifier: MIT
#include "cpu/windowed_sum.hpp"

#include "cpu/arena.hpp"
#include "cpu/cascade.hpp"
#include "cpu/element.hpp"
#include "cpu/micro.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace einfold::cpu {
namespace {

/// Elements of the row that are summed together.
constexpr std::int64_t kRow = 64;
/// And of these, that are added up in registers.
constexpr std::int64_t kAcross = 16;

struct Shared {
  std::int64_t extent, stride_a, stride_c;
};

/// Rows that are transposed together where the summed axis is the contiguous one.
constexpr std::int64_t kTogether = 16;

/// to[r] += sum_{i < n} a[i + r * row_step]  for r < rows, n <= kChain. One chain per sum.
template <class T>
void add_transposed(const MicroKernels<T>& micro, std::int64_t n, const T* a, std::int64_t rows,
                    std::int64_t row_step, T* to) {
  alignas(64) T columns[kChain * kTogether];
  std::int64_t offsets[kTogether];
  for (std::int64_t r = 0; r < kTogether; ++r) offsets[r] = r * row_step;
  for (std::int64_t r = 0; r < rows; r += kTogether) {
    const std::int64_t together = std::min(kTogether, rows - r);
    micro.pack_columns(a + r * row_step, offsets, n, together, kTogether, columns);
    micro.sum_rows(n, columns, kTogether, together, to + r);
  }
}

/// to[r] += sum_{i < n} a[i * step + r * row_step]  for r < rows, n <= kChain.
template <class T>
void add_sums(Isa isa, std::int64_t n, const T* a, std::int64_t step, std::int64_t rows,
              std::int64_t row_step, T* to) {
  if constexpr (std::is_floating_point_v<T>) {
    const MicroKernels<T>& micro = micro_kernels<T>(isa);
    if (row_step == 1) return micro.sum_rows(n, a, step, rows, to);
    if (step == 1 && n > 1) {
      if (rows >= kTogether) return add_transposed(micro, n, a, rows, row_step, to);
      for (std::int64_t r = 0; r < rows; ++r) to[r] += micro.sum_run(n, a + r * row_step);
      return;
    }
  } else if constexpr (is_complex_v<T>) {
    using R = typename T::value_type;
    if (row_step == 1) {
      return micro_kernels<R>(isa).sum_rows(n, reinterpret_cast<const R*>(a), 2 * step, 2 * rows,
                                            reinterpret_cast<R*>(to));
    }
  }
  for (std::int64_t j = 0; j < n; ++j) {
    const T* at = a + j * step;
    for (std::int64_t r = 0; r < rows; ++r) to[r] += at[r * row_step];
  }
}

/// sum[r] = sum_{i < n} a[i * step + r * row_step]  for r < rows.
template <class T>
void sum_rows(Isa isa, std::int64_t n, const T* a, std::int64_t step, std::int64_t rows,
              std::int64_t row_step, T* sum) {
  std::fill_n(sum, rows, T{});
  if (n <= kChain) return add_sums(isa, n, a, step, rows, row_step, sum);
  T levels[kLevels + 1][kRow];
  std::fill_n(levels[0], rows, T{});
  int cleared = 0;
  const auto lift = [&](int j) {
    if (j + 1 > cleared) {
      std::fill_n(levels[j + 1], rows, T{});
      cleared = j + 1;
    }
    for (std::int64_t r = 0; r < rows; ++r) levels[j + 1][r] += levels[j][r];
    std::fill_n(levels[j], rows, T{});
  };
  CascadeCounter counter;
  for (std::int64_t i = 0; i < n; i += kChain) {
    const std::int64_t count = std::min(kChain, n - i);
    add_sums(isa, count, a + i * step, step, rows, row_step, levels[0]);
    counter.add(count, lift);
  }
  for (int j = 0; j < counter.top(); ++j) lift(j);
  std::copy_n(levels[counter.top()], rows, sum);
}

class WindowedSumKernel final : public Kernel {
 public:
  WindowedSumKernel(const plan::WindowedSum& step, DType dtype, const Options& options)
      : step_(step), dtype_(dtype), isa_(options.isa) {
    name_ = "windowed sum";
    for (std::size_t i = 0; i < step.extents.size(); ++i) {
      if (step.extents[i] != 1) loops_.push_back({step.extents[i], step.strides_a[i], step.strides_c[i]});
    }
    const auto magnitude = [](std::int64_t x) { return x < 0 ? -x : x; };
    std::stable_sort(loops_.begin(), loops_.end(), [&](const Shared& x, const Shared& y) {
      return magnitude(x.stride_a) > magnitude(y.stride_a);
    });
    for (std::size_t i = 1; i < loops_.size();) {
      Shared &outer = loops_[i - 1], &inner = loops_[i];
      if (outer.stride_a == inner.stride_a * inner.extent &&
          outer.stride_c == inner.stride_c * inner.extent) {
        inner.extent *= outer.extent;
        loops_.erase(loops_.begin() + static_cast<std::ptrdiff_t>(i) - 1);
      } else {
        ++i;
      }
    }
    if (loops_.empty()) loops_.push_back({1, 0, 0});
    for (std::size_t i = 0; i + 1 < loops_.size(); ++i) outer_ *= loops_[i].extent;
    segments_ = static_cast<std::int64_t>(step.segments.size());
    Arena measure(nullptr);
    measure.take<std::byte>(segments_ * kRow * static_cast<std::int64_t>(size_bytes(dtype)));
    measure.take<const void*>(segments_);
    per_worker_ = measure.used();
    workspace_bytes_ = per_worker_ * std::max(1, options.threads);
    std::int64_t additions = 0;
    for (const plan::Segment& segment : step.segments) additions += segment.count;
    for (const auto& members : step.members) additions += static_cast<std::int64_t>(members.size());
    const auto shared = static_cast<double>(outer_ * loops_.back().extent);
    flops_ = static_cast<double>(additions) * shared;
    double elements = static_cast<double>(step.members.size());
    for (const plan::Segment& segment : step.segments) elements += static_cast<double>(segment.count);
    loads_.push_back({flops_, elements * shared * static_cast<double>(size_bytes(dtype)), 0.02});
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    with_element_type(dtype_, [&](auto zero) { run_as<decltype(zero)>(buffers, workspace, executor); });
  }

 private:
  template <class T>
  void run_as(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const {
    const Shared& row = loops_.back();
    const std::int64_t blocks = (row.extent + kRow - 1) / kRow;
    const std::int64_t total = outer_ * blocks;
    const std::int64_t tasks =
        executor.threads() > 1 ? std::min<std::int64_t>(total, 16 * executor.threads()) : 1;
    executor.run(tasks, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      T* sums = arena.take<T>(segments_ * kRow);
      const T** of_segment = arena.take<const T*>(segments_);
      for (std::int64_t at = total * task / tasks; at < total * (task + 1) / tasks; ++at) {
        std::int64_t rest = at / blocks, a = step_.base_a, c = step_.base_c;
        for (std::size_t i = loops_.size() - 1; i-- > 0;) {
          const std::int64_t value = rest % loops_[i].extent;
          rest /= loops_[i].extent;
          a += value * loops_[i].stride_a;
          c += value * loops_[i].stride_c;
        }
        const std::int64_t first = at % blocks * kRow, rows = std::min(kRow, row.extent - first);
        one_block(static_cast<const T*>(buffers.a) + a + first * row.stride_a,
                  static_cast<T*>(buffers.c) + c + first * row.stride_c, rows, sums, of_segment);
      }
    });
  }

  template <class T>
  void one_block(const T* a, T* c, std::int64_t rows, T* sums, const T** of_segment) const {
    const Shared& row = loops_.back();
    for (std::int64_t s = 0; s < segments_; ++s) {
      const plan::Segment& segment = step_.segments[static_cast<std::size_t>(s)];
      const T* from = a + segment.start * step_.axis_stride_a;
      if (segment.count == 1 && row.stride_a == 1) {
        of_segment[s] = from;
        continue;
      }
      sum_rows(isa_, segment.count, from, segment.step * step_.axis_stride_a, rows, row.stride_a,
               sums + s * kRow);
      of_segment[s] = sums + s * kRow;
    }
    const auto factor = factor_as<T>(step_.factor);
    for (std::size_t k = 0; k < step_.members.size(); ++k) {
      T* to = c + static_cast<std::int64_t>(k) * step_.axis_stride_c;
      for (std::int64_t first = 0; first < rows; first += kAcross) {
        const std::int64_t n = std::min(kAcross, rows - first);
        if (n == kAcross && row.stride_c == 1) {
          write(step_.members[k], of_segment, first, kAcross, factor, to + first, 1);
        } else {
          write(step_.members[k], of_segment, first, n, factor, to + first * row.stride_c, row.stride_c);
        }
      }
    }
  }

  /// to[r step] = factor * sum over members of their segment's sum at first + r,  r < n <= kAcross. Always
  /// inlined, for constant n and step.
  template <class T, class F>
  [[gnu::always_inline]] static void write(const std::vector<int>& members, const T* const* of_segment,
                                           std::int64_t first, std::int64_t n, F factor, T* to,
                                           std::int64_t step) {
    T total[kAcross] = {};
    for (const int s : members) {
      const T* from = of_segment[s] + first;
      for (std::int64_t r = 0; r < n; ++r) total[r] += from[r];
    }
    for (std::int64_t r = 0; r < n; ++r) to[r * step] = static_cast<T>(total[r] * factor);
  }

  plan::WindowedSum step_;
  DType dtype_;
  Isa isa_;
  std::vector<Shared> loops_;  ///< longest stride of A first; the last is the row
  std::int64_t outer_ = 1, segments_ = 0, per_worker_ = 0;
};

}  // namespace

std::shared_ptr<Kernel> make_windowed_sum(const plan::WindowedSum& step, DType dtype,
                                          const Options& options) {
  return std::make_shared<WindowedSumKernel>(step, dtype, options);
}

}  // namespace einfold::cpu
