// SPDX-License-Identifier: MIT
//
// Steps whose nests write into each other's gaps, block by block.
#include "check_step.hpp"
#include "cpu/interleave.hpp"

namespace einfold::cpu::test {
namespace {

/// image[n, c, q o + r] += sum_k v[n, c, o + k - p] taps[c, k, r]  for every residue r < q (of r >= 1 there may be no nest).
plan::Contraction residue_classes(Dice& dice, std::int64_t rows) {
  const std::int64_t n = dice.between(1, 3), c = dice.between(2, 4), q = dice.between(2, 3), taps = dice.between(1, 3);
  const std::int64_t columns = q * rows, padding = dice.between(0, taps - 1);
  const bool channels_last = dice.once_in(3), whole = !dice.once_in(3);
  const auto place = [&](std::int64_t length, std::int64_t& of_n, std::int64_t& of_c, std::int64_t& of_i) {
    of_n = c * length;
    of_c = channels_last ? 1 : length;
    of_i = channels_last ? c : 1;
  };
  plan::Contraction step;
  std::int64_t vn = 0, vc = 0, vi = 0, in = 0, ic = 0, ii = 0;
  place(rows, vn, vc, vi);
  place(columns, in, ic, ii);
  for (std::int64_t r = 0; r < (whole ? q : q - 1); ++r) {
    plan::Nest nest;
    nest.extents = {n, c, rows, taps};
    nest.a = {-padding * vi, {vn, vc, vi, vi}, {{-padding, {0, 0, 1, 1}, rows}}};
    nest.b = {r, {0, taps * q, 0, q}, {}};
    nest.c = {r * ii, {in, ic, q * ii, 0}, {}};
    step.nests.push_back(nest);
  }
  step.c_extents = {n, c, columns};
  step.c_strides = {in, ic, ii};
  step.zero_first = true;
  return step;
}

TEST(Interleave, GivesWhatOneNestAfterTheOtherGives) {
  Dice dice(11);
  int blocks = 0;
  for (int round = 0; round < 16; ++round) {
    const auto step = residue_classes(dice, dice.between(1'500, 3'000));
    std::vector<const plan::Nest*> nests;
    for (const plan::Nest& nest : step.nests) nests.push_back(&nest);
    blocks += interleaved(step, nests, sizeof(float)).count > 1 ? 1 : 0;
    SCOPED_TRACE(describe(step));
    const auto seed = dice.engine()();
    Dice first(seed), second(seed);
    const auto one = check_step<float>(step, first, {.threads = 1});
    const auto three = check_step<float>(step, second, {.threads = 3});
    EXPECT_EQ(one.result, three.result);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GE(blocks, 4);
}

TEST(Interleave, CutsWhatAllNestsShare) {
  plan::Nest nest{{8, 64, 64, 64}, {0, {4096, 4096, 0, 1}, {}}, {0, {0, 0, 0, 0}, {}}, {0, {64 * 8192, 8192, 128, 2}, {}}};
  plan::Nest odd = nest;
  odd.c.base = 1;
  plan::Contraction step;
  step.c_extents = {8, 64, 64, 128};
  step.c_strides = {64 * 8192, 8192, 128, 1};
  step.nests = {nest, odd};
  const auto blocks_of = [&] { return interleaved(step, {&step.nests[0], &step.nests[1]}, 4); };
  const Interleaved blocks = blocks_of();
  ASSERT_EQ(blocks.cuts.size(), 2u);
  EXPECT_EQ(blocks.count, 8 * 16);  // 4 planes of 32 KiB
  EXPECT_EQ(blocks.start(17), (Offsets{4096 + 4 * 4096, 0, 64 * 8192 + 4 * 8192}));
  EXPECT_EQ(blocks.part_of(nest).extents, (std::vector<std::int64_t>{1, 4, 64, 64}));
  step.nests[1].c.windows = {{0, {1, 1, 0, 0}, 70}};
  EXPECT_EQ(blocks_of().count, 1);  // a window on both loops
  step.nests[1].c.windows.clear();
  step.nests[0].extents.push_back(1000);
  EXPECT_EQ(blocks_of().count, 1);  // loops differ
}

}  // namespace
}  // namespace einfold::cpu::test
