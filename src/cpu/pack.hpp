// SPDX-License-Identifier: MIT
//
// Packing a matrix block into panels.
#pragma once

#include "cpu/micro.hpp"

#include <cstdint>

namespace einfold::cpu {

/// Element (p, j) of a k x n block is source[k_offsets[p] + n_offsets[j]].
template <class T>
struct OffsetBlock {
  const T* source;
  const std::int64_t *k_offsets, *n_offsets;
  std::int64_t k, n;
  std::int64_t next = 0;  ///< what lies so many elements further is likely to be packed next; 0: nothing is
};

/// Panels of `width` columns, k rows each, one after the other; missing columns of the last are zero.
///
/// With `pairs`, offsets 2p, 2p + 1 and 2j, 2j + 1 belong to one complex number y and give [[re, im], [-im,
/// re]].
template <class T>
void pack_panels(const MicroKernels<T>& micro, const OffsetBlock<T>& block, std::int64_t width, bool pairs,
                 T* panels);

}  // namespace einfold::cpu
