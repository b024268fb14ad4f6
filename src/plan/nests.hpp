// SPDX-License-Identifier: MIT
//
// From equations to loop nests: residue classes remove the divisions, windows guard what may fall outside.
#pragma once

#include "plan/contraction.hpp"
#include "plan/solve.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace einfold::plan {

/// A tensor as a step sees it: the element at index values x lies at  base + sum_x strides[x] x.
struct View {
  std::int64_t base = 0;
  std::vector<std::int64_t> strides;  ///< one per index of the step
  std::vector<bool> has;              ///< whether the index occurs on the tensor (its stride may be 0 all the same)
};

/// What a step computes:  C[view] += sum over the points of `equations` of A * B.
struct StepSystem {
  std::vector<StepIndex> indices;
  std::vector<Equation> equations;
  std::optional<View> a, b;
  View c;
};

struct NestList {
  std::vector<Nest> nests;
  /// For each index of the step its loop number in every nest, -1 if it is solved for.
  std::vector<int> loop_of_index;
};

/// One nest per residue class that has a point. Empty: the result is zero.
[[nodiscard]] NestList lower_to_nests(const StepSystem& system);

}  // namespace einfold::plan
