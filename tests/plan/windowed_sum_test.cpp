// SPDX-License-Identifier: MIT
//
// Steps taken as windowed sums, expanded element by element, against the definition.
#include "plan/windowed_sum.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>
#include <vector>

namespace einfold::plan::test {
namespace {

using Int = std::int64_t;
/// How often an element of A is added to an element of C.
using Terms = std::map<std::pair<Int, Int>, int>;

Terms terms_of(const StepSystem& system, std::size_t x, std::vector<Int>& at) {
  Terms terms;
  if (x < system.indices.size()) {
    for (at[x] = 0; at[x] < system.indices[x].extent; ++at[x]) terms.merge(terms_of(system, x + 1, at));
    return terms;
  }
  for (const Equation& equation : system.equations) {
    Int sum = 0;
    for (std::size_t y = 0; y < x; ++y) sum += equation.coefficients[y] * at[y];
    if (sum != equation.constant) return terms;
  }
  std::pair<Int, Int> place{system.a->base, system.c.base};
  for (std::size_t y = 0; y < x; ++y) {
    place.first += system.a->strides[y] * at[y];
    place.second += system.c.strides[y] * at[y];
  }
  terms[place] = 1;
  return terms;
}

void add_terms(const WindowedSum& sum, std::size_t loop, std::size_t axis, std::pair<Int, Int> place, Terms& terms) {
  if (loop < sum.extents.size()) {
    for (Int i = 0; i < sum.extents[loop]; ++i) {
      add_terms(sum, loop + 1, axis, {place.first + i * sum.strides_a[loop], place.second + i * sum.strides_c[loop]}, terms);
    }
  } else if (axis < sum.axes.size()) {
    const WindowedAxis& one = sum.axes[axis];
    for (std::size_t k = 0; k < one.members.size(); ++k) {
      for (const int s : one.members[k]) {
        const Segment& segment = one.segments[static_cast<std::size_t>(s)];
        for (Int i = 0; i < segment.count; ++i) {
          add_terms(sum, loop, axis + 1,
                    {place.first + (segment.start + i * segment.step) * one.stride_a,
                     place.second + static_cast<Int>(k) * one.stride_c},
                    terms);
        }
      }
    }
  } else {
    ++terms[place];
  }
}

class Systems {
 public:
  explicit Systems(unsigned seed) : random_(seed) { system_.a.emplace().base = 3; }

  StepSystem make(bool with_equations) {
    for (Int loops = between(0, 2); loops > 0; --loops) index(between(1, 3), true, true);
    const Int axes = between(1, 3);
    for (Int d = 0; d < axes; ++d) {
      if (with_equations && between(0, 2) > 0) {
        convolution();
      } else if (between(0, 1) == 0) {
        comb();
      } else {
        index(between(1, 4), true, false);
      }
    }
    for (Equation& equation : system_.equations) equation.coefficients.resize(system_.indices.size(), 0);
    return std::move(system_);
  }

 private:
  Int between(Int low, Int high) { return std::uniform_int_distribution<Int>(low, high)(random_); }

  /// A and C are dense in the order in which their indices come.
  std::size_t index(Int extent, bool on_a, bool in_result) {
    system_.indices.push_back({extent, on_a, false, in_result});
    system_.a->strides.push_back(on_a ? next_a_ : 0);
    system_.a->has.push_back(on_a);
    system_.c.strides.push_back(in_result ? next_c_ : 0);
    system_.c.has.push_back(in_result);
    if (on_a) next_a_ *= extent;
    if (in_result) next_c_ *= extent;
    return system_.indices.size() - 1;
  }

  /// c_i i + c_p p + c_k k = constant; p or k may lack.
  void convolution() {
    Equation equation;
    const auto leg = [&](Int extent, bool on_a, bool in_result) {
      const std::size_t x = index(extent, on_a, in_result);
      equation.coefficients.resize(x + 1, 0);
      equation.coefficients[x] = between(1, 3) * (between(0, 1) == 0 ? 1 : -1);
    };
    leg(between(1, 7), true, false);
    const Int which = between(0, 5);
    if (which != 0) leg(between(1, 5), false, false);
    if (which != 1) leg(between(1, 4), false, true);
    equation.constant = between(-4, 6);
    system_.equations.push_back(std::move(equation));
  }

  /// A kept index with a summed one directly above it.
  void comb() {
    index(between(1, 4), true, true);
    index(between(1, 4), true, false);
  }

  std::mt19937 random_;
  StepSystem system_;
  Int next_a_ = 1, next_c_ = 1;
};

void expect_the_same_terms(bool with_equations) {
  int taken = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    const StepSystem system = Systems(seed).make(with_equations);
    const auto sum = as_windowed_sum(system);
    if (!sum) continue;
    ++taken;
    std::vector<Int> at(system.indices.size(), 0);
    Terms terms;
    add_terms(*sum, 0, 0, {sum->base_a, sum->base_c}, terms);
    ASSERT_EQ(terms, terms_of(system, 0, at)) << "seed " << seed;
  }
  EXPECT_GT(taken, 100);
}

TEST(WindowedSum, HasTheTermsOfItsStep_WithEquations) { expect_the_same_terms(true); }

TEST(WindowedSum, HasTheTermsOfItsStep_WithoutEquations) { expect_the_same_terms(false); }

/// C[k] = A[2 k], with the positions in between left out
TEST(WindowedSum, IsNotAStepThatOnlyMovesElements) {
  StepSystem system;
  system.indices = {{7, true, false, false}, {4, false, false, true}};
  system.a.emplace().strides = {1, 0};
  system.a->has = {true, false};
  system.c.strides = {0, 1};
  system.c.has = {false, true};
  system.equations.resize(1);
  system.equations[0].coefficients = {-1, 2};
  EXPECT_FALSE(as_windowed_sum(system));
  system.indices.push_back({2, false, false, false});  // A[2 k] + A[2 k + 1]
  system.a->strides.push_back(0);
  system.a->has.push_back(false);
  system.c.strides.push_back(0);
  system.c.has.push_back(false);
  system.equations[0].coefficients.push_back(1);
  EXPECT_TRUE(as_windowed_sum(system));
}

}  // namespace
}  // namespace einfold::plan::test
