// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/ceilings.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/ceilings.hpp"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Twelve chains hide four cycles of latency on two or three units and fit into sixteen registers.
constexpr int kChains = 12;

template <class T>
HWY_NOINLINE void fma(std::int64_t steps, const T* in, T* out) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto factor = hn::LoadU(d, in), addend = hn::LoadU(d, in + lanes);
  decltype(hn::Zero(d)) sum[kChains];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kChains; ++i) sum[i] = hn::LoadU(d, out + i * lanes);
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kChains; ++i) sum[i] = hn::MulAdd(sum[i], factor, addend);
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kChains; ++i) hn::StoreU(sum[i], d, out + i * lanes);
}

HWY_NOINLINE float read(std::int64_t n, const float* from) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  for (std::int64_t i = 0; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::Add(s0, hn::LoadU(d, from + i));
    s1 = hn::Add(s1, hn::LoadU(d, from + i + lanes));
    s2 = hn::Add(s2, hn::LoadU(d, from + i + 2 * lanes));
    s3 = hn::Add(s3, hn::LoadU(d, from + i + 3 * lanes));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

HWY_NOINLINE void copy(std::int64_t n, const float* from, float* to) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t i = 0; i < n; i += 4 * lanes) {
    const auto v0 = hn::Load(d, from + i), v1 = hn::Load(d, from + i + lanes);
    const auto v2 = hn::Load(d, from + i + 2 * lanes), v3 = hn::Load(d, from + i + 3 * lanes);
    hn::Stream(v0, d, to + i);
    hn::Stream(v1, d, to + i + lanes);
    hn::Stream(v2, d, to + i + 2 * lanes);
    hn::Stream(v3, d, to + i + 3 * lanes);
  }
  hwy::FlushStream();
}

HWY_NOINLINE void write(std::int64_t n, const float* from, float* to) {
  for (std::int64_t i = 0; i < n; i += 1024) {
    const hn::ScalableTag<float> d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    for (std::int64_t j = 0; j < 1024; j += lanes) hn::Stream(hn::Load(d, from + j), d, to + i + j);
  }
  hwy::FlushStream();
}

void fill(CeilingLoops& t) {
  t = {.chains = kChains,
       .lanes32 = static_cast<int>(hn::Lanes(hn::ScalableTag<float>())),
       .lanes64 = static_cast<int>(hn::Lanes(hn::ScalableTag<double>())),
       .fma32 = fma<float>,
       .fma64 = fma<double>,
       .read = read,
       .copy = copy,
       .write = write};
}

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/fail.hpp"
#include "base/thread_pool.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <new>
#include <vector>

namespace einfold::cpu {

const CeilingLoops& ceiling_loops(Isa isa) {
  return table_of<CeilingLoops>(isa, [](Isa one, CeilingLoops& table) { EINFOLD_FOR_ISA(one, fill(table)) });
}

namespace {

/// Of `repeats` runs of `tasks` pieces of work.
template <class Piece>
double best_seconds(int threads, std::int64_t tasks, int repeats, const Piece& piece) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(threads, tasks, piece);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

template <class T>
double flops_per_second(void (*fma)(std::int64_t, const T*, T*), int chains, int lanes, int threads) {
  constexpr std::int64_t kSteps = 1 << 16;
  constexpr int kRepeats = 40, kTasksPerThread = 4;
  const auto width = static_cast<std::size_t>(chains * lanes);
  std::vector<T> in(static_cast<std::size_t>(2 * lanes));
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<T>(0.5 + 0.001 * static_cast<double>(i % 97));
  std::vector<std::vector<T>> out(static_cast<std::size_t>(threads), std::vector<T>(width, T{1}));
  const std::int64_t tasks = std::int64_t{kTasksPerThread} * threads;
  const double seconds = best_seconds(threads, tasks, kRepeats, [&](std::int64_t, int worker) {
    fma(kSteps, in.data(), out[static_cast<std::size_t>(worker)].data());
  });
  return 2.0 * static_cast<double>(kSteps) * static_cast<double>(width) * static_cast<double>(tasks) / seconds;
}

struct Freed {
  void operator()(float* memory) const { ::operator delete(memory, std::align_val_t{64}); }
};

}  // namespace

ComputePeak measure_compute_peak(Isa isa, int threads) {
  const CeilingLoops& loops = ceiling_loops(isa);
  return {flops_per_second(loops.fma32, loops.chains, loops.lanes32, threads),
          flops_per_second(loops.fma64, loops.chains, loops.lanes64, threads)};
}

Bandwidth measure_bandwidth(Isa isa, int threads) {
  constexpr std::int64_t kElements = 64 << 20, kPiece = 1 << 18;
  constexpr int kRepeats = 6;
  const CeilingLoops& loops = ceiling_loops(isa);
  const std::unique_ptr<float, Freed> memory(
      static_cast<float*>(::operator new(kElements * sizeof(float), std::align_val_t{64}, std::nothrow)));
  if (!memory) fail(ErrorKind::kMemory, "E0601", "cannot allocate ", kElements * sizeof(float), " bytes to measure bandwidth");
  float* const data = memory.get();
  parallel_for(threads, kElements / kPiece, [&](std::int64_t task, int) {
    auto state = static_cast<std::uint32_t>(task) * 2654435761U + 1;
    for (float* x = data + task * kPiece; x != data + (task + 1) * kPiece; ++x) {
      state = state * 1664525U + 1013904223U;
      *x = static_cast<float>(state >> 8) * 0x1p-24F;
    }
  });
  std::vector<float> sums(static_cast<std::size_t>(kElements / kPiece));
  const double read = best_seconds(threads, kElements / kPiece, kRepeats, [&](std::int64_t task, int) {
    sums[static_cast<std::size_t>(task)] = loops.read(kPiece, data + task * kPiece);
  });
  constexpr std::int64_t kHalf = kElements / 2;
  const double copied = best_seconds(threads, kHalf / kPiece, kRepeats, [&](std::int64_t task, int) {
    loops.copy(kPiece, data + task * kPiece, data + kHalf + task * kPiece);
  });
  // What is written comes from the first cache: the loop asks for the same 4 KiB again and again.
  const double written = best_seconds(threads, kHalf / kPiece, kRepeats, [&](std::int64_t task, int) {
    loops.write(kPiece, data, data + kHalf + task * kPiece);
  });
  const auto bytes = static_cast<double>(sizeof(float));
  return {bytes * kElements / read, 2 * bytes * kHalf / copied, bytes * kHalf / written};
}

}  // namespace einfold::cpu
#endif  // HWY_ONCE
