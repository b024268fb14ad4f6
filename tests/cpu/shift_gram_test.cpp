// SPDX-License-Identifier: MIT
#include "check_step.hpp"

namespace einfold::cpu::test {
namespace {

/// Omega[(c k..), (c' k'..)] = sum_{n, o..} X[n, c, o + D k - P ..] X[n, c', o + D k' - P ..]
plan::Contraction gram_of_windows(Dice& dice, std::size_t dimensions) {
  const std::int64_t n = dice.between(1, 3), c = dice.between(8, 11);
  plan::Contraction step;
  plan::Nest nest;
  std::vector<std::int64_t> taps, inputs, outputs, dilations, paddings;
  for (std::size_t d = 0; d < dimensions; ++d) {
    taps.push_back(dice.between(1, 3));
    dilations.push_back(dice.between(1, 2) * (dice.once_in(4) ? -1 : 1));
    const std::int64_t span = std::abs(dilations[d]) * (taps[d] - 1);
    inputs.push_back(dice.between(2, 9) + span);
    paddings.push_back(dice.once_in(3) ? 0 : dice.between(0, 2));
    outputs.push_back(inputs[d] + paddings[d] + dice.between(0, paddings[d]) - span);
  }
  std::vector<std::int64_t> strides(dimensions);
  std::int64_t step_size = 1;
  for (std::size_t d = dimensions; d-- > 0;) {
    strides[d] = step_size;
    step_size *= inputs[d];
  }
  const std::int64_t size = c;
  std::int64_t rows = size;
  for (const std::int64_t k : taps) rows *= k;
  // loops: c, k.., c', k'.., n, o..
  nest.extents.push_back(c);
  nest.extents.insert(nest.extents.end(), taps.begin(), taps.end());
  nest.extents.push_back(c);
  nest.extents.insert(nest.extents.end(), taps.begin(), taps.end());
  nest.extents.push_back(n);
  nest.extents.insert(nest.extents.end(), outputs.begin(), outputs.end());
  const std::size_t loops = nest.extents.size(), half = 1 + dimensions;
  for (plan::Access* x : {&nest.a, &nest.b}) {
    const std::size_t first = x == &nest.a ? 0 : half;
    x->strides.assign(loops, 0);
    x->strides[first] = step_size;
    x->strides[2 * half] = step_size * c;
    for (std::size_t d = 0; d < dimensions; ++d) {
      const std::int64_t constant = (dilations[d] < 0 ? -dilations[d] * (taps[d] - 1) : 0) - paddings[d];
      x->base += constant * strides[d];
      x->strides[first + 1 + d] = dilations[d] * strides[d];
      x->strides[2 * half + 1 + d] = strides[d];
      if (paddings[d] == 0) continue;
      plan::Window window{constant, std::vector<std::int64_t>(loops, 0), inputs[d]};
      window.coefficients[first + 1 + d] = dilations[d];
      window.coefficients[2 * half + 1 + d] = 1;
      x->windows.push_back(window);
    }
  }
  nest.c.strides.assign(loops, 0);
  std::int64_t place = 1;
  for (std::size_t l = half; l-- > 0;) {
    nest.c.strides[half + l] = place;
    nest.c.strides[l] = place * rows;
    place *= nest.extents[l];
  }
  for (std::size_t l = 0; l < half; ++l) {
    step.symmetry.exchanged.emplace_back(static_cast<int>(l), static_cast<int>(half + l));
  }
  step.nests = {nest};
  step.c_extents = {rows, rows};
  step.c_strides = {rows, 1};
  step.zero_first = !dice.once_in(3);
  step.factor = {0.5, 1};
  return step;
}

template <class T>
class ShiftGramOf : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>>;
TYPED_TEST_SUITE(ShiftGramOf, Types);

TYPED_TEST(ShiftGramOf, GivesItsDefinition_ForAnyPaddingAndDilation) {
  int shifted = 0;
  for (std::uint64_t seed = 0; seed < 60 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const plan::Contraction step = gram_of_windows(dice, seed % 3 == 0 ? 1 : 2);
    double points = 1;
    for (const std::int64_t extent : step.nests[0].extents) points *= static_cast<double>(extent);
    if (points > 1e6) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    const Checked checked =
        check_step<TypeParam>(step, dice, {.threads = static_cast<int>(1 + seed % 3), .same = true});
    shifted += checked.kernel == "shift-invariant Gram";
  }
  EXPECT_GT(shifted, 15);
}

}  // namespace
}  // namespace einfold::cpu::test
