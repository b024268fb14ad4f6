// SPDX-License-Identifier: MIT
#include "check_step.hpp"

#include <algorithm>
#include <vector>

namespace einfold::cpu::test {
namespace {

template <class T>
class EveryType : public testing::Test {};
using Types =
    testing::Types<std::int32_t, std::int64_t, float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(EveryType, Types);

TYPED_TEST(EveryType, WildNestsGiveTheirDefinition) {
  for (std::uint64_t seed = 0; seed < 600 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const plan::Contraction step = wild_contraction(dice);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    check_step<TypeParam>(step, dice, {.threads = static_cast<int>(1 + seed % 3)});
  }
}

TYPED_TEST(EveryType, ContractionsOfTensorsGiveTheirDefinition) {
  for (std::uint64_t seed = 0; seed < 300 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const Sizes sizes = dice.once_in(4) ? Sizes{12, 40, 40, 2, 3} : Sizes{6, 7, 7, 3, 3};
    const plan::Contraction step = structured_contraction(dice, sizes);
    double points = 1;
    for (const std::int64_t extent : step.nests[0].extents) points *= static_cast<double>(extent);
    if (points > 2e5) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    check_step<TypeParam>(step, dice, {.threads = static_cast<int>(1 + seed % 3)});
  }
}

/// 16 rows of a matrix whose axes are those of a small operand in another order, which a row, a column or neither may sum.
TYPED_TEST(EveryType, SmallOperandsAgainstTheOrderOfLargeOnesGiveTheirDefinition) {
  const std::vector<std::int64_t> extents = {4, 3, 5, 6};
  std::vector<int> order = {0, 1, 2, 3};
  do {
    for (const bool rows : {true, false}) {
      plan::Nest nest;
      nest.extents = {16};
      nest.extents.insert(nest.extents.end(), extents.begin(), extents.end());
      nest.a.strides = rows ? std::vector<std::int64_t>{360, 90, 30, 6, 1} : std::vector<std::int64_t>{1, 90 * 16, 30 * 16, 6 * 16, 16};
      nest.b.strides.assign(5, 0);
      std::int64_t stride = 1;
      for (const int axis : order) {
        nest.b.strides[static_cast<std::size_t>(axis) + 1] = stride;
        stride *= extents[static_cast<std::size_t>(axis)];
      }
      for (const bool whole : {true, false}) {
        nest.c.strides = {1, 0, 0, 0, whole ? 0 : 16};
        plan::Contraction step;
        step.c_extents = {16, whole ? 1 : 6};
        step.c_strides = {1, 16};
        step.nests = {nest};
        Dice dice(static_cast<std::uint64_t>(nest.b.strides[1] + 100 * nest.b.strides[2] + 10000 * nest.b.strides[3]));
        SCOPED_TRACE(describe(step));
        check_step<TypeParam>(step, dice, {.threads = 2});
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace einfold::cpu::test
