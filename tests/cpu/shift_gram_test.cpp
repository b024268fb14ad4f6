// SPDX-License-Identifier: MIT
#include "check_step.hpp"

#include <cstring>

namespace einfold::cpu::test {
namespace {

/// What may vary in a Gram of windows.
struct Variety {
  std::size_t dimensions = 2;
  std::int64_t least_channels = 8, most_channels = 11;
  std::int64_t most_batches = 1, most_images = 3;
  std::int64_t most_stride = 1, most_taps = 3, most_size = 9;
  bool symmetric = true;
};

/// C[g, (c, k..), (c', k'..)] = sum_{n, o..} A[g, n, c, S o + D k - P ..] B[g, n, c', S o + D k' - P' ..]
///
/// Symmetric: A is B, and so are their axes. The tensors' axes lie in random order.
plan::Contraction gram_of_windows(Dice& dice, const Variety& variety) {
  const std::size_t dimensions = variety.dimensions;
  const std::int64_t g = dice.between(1, variety.most_batches), n = dice.between(1, variety.most_images);
  struct Side {
    std::int64_t channels = 0;
    std::vector<std::int64_t> taps, extents, constants, strides;  // strides: g, n, c, positions
  } a, b;
  std::vector<std::int64_t> positions, stride, dilation;
  a.channels = dice.between(variety.least_channels, variety.most_channels);
  b.channels = dice.between(variety.least_channels, variety.most_channels);
  for (std::size_t d = 0; d < dimensions; ++d) {
    stride.push_back(dice.between(1, variety.most_stride));
    dilation.push_back(dice.between(1, 2) * (dice.once_in(4) ? -1 : 1));
    for (Side* side : {&a, &b}) side->taps.push_back(dice.between(1, variety.most_taps));
    // the kernel declines fewer positions than two per tap
    const std::int64_t least = dice.once_in(6) ? 1 : 2 * (variety.symmetric ? a.taps[d] : std::max(a.taps[d], b.taps[d]));
    positions.push_back(std::max(least, dice.between(1, variety.most_size)));
    for (Side* side : {&a, &b}) {
      const std::int64_t reach = dilation[d] * (side->taps[d] - 1);
      const std::int64_t span = std::abs(reach) + stride[d] * (positions[d] - 1) + 1;
      const std::int64_t padding = dice.once_in(3) ? 0 : dice.between(0, 2);
      side->constants.push_back((reach < 0 ? -reach : 0) - padding);
      side->extents.push_back(std::max<std::int64_t>(1, span - padding - dice.between(0, padding)));
      if (padding == 0) side->extents.back() = span;
    }
  }
  if (variety.symmetric) b = a;
  for (Side* side : {&a, &b}) {
    std::vector<std::int64_t> extents{g, n, side->channels};
    extents.insert(extents.end(), side->extents.begin(), side->extents.end());
    std::vector<std::size_t> order(extents.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = order.size() - 1 - i;
    if (dice.once_in(3)) dice.shuffle(order);
    side->strides.resize(extents.size());
    std::int64_t step = 1;
    for (const std::size_t axis : order) {
      side->strides[axis] = step;
      step *= extents[axis];
    }
  }
  if (variety.symmetric) b = a;

  // loops: g, c, k.., c', k'.., n, o..
  plan::Contraction step;
  plan::Nest nest;
  nest.extents = {g, a.channels};
  nest.extents.insert(nest.extents.end(), a.taps.begin(), a.taps.end());
  nest.extents.push_back(b.channels);
  nest.extents.insert(nest.extents.end(), b.taps.begin(), b.taps.end());
  nest.extents.push_back(n);
  nest.extents.insert(nest.extents.end(), positions.begin(), positions.end());
  const std::size_t loops = nest.extents.size(), half = 1 + dimensions, summed = 1 + 2 * half;
  for (const bool is_a : {true, false}) {
    plan::Access& x = is_a ? nest.a : nest.b;
    const Side& side = is_a ? a : b;
    const std::size_t first = is_a ? 1 : 1 + half;
    x.strides.assign(loops, 0);
    x.strides[0] = side.strides[0];
    x.strides[summed] = side.strides[1];
    x.strides[first] = side.strides[2];
    for (std::size_t d = 0; d < dimensions; ++d) {
      const std::size_t tap = first + 1 + d, o = summed + 1 + d;
      x.base += side.constants[d] * side.strides[3 + d];
      x.strides[tap] = dilation[d] * side.strides[3 + d];
      x.strides[o] = stride[d] * side.strides[3 + d];
      plan::Window window{side.constants[d], std::vector<std::int64_t>(loops, 0), side.extents[d]};
      window.coefficients[tap] = dilation[d];
      window.coefficients[o] = stride[d];
      const std::int64_t reach = dilation[d] * (side.taps[d] - 1);
      const std::int64_t low = side.constants[d] + std::min<std::int64_t>(reach, 0);
      const std::int64_t high =
          side.constants[d] + std::max<std::int64_t>(reach, 0) + stride[d] * (positions[d] - 1);
      if (low < 0 || high >= side.extents[d] || dice.once_in(4)) x.windows.push_back(window);
    }
  }
  if (variety.symmetric) {
    nest.b.windows.clear();
    for (plan::Window window : nest.a.windows) {
      for (std::size_t d = 0; d < half; ++d)
        std::swap(window.coefficients[1 + d], window.coefficients[1 + half + d]);
      nest.b.windows.push_back(window);
    }
  }
  nest.c.strides.assign(loops, 0);
  std::int64_t place = 1;
  for (std::size_t l = summed; l-- > 0;) {
    nest.c.strides[l] = place;
    place *= nest.extents[l];
  }
  if (variety.symmetric) {
    for (std::size_t l = 0; l < half; ++l)
      step.symmetry.exchanged.emplace_back(static_cast<int>(1 + l), static_cast<int>(1 + half + l));
  }
  step.nests = {nest};
  step.c_extents = {place};
  step.c_strides = {1};
  step.zero_first = !dice.once_in(3);
  step.factor = {0.5, 1};
  return step;
}

double points(const plan::Contraction& step) {
  double n = 1;
  for (const std::int64_t extent : step.nests[0].extents) n *= static_cast<double>(extent);
  return n;
}

/// Checks random problems; at least `least` of them must be taken by the kernel at hand.
template <class T>
void check(const Variety& variety, std::uint64_t seeds, int least) {
  int shifted = 0;
  for (std::uint64_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
    Dice dice(seed);
    const plan::Contraction step = gram_of_windows(dice, variety);
    if (points(step) > 2e5) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    const Checked checked =
        check_step<T>(step, dice, {.threads = static_cast<int>(1 + seed % 3), .same = variety.symmetric});
    shifted += checked.kernel == "shift-invariant Gram";
  }
  EXPECT_GE(shifted, least);
}

template <class T>
class ShiftGramOf : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(ShiftGramOf, Types);

TYPED_TEST(ShiftGramOf, GivesItsDefinition_InTwoDimensions) { check<TypeParam>({}, 60, 15); }

TYPED_TEST(ShiftGramOf, GivesItsDefinition_InOneDimension) {
  check<TypeParam>({.dimensions = 1, .most_channels = 20, .most_taps = 6, .most_size = 40}, 40, 15);
}

TYPED_TEST(ShiftGramOf, GivesItsDefinition_InThreeDimensions) {
  check<TypeParam>({.dimensions = 3, .least_channels = 1, .most_channels = 3, .most_taps = 2, .most_size = 4},
                   60, 10);
}

TYPED_TEST(ShiftGramOf, GivesItsDefinition_ForAnyStride) {
  check<TypeParam>({.most_stride = 3, .most_taps = 4}, 60, 10);
}

TYPED_TEST(ShiftGramOf, GivesItsDefinition_ForTwoTensors) {
  check<TypeParam>({.dimensions = 1,
                    .least_channels = 5,
                    .most_channels = 20,
                    .most_batches = 3,
                    .most_taps = 4,
                    .symmetric = false},
                   30, 10);
  check<TypeParam>({.least_channels = 2,
                    .most_channels = 4,
                    .most_batches = 3,
                    .most_images = 20,
                    .most_stride = 2,
                    .most_taps = 4,
                    .most_size = 5,
                    .symmetric = false},
                   60, 5);
}

TYPED_TEST(ShiftGramOf, GivesItsDefinition_ForManySmallOnes) {
  check<TypeParam>({.least_channels = 1,
                    .most_channels = 2,
                    .most_batches = 40,
                    .most_images = 2,
                    .most_stride = 2,
                    .most_size = 6},
                   80, 20);
}

TYPED_TEST(ShiftGramOf, GivesItsDefinition_ForFewChannelsOfManyImages) {
  check<TypeParam>({.least_channels = 1, .most_channels = 3, .most_images = 40, .most_size = 6}, 80, 20);
}

TEST(ShiftGram, GivesTheSameBits_OnAnyNumberOfThreadsAndInstructionSet) {
  const Variety varieties[] = {
      {.least_channels = 17, .most_channels = 24, .most_taps = 2, .most_size = 8},
      {.least_channels = 1, .most_channels = 2, .most_batches = 20, .most_taps = 4},
      {.least_channels = 1, .most_channels = 3, .most_images = 20, .most_stride = 2, .most_size = 9},
      {.dimensions = 1, .least_channels = 1, .most_channels = 90, .most_size = 2000, .symmetric = false}};
  int shifted = 0;
  for (std::uint64_t seed = 0; seed < 48; ++seed) {
    Dice problem(seed);
    const plan::Contraction step = gram_of_windows(problem, varieties[seed % 4]);
    if (points(step) > 4e5) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    std::vector<std::byte> first;
    for (const Isa isa : supported_isas()) {
      for (const int threads : {1, 2, 3, 8}) {
        Dice dice(seed);
        const Checked checked = check_step<float>(
            step, dice, {.threads = threads, .isa = isa, .same = varieties[seed % 4].symmetric});
        shifted += checked.kernel == "shift-invariant Gram";
        if (first.empty()) first = checked.result;
        ASSERT_EQ(first, checked.result) << name_of(isa) << ", " << threads << " threads";
      }
    }
  }
  EXPECT_GT(shifted, 60);
}

TEST(ShiftGram, StaysWithinTwoMebibytesPerThread_AndWithinALimit) {
  // kfc of 512 channels of 7 x 7, of 64 channels under 5 x 5 taps, and of 3 channels under 7 x 7 taps.
  const std::int64_t layers[][4] = {{512, 7, 3, 1}, {64, 28, 5, 2}, {3, 64, 7, 3}};
  for (const auto& [channels, size, taps, padding] : layers) {
    plan::Contraction step;
    plan::Nest nest;
    const std::int64_t rows = channels * taps * taps;
    nest.extents = {channels, taps, taps, channels, taps, taps, 32, size, size};
    nest.a.base = nest.b.base = -padding * (size + 1);
    nest.a.strides = {size * size, size, 1, 0, 0, 0, channels * size * size, size, 1};
    nest.b.strides = {0, 0, 0, size * size, size, 1, channels * size * size, size, 1};
    nest.a.windows = {{-padding, {0, 1, 0, 0, 0, 0, 0, 1, 0}, size},
                      {-padding, {0, 0, 1, 0, 0, 0, 0, 0, 1}, size}};
    nest.b.windows = {{-padding, {0, 0, 0, 0, 1, 0, 0, 1, 0}, size},
                      {-padding, {0, 0, 0, 0, 0, 1, 0, 0, 1}, size}};
    nest.c.strides = {taps * taps * rows, taps * rows, rows, taps * taps, taps, 1, 0, 0, 0};
    step.nests = {nest};
    step.symmetry.exchanged = {{0, 3}, {1, 4}, {2, 5}};
    step.c_extents = {rows, rows};
    step.c_strides = {rows, 1};
    for (const int threads : {1, 4}) {
      const auto kernel = prepare(step, DType::kFloat32, {.threads = threads});
      EXPECT_EQ(kernel->name(), "shift-invariant Gram");
      EXPECT_LE(kernel->workspace_bytes(), threads * (2 << 20));
    }
    const auto small = prepare(step, DType::kFloat32, {.threads = 1, .workspace_limit_bytes = 1 << 20});
    EXPECT_EQ(small->name(), "shift-invariant Gram");
    EXPECT_LE(small->workspace_bytes(), 1 << 20);
  }
}

TEST(ShiftGram, StaysWithinTenUnits_ForAMillionPositiveTerms) {
  // Gram of one channel under three taps: sums of squares and products of positive numbers.
  const std::int64_t n = 1'000'000;
  plan::Contraction step;
  plan::Nest nest;
  nest.extents = {3, 3, 20, n / 20};
  nest.a.strides = {1, 0, n / 20 + 2, 1};
  nest.b.strides = {0, 1, n / 20 + 2, 1};
  nest.c.strides = {3, 1, 0, 0};
  step.nests = {nest};
  step.symmetry.exchanged = {{0, 1}};
  step.c_extents = {9};
  step.c_strides = {1};
  std::vector<float> x(static_cast<std::size_t>(n + 40));
  Dice dice(3);
  for (float& value : x) value = std::uniform_real_distribution<float>(0.5f, 1.5f)(dice.engine());
  const auto kernel = prepare(step, DType::kFloat32, {});
  ASSERT_EQ(kernel->name(), "shift-invariant Gram");
  std::vector<std::byte> workspace(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
  const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(workspace.data()) % 64) % 64;
  PoolExecutor executor(1);
  float c[9];
  kernel->run({x.data(), x.data(), c},
              {workspace.data() + skip, static_cast<std::size_t>(kernel->workspace_bytes())}, executor);
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t l = 0; l < 3; ++l) {
      double exact = 0;
      for (std::size_t image = 0; image < 20; ++image) {
        const float* row = x.data() + image * static_cast<std::size_t>(n / 20 + 2);
        for (std::size_t o = 0; o < static_cast<std::size_t>(n / 20); ++o)
          exact += static_cast<double>(row[o + k]) * static_cast<double>(row[o + l]);
      }
      EXPECT_LE(std::abs(static_cast<double>(c[3 * k + l]) - exact), 10 * 0x1p-24 * exact);
    }
  }
}

}  // namespace
}  // namespace einfold::cpu::test
