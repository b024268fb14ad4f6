// SPDX-License-Identifier: MIT
#include "pathfind/greedy.hpp"

#include "pathfind/log2.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace einfold::pathfind {
namespace {

/// Tensors by slot; a slot is not used again.
class Greedy {
 public:
  Greedy(Moves& moves, GreedyScore score)
      : moves_(moves), score_(score), absorbed_(moves.problem().equations.size(), 0) {
    const Problem& problem = moves.problem();
    equations_with_.resize(problem.extents.size());
    for (int e = 0; e < static_cast<int>(problem.equations.size()); ++e)
      for (const auto& term : problem.equations[e].terms) equations_with_[term.first].push_back(e);
    for (int leaf = 0; leaf < static_cast<int>(problem.leaves.size()); ++leaf) add(moves.leaf(leaf));
  }

  const State* run() {
    for (int slot = 0; slot < static_cast<int>(slots_.size()); ++slot) open_options(slot);
    while (living_ > 1) {
      const auto [a, b] = best_pair();
      const Move move = options_.at({a, b}).move;
      std::erase_if(options_, [&, a = a, b = b](const auto& item) {
        const auto& [x, y] = item.first;
        return x == a || y == a || x == b || y == b;
      });
      if (const State* done = join(a, b, move)) return done;
      open_options(static_cast<int>(slots_.size()) - 1);
    }
    return finish();
  }

  const State* follow(const SsaPath& path) {
    for (const auto& [a, b] : path)
      if (const State* done = join(a, b, option_of(a, b).move)) return done;
    return finish();
  }

 private:
  struct Option {
    Move move;
    double score = 0;
    std::vector<int> candidates;  ///< equations it was chosen from
    int living = 0;               ///< tensors then
    bool operator<(const Option& other) const {
      if (!log2_equal(score, other.score)) return score < other.score;
      return move.log2_points < other.move.log2_points - 1e-9;
    }
  };

  void add(const State* state) {
    slots_.push_back(summed(state));
    ++living_;
  }

  void open_options(int slot) {
    for (int other = 0; other < slot; ++other)
      if (slots_[other] != nullptr) options_[{other, slot}] = {};
  }

  /// The last step, if this was it.
  const State* join(int a, int b, const Move& move) {
    const State* joined = moves_.take(move);
    slots_[a] = slots_[b] = nullptr;
    living_ -= 2;
    absorb(joined);
    if (move.place == Place::kLast) return joined;
    add(joined);
    return nullptr;
  }

  const State* finish() {
    Move move{living_ == 1 ? slots_.back() : nullptr, nullptr, &moves_.equation_set(unabsorbed()), Place::kLast};
    moves_.evaluate(move);
    return moves_.take(move);
  }

  /// Equations that just became part of a tensor invalidate the options that counted on them.
  void absorb(const State* state) {
    if (state->equations.empty()) return;
    for (const int e : state->equations) absorbed_[e] = 1;
    for (auto& [pair, option] : options_)
      if (std::ranges::any_of(option.candidates, [&](int e) { return absorbed_[e] != 0; })) option = {};
  }

  /// After every sum that makes the tensor smaller, the best first.
  const State* summed(const State* state) {
    while (true) {
      Move best;
      best.log2_size = state->log2_size;
      const std::vector<int> candidates = reachable({state});
      for (int e = -1; e < static_cast<int>(candidates.size()); ++e) {
        const std::vector<int> members = e < 0 ? std::vector<int>{} : std::vector{candidates[e]};
        Move move{state, nullptr, &moves_.equation_set(members)};
        if (moves_.evaluate(move) && move.log2_size < best.log2_size - 1e-9) best = std::move(move);
      }
      if (best.a == nullptr) return state;
      state = moves_.take(best);
      absorb(state);
    }
  }

  std::pair<int, int> best_pair() {
    const Option* best = nullptr;
    std::pair<int, int> at;
    for (auto& [pair, option] : options_) {
      const bool last = living_ == 2 && option.living != 2;  // now it may be the last move
      if (option.move.a == nullptr || last) option = option_of(pair.first, pair.second);
      if (best == nullptr || option < *best) {
        best = &option;
        at = pair;
      }
    }
    return at;
  }

  Option option_of(int a, int b) {
    const State* left = slots_[a];
    const State* right = slots_[b];
    std::optional<Option> best;
    const std::vector<int> candidates = living_ > 2 ? reachable({left, right}) : unabsorbed();
    for (const auto& members : subsets(left, right, candidates)) {
      Move move{left, right, &moves_.equation_set(members)};
      if (living_ == 2 && members == unabsorbed()) move.place = Place::kLast;
      if (!moves_.evaluate(move)) continue;
      const double score = score_ == GreedyScore::kGrowth
                               ? log2_growth(move.log2_size, left->log2_size, right->log2_size)
                               : move.log2_size - log2_add(left->log2_size, right->log2_size);
      Option option{std::move(move), score, candidates, living_};
      if (!best || option < *best) best = std::move(option);
    }
    return *best;  // without equations a pair is always allowed
  }

  /// Sets of equations to absorb with a pair: all subsets of up to 6 candidates, else none, each, those that touch both, all.
  std::vector<std::vector<int>> subsets(const State* a, const State* b, const std::vector<int>& candidates) {
    std::vector<std::vector<int>> result;
    if (candidates.size() <= 6) {
      for (unsigned mask = 0; mask < 1u << candidates.size(); ++mask) {
        auto& members = result.emplace_back();
        for (std::size_t c = 0; c < candidates.size(); ++c)
          if (mask >> c & 1) members.push_back(candidates[c]);
      }
      return result;
    }
    result.emplace_back();
    for (const int e : candidates) result.push_back({e});
    const std::vector<int> of_a = reachable({a}, Reach::kTouching), of_b = reachable({b}, Reach::kTouching);
    std::ranges::set_intersection(of_a, of_b, std::back_inserter(result.emplace_back()));
    result.push_back(candidates);
    return result;
  }

  enum class Reach { kTouching, kThroughEquations };

  /// Free equations on the states' legs (and those reached through equations alone), ascending.
  std::vector<int> reachable(std::initializer_list<const State*> states, Reach reach = Reach::kThroughEquations) {
    std::vector<int> found;
    const auto visit = [&](int index) {
      for (const int e : equations_with_[index])
        if (!absorbed_[e] && std::ranges::find(found, e) == found.end()) found.push_back(e);
    };
    for (const State* state : states)
      for (const Leg& leg : state->legs) visit(leg.index);
    for (std::size_t next = 0; reach == Reach::kThroughEquations && next < found.size(); ++next)
      for (const auto& term : moves_.problem().equations[found[next]].terms) visit(term.first);
    std::ranges::sort(found);
    return found;
  }

  std::vector<int> unabsorbed() const {
    std::vector<int> result;
    for (int e = 0; e < static_cast<int>(absorbed_.size()); ++e)
      if (!absorbed_[e]) result.push_back(e);
    return result;
  }

  Moves& moves_;
  GreedyScore score_;
  std::vector<char> absorbed_;
  std::vector<std::vector<int>> equations_with_;
  std::vector<const State*> slots_;
  int living_ = 0;
  std::map<std::pair<int, int>, Option> options_;  ///< without a move: not known yet
};

}  // namespace

const State* greedy(Moves& moves, GreedyScore score) { return Greedy(moves, score).run(); }

const State* follow(Moves& moves, const SsaPath& path) { return Greedy(moves, GreedyScore::kGrowth).follow(path); }

}  // namespace einfold::pathfind
