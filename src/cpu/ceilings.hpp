// SPDX-License-Identifier: MIT
//
// What the machine can do at best, measured: the ceilings that benchmarks compare with.
#pragma once

#include "cpu/isa.hpp"

#include <cstdint>

namespace einfold::cpu {

/// Loops of nothing but the instruction in question.
struct CeilingLoops {
  int chains = 0;  ///< independent chains of fused multiply-adds, one vector each
  int lanes32 = 0, lanes64 = 0;
  /// Each chain does `steps` multiply-adds on data from memory; the sums go to `out` (lanes * chains elements).
  void (*fma32)(std::int64_t steps, const float* in, float* out);
  void (*fma64)(std::int64_t steps, const double* in, double* out);
  /// The sum of n elements, read once.
  float (*read)(std::int64_t n, const float* from);
  /// Past the cache; n is a multiple of 1024 and both ends are aligned to 64 bytes.
  void (*copy)(std::int64_t n, const float* from, float* to);
  /// The 1024 elements at `from` over and over, past the cache.
  void (*write)(std::int64_t n, const float* from, float* to);
};

[[nodiscard]] const CeilingLoops& ceiling_loops(Isa isa);

struct ComputePeak {
  double flops_float32 = 0, flops_float64 = 0;  ///< per second, a fused multiply-add counts twice
};

/// Best of several runs of a millisecond on each of `threads` threads.
[[nodiscard]] ComputePeak measure_compute_peak(Isa isa, int threads);

struct Bandwidth {
  double read = 0, copied = 0, written = 0;  ///< bytes per second; a copied byte counts twice
};

/// Best of several passes over 256 MiB of random data, beyond any cache; writes do not read what they overwrite.
/// Throws E0601 without that much memory.
[[nodiscard]] Bandwidth measure_bandwidth(Isa isa, int threads);

}  // namespace einfold::cpu
