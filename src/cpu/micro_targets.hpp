// SPDX-License-Identifier: MIT
//
// Which instruction sets hot loops are compiled for, and choosing among the variants.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSE4 | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#include "cpu/isa.hpp"
#include "cpu/micro.hpp"
#include "hwy/detect_targets.h"

#include <array>
#include <cstddef>

#if HWY_TARGETS & HWY_AVX2
#define EINFOLD_CASE_AVX2(call) \
  case Isa::kAvx2:              \
    return N_AVX2::call;
#else
#define EINFOLD_CASE_AVX2(call)
#endif
#if HWY_TARGETS & HWY_AVX3
#define EINFOLD_CASE_AVX512(call) \
  case Isa::kAvx512:              \
    return N_AVX3::call;
#else
#define EINFOLD_CASE_AVX512(call)
#endif
#if HWY_TARGETS & HWY_NEON
#define EINFOLD_CASE_NEON(call) \
  case Isa::kNeon:              \
    return N_NEON::call;
#else
#define EINFOLD_CASE_NEON(call)
#endif

/// Returns the call's variant for one instruction set. Only for one that the processor has: even filling a table is
/// code for it.
#define EINFOLD_FOR_ISA(isa, call)      \
  switch (isa) {                        \
    EINFOLD_CASE_AVX2(call)             \
    EINFOLD_CASE_AVX512(call)           \
    EINFOLD_CASE_NEON(call)             \
    default:                            \
      return HWY_STATIC_DISPATCH(call); \
  }

namespace einfold::cpu {

/// The table of one instruction set. `fill(isa, table)` is called once for each that this processor has; it must be a lambda of its own
/// per kind of table.
template <class Table, class Fill>
const Table& table_of(Isa isa, const Fill& fill) {
  static const auto tables = [&] {
    std::array<Table, 4> result{};
    for (const Isa one : supported_isas()) fill(one, result[static_cast<std::size_t>(one)]);
    return result;
  }();
  return tables[static_cast<std::size_t>(isa)];
}

// Each file of hot loops fills its part of the table.
void fill_tiles(Isa isa, MicroKernels<float>& t);
void fill_tiles(Isa isa, MicroKernels<double>& t);
void fill_moves(Isa isa, MicroKernels<float>& t);
void fill_moves(Isa isa, MicroKernels<double>& t);
void fill_sums(Isa isa, MicroKernels<float>& t);
void fill_sums(Isa isa, MicroKernels<double>& t);

}  // namespace einfold::cpu
