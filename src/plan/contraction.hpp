// SPDX-License-Identifier: MIT
//
// One contraction as the kernels see it: loop nests over at most two operands, nothing but numbers.
// Knows nothing of networks, trees or kernels.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace einfold::plan {

/// One test of a loop point:  0 <= constant + sum_l coefficients[l] * l < extent.
struct Window {
  std::int64_t constant = 0;
  std::vector<std::int64_t> coefficients;  ///< one per loop of the nest; 0: the loop plays no part
  std::int64_t extent = 0;

  friend bool operator==(const Window&, const Window&) = default;
};

/// Element address  base + sum_l strides[l] * l  relative to the tensor's position (0, .., 0), in elements.
///
/// A window belongs to the operand whose loops it needs: every loop with a non-zero coefficient either has a non-zero
/// stride here or counts as a loop of this operand all the same (role assignment looks at strides and windows).
struct Access {
  std::int64_t base = 0;
  std::vector<std::int64_t> strides;  ///< one per loop of the nest
  std::vector<Window> windows;

  friend bool operator==(const Access&, const Access&) = default;
};

/// for all loop points inside every window of a, b and c:   C[c] += A[a] * B[b]
///
/// Addresses outside the windows are never touched. Loops have extents >= 1.
struct Nest {
  std::vector<std::int64_t> extents;
  Access a, b, c;

  friend bool operator==(const Nest&, const Nest&) = default;
};

/// How a step's result is symmetric, so that a kernel may compute half of it and mirror the rest.
struct Symmetry {
  /// Pairs of loops (of every nest) that exchange A with B: C is unchanged under exchanging each pair.
  std::vector<std::pair<int, int>> exchanged;

  friend bool operator==(const Symmetry&, const Symmetry&) = default;
};

/// The factor of a result: integer types use `integer` (and wrap), all others `real`.
struct Factor {
  double real = 1.0;
  std::int64_t integer = 1;

  friend bool operator==(const Factor&, const Factor&) = default;
};

/// C (+)= factor * sum over nests of A * B. An absent operand counts as all ones.
struct Contraction {
  bool has_a = true;
  bool has_b = true;
  /// A and B are the same tensor in memory and every nest reads both at the same place: A * B is a square.
  bool same = false;
  /// C's box is written with zeros first; otherwise the nests add to what is there.
  bool zero_first = true;
  /// Extents and strides of C's whole box, for zeroing: every element in it belongs to the result.
  std::vector<std::int64_t> c_extents;
  std::vector<std::int64_t> c_strides;
  Factor factor;
  std::vector<Nest> nests;
  Symmetry symmetry;
};

/// Positions start, start + step, .. of the summed axis: `count` of them.
struct Segment {
  std::int64_t start = 0, step = 1, count = 0;

  friend bool operator==(const Segment&, const Segment&) = default;
};

/// An axis of A that is summed through windows.
struct WindowedAxis {
  std::int64_t stride_a = 0, stride_c = 0;  ///< of i in A, of k in C
  std::vector<Segment> segments;            ///< disjoint
  std::vector<std::vector<int>> members;    ///< the segments of every k, ascending
};

/// One pass over A:  C[.., k1, k2, ..] = factor * sum over i1, i2, .. of  A[.., i1, i2, ..]
///
/// where i_d runs through the segments in axes[d].members[k_d]. A box of segments is summed once, however many k
/// use it.
struct WindowedSum {
  std::vector<std::int64_t> extents;               ///< the loops that A and C share
  std::vector<std::int64_t> strides_a, strides_c;  ///< of these loops
  std::int64_t base_a = 0, base_c = 0;
  std::vector<WindowedAxis> axes;                  ///< at least one
  Factor factor;
};

}  // namespace einfold::plan
