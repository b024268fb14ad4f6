// SPDX-License-Identifier: MIT
#include "pathfind/polish.hpp"

#include "pathfind/anneal.hpp"
#include "pathfind/large_tree.hpp"
#include "pathfind/reconfigure.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

namespace einfold::pathfind {
namespace {

/// Fewer sweeps than temperatures are worth little.
Annealing annealing_of(double moves, double hottest, int tensors) {
  const double sweeps = moves / tensors;
  const int temperatures = std::clamp(static_cast<int>(std::sqrt(sweeps)), 1, 30);
  return {.hottest = hottest, .coldest = 0.05, .temperatures = temperatures, .sweeps = static_cast<int>(sweeps / temperatures)};
}

class Polisher {
 public:
  Polisher(LargeTree& tree, const Objective& objective, const Polish& polish, Random& random, const Deadline& deadline)
      : tree_(tree), objective_(objective), polish_(polish), random_(random), deadline_(deadline) {}

  /// Whether anything got cheaper. Steps below `least` are left alone.
  bool pass(int most, double least) {
    int subtrees = polish_.most_subtrees / polish_.passes;
    const std::vector<double> dearest = tree_.dearest_below(objective_);
    std::vector<LargeTree::Window> windows;
    std::priority_queue<std::pair<double, int>> tops;
    tops.push({dearest[tree_.root()], tree_.root()});
    int tensors = 0;
    while (!tops.empty() && !deadline_.passed() && tensors < kMostWindows * most) {
      const int top = tops.top().second;
      tops.pop();
      windows.push_back(tree_.window(top, most, dearest));
      for (const int node : windows.back().below)
        if (!tree_.is_leaf(node) && dearest[node] >= least) tops.push({dearest[node], node});
      tensors += static_cast<int>(windows.back().below.size());
      if (windows.back().below.size() < 3) windows.pop_back();
    }
    bool better = false;
    for (const LargeTree::Window& window : windows) {
      if (deadline_.passed()) break;
      const double share = static_cast<double>(window.below.size()) / tensors;
      const double moves = static_cast<double>(polish_.moves) / polish_.passes * share;
      better = improve(window, moves, std::max(8, static_cast<int>(subtrees * share))) || better;
    }
    return better;
  }

 private:
  static constexpr int kMostWindows = 64;

  bool improve(const LargeTree::Window& window, double moves, int subtrees) {
    FlatTree local(window.network, window.path);
    const double before = local.log2_cost(objective_);
    const Annealing annealing = annealing_of(moves, polish_.hottest, window.network.size());
    if (annealing.sweeps > 0) anneal(local, objective_, annealing, random_, deadline_);
    reconfigure(local, objective_, polish_.most_leaves, subtrees, deadline_);
    if (local.log2_cost(objective_) >= before - 1e-9) return false;
    tree_.replace(window, local);
    return true;
  }

  LargeTree& tree_;
  const Objective& objective_;
  const Polish& polish_;
  Random& random_;
  const Deadline& deadline_;
};

}  // namespace

SsaPath polished(const FlatNetwork& network, const SsaPath& path, const Objective& objective, const Polish& polish, Random& random,
                 const Deadline& deadline) {
  if (network.size() < 3 || deadline.passed()) return path;
  LargeTree tree(network, path);
  Polisher polisher(tree, objective, polish, random, deadline);
  for (int pass = 0; pass < polish.passes && !deadline.passed(); ++pass) {
    const double cost = tree.log2_cost(objective) - network.log2_batch;
    // steps that together are less than 2^-7 of the cost are left alone
    const double least = objective.largest ? cost : cost - 7 - std::log2(static_cast<double>(network.size()));
    const int most = pass == 0 ? polish.window : static_cast<int>(polish.window * random.between(0.5, 1));
    if (!polisher.pass(std::max(most, 8), least) && pass > 0) break;
  }
  return tree.path();
}

}  // namespace einfold::pathfind
