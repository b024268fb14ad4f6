// SPDX-License-Identifier: MIT
//
// Residue classes that are put together into whole lines.
#include "cpu/interleave.hpp"

#include "check_step.hpp"

#include <complex>
#include <utility>

namespace einfold::cpu::test {
namespace {

/// A transposed convolution of images [n, d, o1, o2] with taps [d, c, k1, k2]: a nest for every pair of residues that has a tap, on which
/// classes end is up to chance, some run backwards, some are left out.
plan::Contraction classes_of_images(Dice& dice, std::int64_t stride) {
  const std::int64_t n = dice.between(1, 3), c = dice.between(1, 5), d = dice.between(1, 6);
  const std::int64_t rows = dice.between(1, 5), columns = dice.between(1, 60), kernel = dice.between(1, 4);
  const std::int64_t height = stride * rows - dice.between(0, stride - 1), width = stride * columns - dice.between(0, stride - 1);
  plan::Contraction step;
  step.c_extents = {n, c, height, width};
  step.c_strides = {c * height * width, height * width, width, 1};
  step.factor.real = dice.once_in(2) ? 1.0 : -0.5;
  for (std::int64_t r1 = 0; r1 < std::min(stride, kernel); ++r1) {
    for (std::int64_t r2 = 0; r2 < std::min(stride, kernel); ++r2) {
      if (dice.once_in(6)) continue;
      const bool begins_late = dice.once_in(4) && r2 + stride < width;
      const std::int64_t first = begins_late ? r2 + stride : r2;
      const std::int64_t m1 = (height - r1 + stride - 1) / stride, m2 = (width - first + stride - 1) / stride;
      const std::int64_t t1 = (kernel - r1 + stride - 1) / stride, t2 = (kernel - r2 + stride - 1) / stride;
      if (m1 < 1 || m2 < 1) continue;
      plan::Nest nest;
      nest.extents = {n, c, m1, m2, d, t1, t2};
      nest.a = {0, {d * rows * columns, 0, columns, 1, rows * columns, -columns, -1}, {}};
      nest.a.windows = {{0, {0, 0, 1, 0, 0, -1, 0}, rows}, {0, {0, 0, 0, 1, 0, 0, -1}, columns}};
      nest.b = {r1 * kernel + r2, {0, kernel * kernel, 0, 0, c * kernel * kernel, stride * kernel, stride}, {}};
      nest.c = {r1 * width + first, {c * height * width, height * width, stride * width, stride, 0, 0, 0}, {}};
      if (dice.once_in(4)) {  // the last column first
        nest.c.base += (m2 - 1) * stride;
        nest.c.strides[3] = -stride;
      }
      step.nests.push_back(nest);
    }
  }
  return step;
}

template <class T>
void check_classes(std::uint64_t seed, int& found) {
  Dice dice(seed);
  const auto step = classes_of_images(dice, 2 + static_cast<std::int64_t>(seed % 4));
  SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
  found += interleaving_of(step) ? 1 : 0;
  const auto same = dice.engine()();
  Dice first(same), second(same);
  const auto one = check_step<T>(step, first, {.threads = 1});
  const auto three = check_step<T>(step, second, {.threads = 3, .stream_bytes = 0});
  EXPECT_EQ(one.result, three.result);
}

TEST(Interleave, GivesWhatTheWholeStepGives) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 80 && !HasFailure(); ++seed) {
    check_classes<float>(seed, found);
    check_classes<double>(seed, found);
    check_classes<std::int32_t>(seed, found);
  }
  EXPECT_GE(found, 100);
}

TEST(Interleave, LeavesLongElementsToTheWholeStep) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 3 && !HasFailure(); ++seed) check_classes<std::complex<double>>(seed, found);
}

TEST(Interleave, StatesWhatPuttingTogetherMoves) {
  plan::Contraction step;
  step.c_extents = {4, 64};
  step.c_strides = {64, 1};
  for (const std::int64_t residue : {0, 1})
    step.nests.push_back({{4, 32}, {0, {32, 1}, {}}, {0, {0, 0}, {}}, {residue, {64, 2}, {}}});
  const auto kernel = prepare(step, DType::kFloat32, {.threads = 1});
  ASSERT_EQ(kernel->loads().size(), 3U);  // both classes, and the lines
  EXPECT_EQ(kernel->loads().back().bytes, 2 * 4 * 64 * 4);
}

TEST(Interleave, OnEveryInstructionSet) {
  for (const Isa isa : supported_isas()) {
    Dice dice(5);
    for (const std::int64_t stride : {2, 3, 4}) check_step<float>(classes_of_images(dice, stride), dice, {.isa = isa});
  }
}

TEST(Interleave, IsForClassesOfOneLineOnly) {
  plan::Contraction step;
  step.c_extents = {4, 6};
  step.c_strides = {6, 1};
  const plan::Nest even{{4, 3}, {0, {3, 1}, {}}, {0, {0, 0}, {}}, {0, {6, 2}, {}}}, odd{{4, 3}, {0, {3, 1}, {}}, {0, {0, 0}, {}}, {1, {6, 2}, {}}};
  step.nests = {even, odd};
  const auto both = interleaving_of(step);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->classes_per_line, 2);
  EXPECT_EQ(both->scratch_elements, 24);
  step.nests = {even, even};  // written twice
  EXPECT_FALSE(interleaving_of(step));
  step.nests = {{{2, 6}, {0, {6, 1}, {}}, {0, {0, 0}, {}}, {0, {12, 1}, {}}}, {{2, 6}, {0, {6, 1}, {}}, {0, {0, 0}, {}}, {6, {12, 1}, {}}}};
  EXPECT_FALSE(interleaving_of(step));  // lines that are whole
  step.nests = {even, odd};
  step.zero_first = false;
  EXPECT_FALSE(interleaving_of(step));
}

}  // namespace
}  // namespace einfold::cpu::test
