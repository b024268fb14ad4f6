// SPDX-License-Identifier: MIT
//
// What a shift-invariant Gram has to sum, and which sums each pair of taps adds up.
//
// With A at position  p = c + S o + D k  and B at  p' = c' + S o + D k',
//
//     sum_o A[p] B[p'] = sum_u A[r + S u] B[r' + S u],   r = (c + D k) mod S,   r' = r + c' - c + D (k' - k),
//
// over the u = w, .., w + O - 1 with  w = (c + D k - r) / S  for which both positions exist. The summand
// depends on k and k' only through r and the displacement k' - k; k itself only says where the window of u
// begins. So for each (r, k' - k) the u are cut where a window begins or ends, every piece is summed once,
// and a pair of taps adds up the pieces of its window. Nothing is subtracted, and no position outside a
// tensor is touched.
#pragma once

#include "cpu/shift_problem.hpp"

#include <cstdint>
#include <vector>

namespace einfold::cpu {

struct Range {
  std::int64_t first = 0, last = 0;  ///< [first, last)
};

/// Two taps, and which pieces their window holds.
struct TapPair {
  std::int64_t a_tap = 0, b_tap = 0;
  Range pieces;
};

/// One (r, k' - k) of one dimension.
struct Displacement {
  std::int64_t difference = 0;            ///< k' - k
  std::int64_t a_first = 0, b_first = 0;  ///< r and r': the positions of u = 0
  std::vector<Range> pieces;              ///< of u
  std::vector<TapPair> taps;
};

[[nodiscard]] std::vector<Displacement> displacements_of(const ShiftedPair& pair);

/// A combination of displacements, one per dimension, and where its sums lie among all.
struct Combination {
  std::vector<std::size_t> of;  ///< per dimension: which displacement
  std::int64_t first_cell = 0;  ///< its cells: pieces of all dimensions, row-major
  std::int64_t cells = 1;
  std::int64_t points = 0;  ///< positions it sums over
};

/// All combinations, or of a symmetric step only those whose differences are zero or begin with a positive
/// one.
[[nodiscard]] std::vector<Combination> combinations_of(
    const std::vector<std::vector<Displacement>>& dimensions, bool only_forward);

}  // namespace einfold::cpu
