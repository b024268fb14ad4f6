// SPDX-License-Identifier: MIT
//
// The best order of all for a network without equations: what opt_einsum and cotengra call dp and optimal.
#pragma once

#include "pathfind/sparse.hpp"

namespace einfold::pathfind {

struct ExactPath {
  SsaPath path;         ///< never empty for two tensors or more: without a proof a good order
  bool proven = false;  ///< no tree (without outer products, if those were excluded) costs less
};

struct ExactOptions {
  OuterProducts outer = OuterProducts::kAll;
  /// Pairs of subsets that may be looked at beyond 14 tensors: about 2 ns each.
  std::int64_t most_pairs = 1'000'000'000;
};

/// Over all subsets up to 10 tensors. Beyond, up to 30, a greedy order, improved, is the bound for the best order without outer products, and
/// that for the best of all (which is tried at once where outer_products_are_enclosed), over the subsets that the bound leaves alive; over all
/// of them where these are too many for up to 14 tensors.
/// Deterministic.
[[nodiscard]] ExactPath exact_path(const FlatNetwork& network, const Objective& objective, const ExactOptions& options = {});

}  // namespace einfold::pathfind
