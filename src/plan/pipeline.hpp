// SPDX-License-Identifier: MIT
//
// From a network to a plan, pass by pass. This is the page to read first.
#pragma once

#include "einfold/network.hpp"
#include "einfold/order.hpp"
#include "pathfind/search.hpp"
#include "plan/lower.hpp"
#include "plan/plan.hpp"
#include "simplify/simplify.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace einfold::plan {

/// What does not depend on where tensors lie in memory: made once per network.
struct Ordered {
  Simplified simplified;
  NumberedNetwork numbered;
  pathfind::Tree tree;
  std::vector<pathfind::Slice> slices;
  double search_seconds = 0;
};

struct PipelineOptions {
  bool simplify = true;
  /// A written element costs as much as 16 multiply-adds: about the balance of arithmetic and memory of one core.
  pathfind::SearchOptions search{.write_weight = 16};
  std::optional<ContractionPath> path;  ///< over the network's dense nodes, in place of the search
  /// Intermediates must not take more elements together, even if work is repeated for it.
  std::int64_t limit_elements = std::numeric_limits<std::int64_t>::max();
  /// They should not take more, as far as loops avoid it without repeating work: what stays in cache.
  std::int64_t cached_elements = 3 << 16;
};

/// Loops that keep intermediates in cache as far as that repeats no work: what `order` gives a tree unless the limit asks for more.
[[nodiscard]] std::vector<pathfind::Slice> cache_slices(const pathfind::Problem& problem, const pathfind::Tree& tree,
                                                        const PipelineOptions& options);

/// simplify, number the indices, find the order, slice to the limit.
[[nodiscard]] Ordered order(const Network& network, const PipelineOptions& options);

/// Lower each step, place the buffers.
[[nodiscard]] Plan lower(const Ordered& ordered, const Layout& layout, bool accumulate);

}  // namespace einfold::plan
