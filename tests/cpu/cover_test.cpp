// SPDX-License-Identifier: MIT
#include "cpu/cover.hpp"

#include "check_step.hpp"

namespace einfold::cpu::test {
namespace {

/// A transposed convolution along one axis, x[c, i] = sum over d, k with s o + k = i of y[d, o] w[d, c, k], as residue
/// classes i = s i' + r, k = s k' + r.
plan::Contraction residue_classes(std::int64_t stride, std::int64_t kernel, std::int64_t outputs, std::int64_t channels) {
  const std::int64_t inputs = stride * (outputs - 1) + std::max(stride, kernel);
  plan::Contraction step;
  for (std::int64_t r = 0; r < std::min(stride, kernel); ++r) {
    plan::Nest nest;  // c i' d k'
    nest.extents = {channels, (inputs - r + stride - 1) / stride, channels, (kernel - r + stride - 1) / stride};
    nest.a.strides = {0, 1, outputs, -1};
    nest.a.windows = {{0, {0, 1, 0, -1}, outputs}};
    nest.b.base = r;
    nest.b.strides = {kernel, 0, channels * kernel, stride};
    nest.c.base = r;
    nest.c.strides = {inputs, stride, 0, 0};
    step.nests.push_back(nest);
  }
  step.c_extents = {channels, inputs};
  step.c_strides = {inputs, 1};
  return step;
}

Cover cover_of_all(const plan::Contraction& step) {
  std::vector<const plan::Nest*> nests;
  for (const plan::Nest& nest : step.nests) nests.push_back(&nest);
  return cover_of(step, nests);
}

TEST(Cover, ResidueClassesShareTheResultAndLeaveNothing_UnlessTheStrideExceedsTheKernel) {
  for (const std::int64_t stride : {2, 3, 5}) {
    for (const std::int64_t kernel : {1, 2, 3, 4, 5, 7}) {
      const Cover cover = cover_of_all(residue_classes(stride, kernel, 11, 3));
      EXPECT_TRUE(cover.apart) << stride << " " << kernel;
      EXPECT_EQ(cover.whole, kernel >= stride) << stride << " " << kernel;
    }
  }
}

TEST(Cover, NestsThatMeetAreNotApart) {
  plan::Contraction step = residue_classes(2, 3, 11, 3);
  step.nests[1].c.base = step.nests[0].c.base;
  EXPECT_FALSE(cover_of_all(step).apart);
  step = residue_classes(2, 3, 11, 3);
  step.nests.push_back(step.nests[0]);
  EXPECT_FALSE(cover_of_all(step).apart);
}

TEST(Cover, PartsAreWrittenOverWhateverWasThere) {
  for (std::uint64_t seed = 0; seed < 60 && !HasFailure(); ++seed) {
    Dice dice(seed);
    plan::Contraction step = residue_classes(dice.between(2, 4), dice.between(1, 7), dice.between(3, 40), dice.between(1, 20));
    step.zero_first = !dice.once_in(4);
    step.factor.real = dice.once_in(2) ? 1.0 : -0.5;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    check_step<float>(step, dice, {.threads = static_cast<int>(1 + seed % 3)});
    check_step<double>(step, dice);
  }
}

}  // namespace
}  // namespace einfold::cpu::test
