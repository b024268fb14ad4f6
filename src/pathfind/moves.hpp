// SPDX-License-Identifier: MIT
//
// Stored tensors and the two moves between them: pair(A, B, E) and sum(A, E), with their costs.
#pragma once

#include "pathfind/objective.hpp"
#include "pathfind/problem.hpp"
#include "pathfind/shifts.hpp"
#include "pathfind/signature.hpp"
#include "pathfind/symmetry.hpp"

#include <array>
#include <deque>
#include <map>
#include <span>
#include <vector>

namespace einfold::pathfind {

/// An index and how many leaves and equations inside have it. It is open while more have it, or the output does.
struct Leg {
  int index;
  int count;
};

/// A stored tensor and how it was made: a leaf, or a step from a and b with equations.
struct State {
  std::vector<Leg> legs;  ///< open, ascending; of a leaf all
  Signature signature;    ///< of the last step: its order is the output's
  double log2_size = 0;
  double log2_cost = 0;  ///< of all steps below; equal tensors cost once where they meet
  double log2_points = 0;
  int leaf = -1;
  const State* a = nullptr;
  const State* b = nullptr;
  std::vector<int> equations;
  Symmetry symmetry;
};

/// Equations that are absorbed together.
struct EquationSet {
  std::vector<int> members;  ///< ascending
  std::vector<Leg> legs;     ///< ascending
  double log2_points = 0;    ///< integer points over these legs
  bool apart = true;         ///< no index is in two of them
  /// (index, bit of the member): legs that only one of the first 64 members has.
  std::vector<std::pair<int, std::uint64_t>> own;
  /// Every component, if all are twins.
  std::vector<Twins> twins;
};

enum class Place { kInside, kLast };

/// A move that is allowed, evaluated but for what equal operands save.
struct Move {
  const State* a = nullptr;
  const State* b = nullptr;
  const EquationSet* equations = nullptr;
  Place place = Place::kInside;
  std::vector<Leg> legs;
  double log2_points = 0;
  double log2_size = 0;
  double log2_least_cost = 0;  ///< the cost, were the result symmetric if it can be
};

/// Evaluates moves. Owns all states; pointers stay valid.
class Moves {
 public:
  Moves(const Problem& problem, const Objective& objective);

  [[nodiscard]] const Problem& problem() const { return problem_; }
  [[nodiscard]] const Objective& objective() const { return objective_; }
  [[nodiscard]] const State* leaf(int number);
  /// How many leaves and equations have the index.
  [[nodiscard]] int occurrences(int index) const { return occurrences_[index]; }
  [[nodiscard]] bool in_output(int index) const { return in_output_[index] != 0; }
  /// Whether the output has an index that nothing else has.
  [[nodiscard]] bool broadcasts() const { return log2_broadcast_ > 0; }
  [[nodiscard]] const EquationSet& equation_set(const std::vector<int>& members);

  /// Whether `move` (its a, b, equations, place) is allowed; if so the rest of it is filled in. b may be absent (a sum), a too
  /// (there are no leaves).
  ///   - its equations can be solved for legs that close here: their rank over these is their number;
  ///   - a sum removes at least one loop;
  ///   - the last step is free of both rules and has the output's legs;
  ///   - it costs no more than the bound.
  bool evaluate(Move& move, double log2_bound = std::numeric_limits<double>::infinity());
  const State* take(const Move& move, Orientation orientation = Orientation::kCanonical);

 private:
  /// Of a step and all below; equal operands cost once.
  [[nodiscard]] double log2_cost(const Move& move, double log2_points) const;
  /// log2 of the points that the kernel of shift-invariant Grams visits per loop outside of the equations; the equations' own number
  /// of points if the step of a and b is none.
  [[nodiscard]] double log2_distinct_products(const Move& move);
  /// Whether a sum meets each element of A once, whatever the windows: equations that share no index, each with one leg that
  /// is A's and summed, at most one that is nobody's and one that stays. A single equation may be any.
  [[nodiscard]] bool is_one_pass(const Move& move) const;
  /// Of the equations, over the columns in closed_of_equations_.
  [[nodiscard]] int rank_over_closed(const EquationSet& equations) const;

  const Problem& problem_;
  Objective objective_;
  std::vector<int> occurrences_;
  std::vector<char> in_output_;
  double log2_output_ = 0;
  double log2_broadcast_ = 0;  ///< extents of output indices that nothing else has
  Signatures signatures_;
  std::deque<State> states_;
  std::vector<const State*> leaves_;
  std::map<std::vector<int>, EquationSet> equation_sets_;
  std::map<std::vector<int>, double> component_points_;
  std::map<std::array<int, 4>, std::optional<std::int64_t>> products_;  ///< of twins, by their legs x, k, y, l
  std::vector<int> closed_of_equations_;  // scratch, ascending
};

}  // namespace einfold::pathfind
