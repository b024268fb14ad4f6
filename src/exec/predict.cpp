// SPDX-License-Identifier: MIT
#include "exec/predict.hpp"

#include <algorithm>

namespace einfold {
namespace {

constexpr double kClock = 3e9;
constexpr double kFlopsPerLane = 4;  // two units, a multiply-add counts twice
constexpr double kSecondsPerCall = 0.3e-6;
constexpr double kCacheBytes = 1 << 20;
constexpr double kCacheBandwidth = 40e9, kMemoryBandwidth = 10e9;  // bytes per second, of one thread

double lanes(cpu::Isa isa, DType dtype) {
  double bytes = 16;
  if (isa == cpu::Isa::kAvx2) bytes = 32;
  if (isa == cpu::Isa::kAvx512) bytes = 64;
  const double of_real = bytes / static_cast<double>(size_bytes(dtype));
  // a complex product is four real ones, on halves of its bytes
  return is_complex(dtype) ? of_real * 2 / 4 : of_real;
}

}  // namespace

double predicted_seconds(std::span<const cpu::Load> loads, DType dtype, int threads, cpu::Isa isa) {
  const double peak = kClock * kFlopsPerLane * lanes(isa, dtype);
  double seconds = 0;
  for (const cpu::Load& load : loads) {
    const double bandwidth = load.bytes <= kCacheBytes ? kCacheBandwidth : kMemoryBandwidth;
    seconds += load.operations / (load.of_peak * peak) + load.bytes / bandwidth;
  }
  return seconds / std::max(threads, 1) + kSecondsPerCall;
}

}  // namespace einfold
