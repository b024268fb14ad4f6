// SPDX-License-Identifier: MIT
//
// Steps that are run part by part, as residue classes that write into each other's gaps are.
#include "check_step.hpp"
#include "cpu/parts.hpp"

namespace einfold::cpu::test {
namespace {

/// image[n, c, q o + r] += sum_k v[n, c, o + k - p] taps[c, k, r]  for every residue r < q (of r >= 1 there may be no nest).
plan::Contraction residue_classes(Dice& dice, std::int64_t rows) {
  const std::int64_t n = dice.between(2, 5), c = dice.between(2, 6), q = dice.between(2, 3), taps = dice.between(1, 3);
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

TEST(Parts, GiveWhatTheWholeStepGives) {
  Dice dice(11);
  constexpr std::int64_t kPartBytes = 2 << 10;
  int in_parts = 0;
  for (int round = 0; round < 60; ++round) {
    const auto step = residue_classes(dice, dice.between(60, 150));
    in_parts += parts_of(step, sizeof(float), kPartBytes) ? 1 : 0;
    SCOPED_TRACE(describe(step));
    const auto seed = dice.engine()();
    Dice first(seed), second(seed);
    const auto one = check_step<float>(step, first, {.threads = 1, .stream_bytes = kPartBytes});
    const auto three = check_step<float>(step, second, {.threads = 3, .stream_bytes = kPartBytes});
    EXPECT_EQ(one.result, three.result);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GE(in_parts, 20);
}

TEST(Parts, CutTheOutermostAxes) {
  plan::Nest nest{{8, 64, 64, 64}, {0, {4096, 4096, 0, 1}, {}}, {0, {0, 0, 0, 0}, {}}, {0, {64 * 8192, 8192, 128, 2}, {}}};
  plan::Nest odd = nest;
  odd.c.base = 1;
  plan::Contraction step;
  step.c_extents = {8, 64, 64, 128};
  step.c_strides = {64 * 8192, 8192, 128, 1};
  step.nests = {nest, odd};
  const auto parts = parts_of(step, 4, 128 << 10);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->count(), 8 * 16);  // 4 planes of 32 KiB
  EXPECT_EQ(parts->start(17), (Offsets{4096 + 4 * 4096, 0, 64 * 8192 + 4 * 8192}));
  EXPECT_EQ(parts->step.nests[1].extents, (std::vector<std::int64_t>{1, 4, 64, 64}));
  EXPECT_EQ(parts->step.c_extents, (std::vector<std::int64_t>{1, 4, 64, 128}));
  EXPECT_FALSE(parts_of(step, 4, 8 << 20));  // C is not much larger
  step.nests[1].c.windows = {{0, {1, 1, 0, 0}, 70}};
  EXPECT_FALSE(parts_of(step, 4, 128 << 10));  // a window on both loops
}

/// C[i, r, j] with extents n, 2 and 9, one nest per r.
plan::Contraction long_and_thin(std::int64_t n) {
  plan::Contraction step;
  step.c_extents = {n, 2, 9};
  step.c_strides = {18, 9, 1};
  for (const std::int64_t r : {0, 1}) step.nests.push_back({{n, 9}, {0, {9, 1}, {}}, {0, {0, 0}, {}}, {9 * r, {18, 1}, {}}});
  return step;
}

TEST(Parts, AreNotVeryMany) {
  const auto many = parts_of(long_and_thin(1 << 20), 4, 128 << 10);
  ASSERT_TRUE(many);
  EXPECT_EQ(many->count(), 1024);
  EXPECT_FALSE(parts_of(long_and_thin(1'000'003), 4, 128 << 10));  // prime: a part per value
}

TEST(Parts, AreFoundForAnyExtent) { (void)parts_of(long_and_thin(std::int64_t{1} << 50), 4, 2 << 20); }

}  // namespace
}  // namespace einfold::cpu::test
