// SPDX-License-Identifier: MIT
#include "pathfind/exact_path.hpp"

#include "pathfind/flat_tree.hpp"
#include "pathfind/greedy_path.hpp"
#include "pathfind/random.hpp"
#include "pathfind/reconfigure.hpp"

namespace einfold::pathfind {
namespace {

/// Up to here all subsets are fewer than what finding a bound costs; or few enough to need no budget.
constexpr int kNoBound = 10, kAllSubsets = 14;
/// More pairs of living subsets than these take longer than all subsets do.
constexpr std::int64_t kPairsOfAllSubsets = 200'000;
/// Where outer products are enclosed, the search with them that takes more has met a hub: the one without them is then much faster, and
/// gives a better bound.
constexpr std::int64_t kPairsAtOnce = 1'000'000;

/// The best known order.
class Best {
 public:
  Best(const FlatNetwork& network, const Objective& objective, SsaPath path)
      : network_(network), objective_(objective), path_(std::move(path)), log2_cost_(cost_of(path_)) {}

  void offer(const BestTree& tree) {
    if (tree.path.empty()) return;
    const double cost = cost_of(tree.path);
    if (cost > log2_cost_ + 1e-12 && !path_.empty()) return;
    path_ = tree.path;
    log2_cost_ = cost;
  }
  void reconfigured(int most_leaves, int most_subtrees) {
    FlatTree tree(network_, path_);
    reconfigure(tree, objective_, most_leaves, most_subtrees);
    path_ = tree.path();
    log2_cost_ = tree.log2_cost(objective_);
  }

  [[nodiscard]] const SsaPath& path() const { return path_; }
  [[nodiscard]] double log2_cost() const { return log2_cost_; }

 private:
  [[nodiscard]] double cost_of(const SsaPath& path) const { return FlatTree(network_, path).log2_cost(objective_); }

  const FlatNetwork& network_;
  const Objective& objective_;
  SsaPath path_;
  double log2_cost_;
};

}  // namespace

ExactPath exact_path(const FlatNetwork& network, const Objective& objective, const ExactOptions& options) {
  const int tensors = network.size();
  if (tensors < 2) return {{}, true};
  if (tensors == 2) return {{{0, 1}}, true};
  const bool outer = options.outer == OuterProducts::kAll, few = tensors <= kAllSubsets;
  if (tensors <= kNoBound) {
    BestTree tree = best_tree(network, objective);
    if (!tree.path.empty()) return {std::move(tree.path), true};
  }
  Random random(0);
  Best best(network, objective, greedy_path(network, {}, random));
  best.reconfigured(6, 200);
  if (tensors > kMostInSparse) return {best.path(), false};

  const std::vector<IndexClass> indices = index_classes(network);
  const auto search = [&](OuterProducts products, std::int64_t most_pairs) {
    SparseTree found = best_sparse_tree(tensors, indices, objective, products, best.log2_cost() - network.log2_batch, most_pairs);
    best.offer(found.tree);
    return found.complete;
  };
  const std::int64_t most_pairs = few ? std::min(options.most_pairs, kPairsOfAllSubsets) : options.most_pairs;
  if (outer && outer_products_are_enclosed(tensors, indices, objective) &&
      search(OuterProducts::kAll, std::min(most_pairs, kPairsAtOnce)))
    return {best.path(), true};
  const bool connected = search(OuterProducts::kNone, options.most_pairs);
  if (!outer) return {best.path(), connected};
  const bool all = search(OuterProducts::kAll, most_pairs);
  if (!all && few) {
    const BestTree tree = best_tree(network, objective, best.log2_cost());
    best.offer(tree);
    return {best.path(), !tree.path.empty()};
  }
  if (!all) best.reconfigured(10, 1000);
  return {best.path(), all};
}

}  // namespace einfold::pathfind
