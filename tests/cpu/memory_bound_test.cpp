// SPDX-License-Identifier: MIT
//
// Copies, permutations, products of elements, sums of one operand, matrices times vectors, small products.
#include "check_step.hpp"
#include "cpu/line_writer.hpp"

#include <cmath>
#include <cstring>
#include <numeric>

namespace einfold::cpu::test {
namespace {

template <class T>
class MemoryBound : public testing::Test {};
using Types = testing::Types<std::int32_t, float, double, std::complex<float>>;
TYPED_TEST_SUITE(MemoryBound, Types);

const std::vector<std::int64_t> edges{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130};

/// Which tensors have a loop.
struct Has {
  bool a, b, c;
};

/// Tensors with one plain axis per loop, laid out in random order. Loops have extents around the widths of vectors and tiles.
plan::Contraction tensors(Dice& dice, const std::vector<Has>& loops, bool has_b, double most_points) {
  const std::size_t n = loops.size();
  std::vector<std::int64_t> extents;
  double points = 1;
  for (std::size_t l = 0; l < n; ++l) {
    extents.push_back(dice.one_of(edges));
    while (points * static_cast<double>(extents.back()) > most_points) extents.back() = dice.between(1, 3);
    points *= static_cast<double>(extents.back());
  }
  std::vector<Axis> a, b, c;
  for (std::size_t l = 0; l < n; ++l) {
    Axis axis{extents[l], std::vector<std::int64_t>(n, 0), 0, false};
    axis.coefficients[l] = 1;
    if (loops[l].a) a.push_back(axis);
    if (loops[l].b) b.push_back(axis);
    if (loops[l].c) c.push_back(axis);
  }
  plan::Contraction step;
  step.has_b = has_b;
  step.zero_first = !dice.once_in(3);
  step.factor = {dice.once_in(2) ? 1.0 : 0.25 * static_cast<double>(dice.between(-8, 8)), dice.once_in(2) ? 1 : dice.between(-3, 3)};
  plan::Nest nest;
  nest.extents = extents;
  nest.a = lay_out(dice, a, n);
  nest.b = lay_out(dice, b, n);
  nest.c = lay_out(dice, c, n, &step.c_extents, &step.c_strides);
  step.nests = {nest};
  return step;
}

/// The same bits for every instruction set, number of threads, and way of writing; returns the kernel's name.
template <class T>
std::string check_all_ways(const plan::Contraction& step, std::uint64_t seed, bool same = false) {
  Checked first;
  int threads = 3;
  for (const Isa isa : supported_isas()) {
    Dice dice(seed + 1000);
    const Checked checked =
        check_step<T>(step, dice, {.threads = threads, .isa = isa, .same = same, .stream_bytes = threads == 1 ? 0 : -1});
    if (first.result.empty()) first = checked;
    EXPECT_TRUE(first.result == checked.result) << name_of(isa) << ", " << threads << " threads";
    threads = threads == 1 ? 3 : 1;
  }
  return first.kernel;
}

TYPED_TEST(MemoryBound, PermutationsGiveTheirDefinition) {
  for (std::uint64_t seed = 0; seed < 12 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const std::vector<Has> loops(static_cast<std::size_t>(dice.between(1, 4)), Has{true, false, true});
    const plan::Contraction step = tensors(dice, loops, false, 5e3);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    const std::string kernel = check_all_ways<TypeParam>(step, seed);
    EXPECT_TRUE(kernel == "copy" || kernel == "permute") << kernel;
  }
}

TYPED_TEST(MemoryBound, ProductsWithoutSumsGiveTheirDefinition) {
  for (std::uint64_t seed = 0; seed < 12 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    std::vector<Has> loops;
    for (std::int64_t l = dice.between(1, 4); l > 0; --l) {
      loops.push_back(dice.one_of<Has>({{true, true, true}, {true, false, true}, {false, true, true}, {false, false, true}}));
    }
    const plan::Contraction step = tensors(dice, loops, true, 5e3);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    const std::string kernel = check_all_ways<TypeParam>(step, seed);
    EXPECT_TRUE(kernel == "elementwise" || kernel == "outer product") << kernel;
  }
}

/// C[n, k, o] = A[n, S o + D k - P], in two dimensions, zero where that is outside.
TYPED_TEST(MemoryBound, UnfoldedTensorsGiveTheirDefinition) {
  for (std::uint64_t seed = 0; seed < 12 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    plan::Contraction step;
    step.has_b = false;
    plan::Nest nest;
    nest.extents = {dice.between(1, 3)};
    std::vector<Axis> a{{nest.extents[0], {1, 0, 0, 0, 0}, 0, false}};
    std::vector<Axis> c = a;
    for (std::size_t d = 0; d < 2; ++d) {
      const std::int64_t stride = dice.once_in(2) ? 1 : dice.between(1, 3), dilation = dice.between(1, 2);
      const std::int64_t o = dice.between(1, 40), k = dice.between(1, 4), padding = dice.between(0, 3);
      Axis axis{std::max<std::int64_t>(1, stride * (o - 1) + dilation * (k - 1) + 1 - padding - dice.between(0, 3)),
                std::vector<std::int64_t>(5, 0), -padding, true};
      axis.coefficients[1 + 2 * d] = stride;
      axis.coefficients[2 + 2 * d] = dilation;
      a.push_back(axis);
      for (const auto& [extent, l] : {std::pair(o, 1 + 2 * d), std::pair(k, 2 + 2 * d)}) {
        nest.extents.push_back(extent);
        Axis plain{extent, std::vector<std::int64_t>(5, 0), 0, false};
        plain.coefficients[l] = 1;
        c.push_back(plain);
      }
    }
    nest.a = lay_out(dice, a, 5);
    nest.c = lay_out(dice, c, 5, &step.c_extents, &step.c_strides);
    nest.b.strides.assign(5, 0);
    step.nests = {nest};
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    const std::string kernel = check_all_ways<TypeParam>(step, seed);
    EXPECT_TRUE(kernel == "copy" || kernel == "permute" || kernel == "zeros") << kernel;
  }
}

TYPED_TEST(MemoryBound, SumsOfOneOperandAndOfSquaresGiveTheirDefinition) {
  int reductions = 0;
  for (std::uint64_t seed = 0; seed < 24 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    std::vector<Has> loops{{true, true, false}};
    for (std::int64_t l = dice.between(0, 3); l > 0; --l) loops.push_back({true, true, !dice.once_in(2)});
    plan::Contraction step = tensors(dice, loops, false, 5e3);
    if (seed % 2 == 0) {
      step.has_b = step.same = true;
      step.nests[0].b = step.nests[0].a;
    }
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    const std::string kernel = check_all_ways<TypeParam>(step, seed, step.same);
    reductions += kernel == "reduction" || kernel == "dot product";
  }
  EXPECT_GT(reductions, 10);
}

TYPED_TEST(MemoryBound, MatricesTimesFewVectorsGiveTheirDefinition) {
  int products = 0;
  for (std::uint64_t seed = 0; seed < 16 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    std::vector<Has> loops{{true, true, false}, {true, false, true}};
    if (dice.once_in(2)) loops.push_back({true, true, dice.once_in(2)});
    if (dice.once_in(2)) loops.push_back({true, false, true});
    plan::Contraction step = tensors(dice, loops, true, 5e3);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    const std::string kernel = check_all_ways<TypeParam>(step, seed);
    products += kernel == "matrix times vector" || kernel == "dot product" || kernel == "small products";
  }
  EXPECT_GT(products, 8);
}

TYPED_TEST(MemoryBound, SmallProductsGiveTheirDefinition) {
  int products = 0;
  for (std::uint64_t seed = 0; seed < 16 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    std::vector<std::int64_t> extents{dice.between(16, 50), dice.between(1, 3), dice.between(1, 8), dice.between(1, 8), dice.between(2, 8)};
    const std::vector<Has> roles{{true, true, true}, {true, true, true}, {true, false, true}, {false, true, true}, {true, true, false}};
    std::vector<Axis> a, b, c;
    for (std::size_t l = 0; l < 5; ++l) {
      Axis axis{extents[l], std::vector<std::int64_t>(5, 0), 0, false};
      axis.coefficients[l] = 1;
      if (roles[l].a) a.push_back(axis);
      if (roles[l].b) b.push_back(axis);
      if (roles[l].c) c.push_back(axis);
    }
    plan::Contraction step;
    step.zero_first = !dice.once_in(3);
    plan::Nest nest;
    nest.extents = extents;
    nest.a = lay_out(dice, a, 5);
    nest.b = lay_out(dice, b, 5);
    nest.c = lay_out(dice, c, 5, &step.c_extents, &step.c_strides);
    step.nests = {nest};
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    products += check_all_ways<TypeParam>(step, seed) == "small products";
  }
  EXPECT_GT(products, 12);
}

/// Sums of more terms than one chain, one level and one piece hold.
TEST(Reduction, TenMillionPositiveTermsStayWithinTenUnits) {
  const std::int64_t n = 10'000'000;
  std::vector<float> a(static_cast<std::size_t>(n));
  Dice dice(7);
  std::uniform_real_distribution<float> positive(0.0F, 1.0F);
  for (float& x : a) x = positive(dice.engine());
  for (const std::int64_t columns : {std::int64_t{1}, std::int64_t{4}, std::int64_t{2000}, n / 4}) {
    for (const bool keep_columns : {false, true}) {
      const std::int64_t rows = n / columns, kept = keep_columns ? columns : 1;
      if (kept > 2000) continue;
      plan::Contraction step;
      step.has_b = false;
      plan::Nest nest;
      nest.extents = {rows, columns};
      nest.a.strides = {columns, 1};
      nest.b.strides = {0, 0};
      nest.c.strides = {0, keep_columns ? 1 : 0};
      step.nests = {nest};
      step.c_extents = {kept};
      step.c_strides = {1};
      std::vector<double> want(static_cast<std::size_t>(kept), 0.0);
      for (std::int64_t i = 0; i < n; ++i) want[static_cast<std::size_t>(i % columns % kept)] += static_cast<double>(a[static_cast<std::size_t>(i)]);
      std::vector<float> first;
      for (const int threads : {1, 3}) {
        const auto kernel = prepare(step, DType::kFloat32, {.threads = threads});
        EXPECT_EQ(kernel->name(), "reduction");
        EXPECT_LE(kernel->workspace_bytes(), 2 << 20);
        std::vector<std::byte> space(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
        const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(space.data()) % 64) % 64;
        std::vector<float> got(static_cast<std::size_t>(kept), -1.0F);
        PoolExecutor executor(threads);
        kernel->run({a.data(), nullptr, got.data()}, {space.data() + skip, space.size() - 64}, executor);
        for (std::size_t i = 0; i < got.size(); ++i) {
          ASSERT_NEAR(got[i], want[i], 10 * 0x1p-24 * want[i]) << rows << " x " << columns << ", element " << i;
        }
        if (first.empty()) first = got;
        EXPECT_EQ(first, got);
      }
    }
  }
}

/// C[x + y] += A[x] with a window that lets one diagonal through: all terms meet in one element.
TEST(Scatter, ManyPositiveTermsInOneElementStayWithinTenUnits) {
  const std::int64_t n = 100'000;
  std::vector<float> a(static_cast<std::size_t>(n));
  Dice dice(8);
  std::uniform_real_distribution<float> positive(0.0F, 1.0F);
  for (float& x : a) x = positive(dice.engine());
  plan::Contraction step;
  step.has_b = false;
  plan::Nest nest;
  nest.extents = {n, n};
  nest.a.strides = {1, 0};
  nest.a.windows = {{-(n - 1), {1, 1}, 1}};
  nest.b.strides = {0, 0};
  nest.c.strides = {1, 1};
  step.nests = {nest};
  step.c_extents = {2 * n - 1};
  step.c_strides = {1};
  const auto kernel = prepare(step, DType::kFloat32, {});
  std::vector<std::byte> space(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
  const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(space.data()) % 64) % 64;
  std::vector<float> got(static_cast<std::size_t>(2 * n - 1), -1.0F);
  PoolExecutor executor(1);
  kernel->run({a.data(), nullptr, got.data()}, {space.data() + skip, space.size() - 64}, executor);
  const double want = std::accumulate(a.begin(), a.end(), 0.0);
  EXPECT_NEAR(got[static_cast<std::size_t>(n - 1)], want, 10 * 0x1p-24 * want) << kernel->name();
  EXPECT_EQ(std::count(got.begin(), got.end(), 0.0F), 2 * n - 2);
}

TEST(LineWriter, WritesWhatItIsGivenAndNothingElse) {
  for (const Isa isa : supported_isas()) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Dice dice(seed);
      const std::int64_t size = 60'000;
      std::vector<std::byte> expected(static_cast<std::size_t>(size)), buffer(LineWriter::kCapacity + 64);
      for (std::byte& b : expected) b = static_cast<std::byte>(dice.engine()());
      std::vector<std::byte> target = expected;
      const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(buffer.data()) % 64) % 64;
      LineWriter writer(stream_lines(isa), buffer.data() + skip);
      std::int64_t at = dice.between(0, 200);
      while (at < size) {
        const std::int64_t bytes = std::min(size - at, 4 * (dice.once_in(5) ? dice.between(1, LineWriter::kMostBytes / 4) : dice.between(1, 100)));
        std::vector<std::byte> piece(static_cast<std::size_t>(bytes));
        for (std::byte& b : piece) b = static_cast<std::byte>(dice.engine()());
        std::memcpy(expected.data() + at, piece.data(), piece.size());
        if (dice.once_in(4)) writer.put(target.data() + at, piece.data(), bytes);
        else std::memcpy(writer.room(target.data() + at, bytes), piece.data(), piece.size());
        at += bytes + (dice.once_in(3) ? dice.between(1, 500) : 0);
      }
      writer.finish();
      EXPECT_TRUE(target == expected) << name_of(isa) << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace einfold::cpu::test
