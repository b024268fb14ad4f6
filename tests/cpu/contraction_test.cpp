// SPDX-License-Identifier: MIT
#include "check_step.hpp"

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

}  // namespace
}  // namespace einfold::cpu::test
