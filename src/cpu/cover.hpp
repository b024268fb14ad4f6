// SPDX-License-Identifier: MIT
//
// Whether the nests of a step share the elements of its result among themselves.
#pragma once

#include "plan/contraction.hpp"

#include <vector>

namespace einfold::cpu {

struct Cover {
  bool apart = false;  ///< no element of the result is in the boxes of two nests
  bool whole = false;  ///< .. and each is in the box of one
};

/// The boxes of these nests, windows not regarded, in C's box. Both are false where the answer is not plain to see:
/// every loop must run along one axis of C's box, and no two along the same one. True for residue classes.
[[nodiscard]] Cover cover_of(const plan::Contraction& step, const std::vector<const plan::Nest*>& nests);

}  // namespace einfold::cpu
