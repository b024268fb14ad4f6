// SPDX-License-Identifier: MIT
#include "tables/placements.hpp"

#include "pathfind/build.hpp"
#include "pathfind/moves.hpp"
#include "pathfind/random.hpp"
#include "pathfind/replay.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace einfold::bench {
namespace {

using pathfind::Move;
using pathfind::Place;
using pathfind::State;

class Draw {
 public:
  Draw(pathfind::Moves& moves, std::uint64_t seed, std::uint64_t stream)
      : moves_(moves), random_(seed, stream), left_(moves.problem().equations.size()) {
    for (std::size_t e = 0; e < left_.size(); ++e) left_[e] = static_cast<int>(e);
  }

  const State* tree(const pathfind::SsaPath& path) {
    std::vector<const State*> tensors;
    for (int leaf = 0; leaf < static_cast<int>(moves_.problem().leaves.size()); ++leaf)
      tensors.push_back(moves_.leaf(leaf));
    for (std::size_t p = 0; p < path.size(); ++p) {
      const State* a = perhaps_summed(tensors[path[p].first]);
      const State* b = perhaps_summed(tensors[path[p].second]);
      if (p + 1 == path.size() && random_.below(2) == 0) return all_that_is_left(a, b);
      tensors.push_back(joined(a, b));
    }
    return all_that_is_left(tensors.back(), nullptr);
  }

 private:
  /// Those left that have a leg of a tensor, each with a chance of one half.
  std::vector<int> some_of(const State* a, const State* b) {
    std::vector<int> some;
    for (const int e : left_) {
      bool touches = false;
      for (const State* state : {a, b}) {
        if (state == nullptr) continue;
        for (const pathfind::Leg& leg : state->legs) {
          for (const auto& term : moves_.problem().equations[e].terms) touches = touches || term.first == leg.index;
        }
      }
      if (touches && random_.below(2) == 0) some.push_back(e);
    }
    return some;
  }

  const State* taken(Move& move) {
    for (const int e : move.equations->members) std::erase(left_, e);
    return moves_.take(move);
  }

  const State* perhaps_summed(const State* state) {
    for (int tries = random_.below(3); tries > 0; --tries) {
      const std::vector<int> some = some_of(state, nullptr);
      Move move{state, nullptr, &moves_.equation_set(some)};
      if (some.size() < 2 && moves_.evaluate(move)) state = taken(move);
    }
    return state;
  }

  const State* joined(const State* a, const State* b) {
    for (int tries = 0; tries < 4; ++tries) {
      Move move{a, b, &moves_.equation_set(some_of(a, b))};
      if (moves_.evaluate(move)) return taken(move);
    }
    Move move{a, b, &moves_.equation_set({})};
    (void)moves_.evaluate(move);
    return taken(move);
  }

  const State* all_that_is_left(const State* a, const State* b) {
    Move move{a, b, &moves_.equation_set(left_), Place::kLast};
    (void)moves_.evaluate(move);
    return taken(move);
  }

  pathfind::Moves& moves_;
  pathfind::Random random_;
  std::vector<int> left_;  ///< equations
};

}  // namespace

std::vector<pathfind::Tree> random_placements(const pathfind::Problem& problem, const pathfind::SsaPath& path,
                                              const pathfind::Objective& objective, int samples,
                                              std::uint64_t seed) {
  std::vector<pathfind::Tree> trees;
  std::set<std::vector<std::tuple<int, int, std::vector<int>>>> known;
  for (int sample = 0; sample < samples; ++sample) {
    pathfind::Moves moves(problem, objective);
    const State* last = Draw(moves, seed, static_cast<std::uint64_t>(sample)).tree(path);
    pathfind::Tree tree = pathfind::tree_of(problem, last, objective);
    std::vector<std::tuple<int, int, std::vector<int>>> key;
    for (const pathfind::BareStep& step : pathfind::bare_steps(tree)) key.emplace_back(step.a, step.b, step.equations);
    if (known.insert(std::move(key)).second) trees.push_back(std::move(tree));
  }
  return trees;
}

}  // namespace einfold::bench
