// SPDX-License-Identifier: MIT
#include "cpu/small_products.hpp"

#include "cpu/arena.hpp"
#include "cpu/element.hpp"
#include "cpu/roles.hpp"
#include "cpu/rows.hpp"
#include "cpu/tiling.hpp"

#include <algorithm>
#include <utility>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kMostPoints = 512;   ///< of one product
constexpr std::int64_t kMostElements = 128; ///< of one matrix

/// The matrix of one operand: elements in the order of memory, each at `offsets` from the batch's first.
struct SmallMatrix {
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> place;  ///< of element (outer, inner) in that order
  bool contiguous = true;
  std::int64_t lane = 0;  ///< stride from batch to batch

  SmallMatrix(const std::vector<Loop>& outer, const std::vector<Loop>& inner, const Loop& lanes, Operand o)
      : lane(lanes.stride[o]) {
    std::vector<Loop> loops = outer;
    loops.insert(loops.end(), inner.begin(), inner.end());
    std::vector<std::int64_t> strides;
    for (const Loop& loop : loops) strides.push_back(loop.stride[o]);
    std::vector<std::int64_t> all(static_cast<std::size_t>(count(loops)));
    list_offsets(extents_of(loops), strides, 0, all.data());
    offsets = all;
    std::sort(offsets.begin(), offsets.end());
    offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
    for (const std::int64_t at : all) {
      place.push_back(std::lower_bound(offsets.begin(), offsets.end(), at) - offsets.begin());
    }
    contiguous = offsets.back() - offsets.front() + 1 == size();
  }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(offsets.size()); }
};

template <class T>
class SmallProducts final : public NestKernel {
 public:
  using F = typename FactorOf<T>::type;
  static constexpr std::int64_t kLanes = kShortLanes / static_cast<std::int64_t>(sizeof(T));

  SmallProducts(const NestProblem& problem, const Roles& roles, std::vector<Loop> batch, const Options& options)
      : kernels_(row_kernels<T>(options.isa)),
        factor_(factor_as<T>(problem.factor)),
        base_(problem.nest.base),
        lanes_(batch.back().extent),
        outer_(batch.begin(), batch.end() - 1),
        rows_(count(roles.a_rows)),
        columns_(count(roles.b_rows)),
        sums_(count(roles.sums)),
        a_(roles.a_rows, roles.sums, batch.back(), kA),
        b_(roles.sums, roles.b_rows, batch.back(), kB),
        c_(roles.a_rows, roles.b_rows, batch.back(), kC) {
    name = "small products";
    of_peak = 0.03;
    overwrites = problem.may_overwrite && static_cast<double>(count(roles.outs())) == problem.c_box_size;
    Arena measure(nullptr);
    Scratch{*this, measure};
    per_worker_ = measure.used();
    workspace_bytes = per_worker_ * std::max(1, options.threads);
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    const std::int64_t groups = (lanes_ + kLanes - 1) / kLanes, all = count(outer_) * groups;
    const std::int64_t points = kLanes * rows_ * columns_ * sums_;
    const std::int64_t tasks = std::clamp<std::int64_t>(
        all * points / 32768, 1, executor.threads() > 1 ? std::min<std::int64_t>(all, 8 * executor.threads()) : 1);
    executor.run(tasks, [&](std::int64_t task, int worker) {
      Arena arena(workspace.data() + worker * per_worker_);
      const Scratch scratch(*this, arena);
      for (std::int64_t i = all * task / tasks; i < all * (task + 1) / tasks; ++i) {
        Offsets at = base_;
        std::int64_t rest = i / groups;
        for (std::size_t l = outer_.size(); l-- > 0;) {
          for (std::size_t x = 0; x < 3; ++x) at[x] += rest % outer_[l].extent * outer_[l].stride[x];
          rest /= outer_[l].extent;
        }
        const std::int64_t first = i % groups * kLanes;
        group(std::min(kLanes, lanes_ - first), static_cast<const T*>(buffers.a) + at[kA] + first * a_.lane,
              static_cast<const T*>(buffers.b) + at[kB] + first * b_.lane,
              static_cast<T*>(buffers.c) + at[kC] + first * c_.lane, scratch);
      }
    });
  }

