// SPDX-License-Identifier: MIT
//
// einops' functions as networks: rearrange, reduce, repeat.
#pragma once

#include "einfold/network.hpp"
#include "einfold/notation.hpp"

#include <string_view>
#include <vector>

namespace einfold {

enum class EinopsFunction { kRearrange, kReduce, kRepeat };

struct EinopsNetwork {
  /// One dense node; without `reduced` the value of the function. With it, the sum over these indices.
  Network network;
  /// The indices of the operand that `reduce` takes away, in the operand's order. The others are kept: they are the
  /// output's, in groups.
  std::vector<IndexId> reduced;

  /// Scaled to the mean over `reduced` (of nothing: NaN).
  [[nodiscard]] Network mean() const;
};

/// einops' rules (named spelling always): one operand, an arrow, no index twice on a side, no affine axes; integers are
/// axes without a name; `...` may be grouped in the output. With L and R the indices of operand and output:
///
///     rearrange   L = R, no integers but 1
///     reduce      R is a subset of L
///     repeat      L is a subset of R, extents of new indices in `sizes`
///
/// Throws E0101 .. E0113 about the pattern, and what `build` throws about extents.
[[nodiscard]] EinopsNetwork einops_network(EinopsFunction function, std::string_view pattern, const Shape& shape,
                                           const Sizes& sizes = {});

}  // namespace einfold
