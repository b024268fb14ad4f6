// SPDX-License-Identifier: MIT
//
// A network with strided operands: affine nodes that amount to a reshape or a slice dissolve into the strides.
#pragma once

#include "einfold/network.hpp"

#include <map>
#include <vector>

namespace einfold::network {

/// Element  offset + sum stride(x) x  of the operand in row-major order.
struct View {
  int operand = 0;
  std::int64_t offset = 0;
  std::vector<Term> legs;  ///< index and stride; distinct indices
};

struct ViewNetwork {
  std::map<IndexId, std::int64_t> extents;  ///< no 0 and no 1
  std::vector<View> views;
  std::vector<Affine> affine;
  std::vector<IndexId> output;  ///< to be reshaped to the network's shape
  Scale scale;
  bool zero = false;            ///< then nothing else counts
};

/// The network with groups taken apart, diagonals as strides, indices of extent 1 left out, and as few affine nodes as
/// views and a reshape of the output allow.
[[nodiscard]] ViewNetwork views_of(const Network& network);

}  // namespace einfold::network
