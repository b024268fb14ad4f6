// SPDX-License-Identifier: MIT
#include "exec/predict.hpp"

#include <algorithm>
#include <array>

namespace einfold {
namespace {

constexpr double kClock = 3e9;
constexpr double kFmaUnits = 2;
constexpr double kSecondsPerCall = 0.5e-6;
constexpr double kCacheBytes = 1 << 20;
constexpr double kCacheBandwidth = 40e9, kMemoryBandwidth = 10e9;  // bytes per second, of one thread

/// The part of the peak of fused multiply-adds that a kernel reaches on points of its step.
struct Speed {
  std::string_view kernel;
  double of_peak;
};
constexpr std::array kSpeeds = {
    Speed{"shift-invariant Gram", 2.0},  // it visits a fraction of the points
    Speed{"gemm", 0.7},
    Speed{"stencil", 0.25},
    Speed{"windowed sum", 0.25},
    Speed{"generic", 0.02},
};
constexpr double kOtherSpeed = 0.1;

double lanes(cpu::Isa isa, DType dtype) {
  double bytes = 16;
  if (isa == cpu::Isa::kAvx2) bytes = 32;
  if (isa == cpu::Isa::kAvx512) bytes = 64;
  const double of_real = bytes / static_cast<double>(size_bytes(dtype));
  // a complex product is four real ones, on halves of its bytes
  return is_complex(dtype) ? of_real * 2 / 4 : of_real;
}

}  // namespace

double predicted_seconds(const StepLoad& load, int threads, cpu::Isa isa) {
  double of_peak = kOtherSpeed;
  for (const Speed& speed : kSpeeds) {
    if (load.kernel.find(speed.kernel) != std::string_view::npos) of_peak = speed.of_peak;
  }
  const double rate = of_peak * kClock * kFmaUnits * lanes(isa, load.dtype);
  const double bandwidth = load.bytes <= kCacheBytes ? kCacheBandwidth : kMemoryBandwidth;
  return std::max(load.points / rate, load.bytes / bandwidth) / std::max(threads, 1) + load.calls * kSecondsPerCall;
}

}  // namespace einfold