 private:
  struct Scratch {
    T *a, *b, *c, *result;
    Scratch(const SmallProducts& k, Arena& arena)
        : a(arena.take<T>(k.a_.size() * kLanes)),
          b(arena.take<T>(k.b_.size() * kLanes)),
          c(arena.take<T>(k.c_.size() * kLanes)),
          result(arena.take<T>(k.c_.size() * kLanes)) {}
  };

  /// n products side by side. Lanes without one hold what is left from the last group, and are not stored.
  void group(std::int64_t n, const T* a, const T* b, T* c, const Scratch& scratch) const {
    load(a_, n, a, scratch.a);
    load(b_, n, b, scratch.b);
    kernels_.multiply_lanes({rows_, columns_, sums_, scratch.a, a_.place.data(), scratch.b, b_.place.data(), scratch.c,
                             c_.place.data()});
    store(n, scratch.c, c, scratch.result);
  }

  void load(const SmallMatrix& m, std::int64_t n, const T* from, T* to) const {
    if (m.contiguous) return kernels_.transpose(m.size(), n, from + m.offsets.front(), m.lane, to, kLanes);
    for (std::int64_t i = 0; i < m.size(); ++i) {
      const T* at = from + m.offsets[static_cast<std::size_t>(i)];
      for (std::int64_t j = 0; j < n; ++j) to[i * kLanes + j] = at[j * m.lane];
    }
  }

  void store(std::int64_t n, const T* from, T* c, T* result) const {
    if (c_.contiguous && c_.lane != 1) {
      kernels_.transpose(n, c_.size(), from, kLanes, result, c_.size());
      return kernels_.combine({n, c_.size(), c + c_.offsets.front(), c_.lane, result, c_.size(), 1, nullptr, 0, 0, factor_,
                               !overwrites});
    }
    for (std::int64_t i = 0; i < c_.size(); ++i) {
      T* to = c + c_.offsets[static_cast<std::size_t>(i)];
      if (c_.lane == 1) {
        kernels_.combine({1, n, to, 0, from + i * kLanes, 0, 1, nullptr, 0, 0, factor_, !overwrites});
        continue;
      }
      for (std::int64_t j = 0; j < n; ++j) {
        const T value = static_cast<T>(from[i * kLanes + j] * factor_);
        to[j * c_.lane] = overwrites ? value : static_cast<T>(to[j * c_.lane] + value);
      }
    }
  }

  const RowKernelsOf<T>& kernels_;
  F factor_;
  Offsets base_;
  std::int64_t lanes_;
  std::vector<Loop> outer_;
  std::int64_t rows_, columns_, sums_;
  SmallMatrix a_, b_, c_;
  std::int64_t per_worker_ = 0;
};

}  // namespace

Candidate make_small_products(const NestProblem& problem, const Options& options) {
  if (!problem.has_a || !problem.has_b) return {nullptr, "one operand"};
  if (!problem.nest.windows.empty()) return {nullptr, "windows"};
  const Roles roles = roles_of(problem.nest);
  if (roles.sums.empty()) return {nullptr, "nothing is summed"};
  const std::int64_t m = count(roles.a_rows), n = count(roles.b_rows), k = count(roles.sums);
  if (m > kMostElements || n > kMostElements || k > kMostElements || std::max({m * k, k * n, m * n}) > kMostElements ||
      m * n * k > kMostPoints) {
    return {nullptr, "large products"};
  }
  if (!writes_apart(roles.outs())) return {nullptr, "elements of the result are met more than once"};
  std::vector<Loop> batch = roles.batch;
  std::stable_sort(batch.begin(), batch.end(), [](const Loop& x, const Loop& y) { return x.extent < y.extent; });
  if (batch.empty() || batch.back().extent < 16) return {nullptr, "few products"};
  if (!reads_apart(problem.nest.loops, kA) || !reads_apart(problem.nest.loops, kB)) {
    return {nullptr, "an operand whose elements are met more than once"};
  }
  const Loop& lanes = batch.back();
  if (m == 1 && n == 1 && (lanes.stride[kA] == 1 || lanes.stride[kB] == 1)) return {nullptr, "rows of products"};
  Candidate result;
  with_element_type(problem.dtype, [&](auto zero) {
    result.kernel = std::make_unique<SmallProducts<decltype(zero)>>(problem, roles, std::move(batch), options);
  });
  return result;
}

}  // namespace einfold::cpu
