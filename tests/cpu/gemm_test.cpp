// SPDX-License-Identifier: MIT
#include "check_step.hpp"

namespace einfold::cpu::test {
namespace {

double points(const plan::Contraction& step) {
  double result = 1;
  for (const std::int64_t extent : step.nests[0].extents) result *= static_cast<double>(extent);
  return result;
}

template <class T>
class GemmOf : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(GemmOf, Types);

TYPED_TEST(GemmOf, EveryInstructionSetAndThreadCountGivesTheSameBits) {
  int products = 0;
  for (std::uint64_t seed = 0; seed < 30 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const Sizes sizes = seed % 3 == 0 ? Sizes{70, 70, 20, 2, 3} : Sizes{20, 30, 40, 3, 4};
    const plan::Contraction step = structured_contraction(dice, sizes);
    if (points(step) > 2e5) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    std::vector<std::byte> first;
    for (const Isa isa : supported_isas()) {
      for (const int threads : {1, 3}) {
        Dice same(seed + 1000);
        const Checked checked =
            check_step<TypeParam>(step, same, {.threads = threads, .isa = isa, .stream_bytes = threads == 1 ? 0 : -1});
        products += checked.kernel != "generic";
        if (first.empty()) first = checked.result;
        EXPECT_TRUE(first == checked.result) << name_of(isa) << ", " << threads << " threads";
      }
    }
  }
  EXPECT_GT(products, 15);
}

/// Rows around every tile height, columns around every tile width, sums around the length of a chain.
TEST(Gemm, TileEdgesGiveTheirDefinition) {
  for (const Isa isa : supported_isas()) {
    for (const std::int64_t m : {1, 2, 5, 11, 12, 13, 25}) {
      for (const std::int64_t n : {1, 7, 15, 16, 17, 31, 33, 48, 65}) {
        for (const std::int64_t k : {1, 3, 255, 256, 257, 700}) {
          if (m * n * k > 200000) continue;
          plan::Contraction step;
          plan::Nest nest;
          nest.extents = {m, n, k};
          nest.a.strides = {k + 1, 0, 1};
          nest.b.strides = {0, 1, n};
          nest.c.strides = {n, 1, 0};
          if (m % 2 == 0) nest.c.strides = {1, m, 0};
          step.c_extents = {m, n};
          step.c_strides = {nest.c.strides[0], nest.c.strides[1]};
          step.nests = {nest};
          Dice dice(static_cast<std::uint64_t>(m * 10000 + n * 100 + k));
          SCOPED_TRACE(describe(step));
          check_step<float>(step, dice, {.isa = isa});
          if (HasFailure()) return;
        }
      }
    }
  }
}

/// Steps that are large enough for panels, on every instruction set, with results that are small and results that are
/// said to be large.
template <class T>
void check_large(const plan::Contraction& step, std::uint64_t seed, const char* kernel = "gemm") {
  SCOPED_TRACE(describe(step));
  std::vector<std::byte> first;
  for (const Isa isa : supported_isas()) {
    for (const std::int64_t stream_bytes : {-1, 0}) {
      Dice dice(seed);
      const Checked checked = check_step<T>(step, dice, {.threads = 2, .isa = isa, .stream_bytes = stream_bytes});
      EXPECT_EQ(checked.kernel, kernel);
      if (first.empty()) first = checked.result;
      EXPECT_TRUE(first == checked.result) << name_of(isa) << ", " << stream_bytes;
    }
  }
}

TEST(Gemm, OperandsWhoseElementsLieApartGiveTheirDefinition) {
  for (const std::int64_t step_a : {1, 2, 3}) {
    for (const std::int64_t step_b : {1, 2, 3}) {
      for (const int transposed : {0, 1, 2, 3}) {
        const std::int64_t m = 21, n = 37, k = 29;
        plan::Nest nest;
        nest.extents = {m, n, k};
        nest.a.strides = {step_a * k, 0, step_a};
        nest.b.strides = {0, step_b, step_b * n};
        if (transposed & 1) nest.a.strides = {step_a, 0, step_a * m};
        if (transposed & 2) nest.b.strides = {0, step_b * k, step_b};
        nest.c.strides = {n, 1, 0};
        plan::Contraction step;
        step.c_extents = {m, n};
        step.c_strides = {n, 1};
        step.nests = {nest};
        const auto seed = static_cast<std::uint64_t>(step_a * 100 + step_b * 10 + transposed);
        if (transposed & 1)
          check_large<float>(step, seed);
        else
          check_large<double>(step, seed);
        if (HasFailure()) return;
      }
    }
  }
}

/// Products of a batch with one X, in rows of C that begin anywhere in a cache line.
TEST(Gemm, LargeResultsOfShortSumsAreWrittenWhole) {
  for (const std::int64_t n : {64, 131, 300}) {
    for (const std::int64_t k : {3, 16}) {
      const std::int64_t batch = 3, m = 29;
      plan::Nest nest;
      nest.extents = {batch, m, n, k};
      nest.a.strides = {0, k, 0, 1};
      nest.b.strides = {n * k, 0, 1, n};
      nest.c.strides = {m * n, n, 1, 0};
      plan::Contraction step;
      step.c_extents = {batch, m, n};
      step.c_strides = {m * n, n, 1};
      step.nests = {nest};
      check_large<float>(step, static_cast<std::uint64_t>(n * 10 + k));
      check_large<double>(step, static_cast<std::uint64_t>(n * 10 + k));
    }
  }
}

/// C[b, o, i] += W[o, k] X[b, c, i + k - 1] where that exists.
TEST(Stencil, LargeResultsAreWrittenWhole) {
  for (const std::int64_t o : {1, 3, 4, 7}) {
    const std::int64_t batch = 2, c = 5, i = 131, k = 3;
    plan::Nest nest;
    nest.extents = {batch, o, i, c, k};
    nest.a.strides = {0, c * k, 0, k, 1};
    nest.b = {-1, {c * i, 0, 1, i, 1}, {{-1, {0, 0, 1, 0, 1}, i}}};
    nest.c.strides = {o * i, i, 1, 0, 0};
    plan::Contraction step;
    step.c_extents = {batch, o, i};
    step.c_strides = {o * i, i, 1};
    step.nests = {nest};
    check_large<float>(step, static_cast<std::uint64_t>(o), "stencil");
    check_large<double>(step, static_cast<std::uint64_t>(o), "stencil");
  }
}

/// C[b, c, 2 i + r] += A[c, d, r] B[b, d, i]:  a scatter to every second element, class by class.
TEST(Gemm, ClassesThatShareTheResultGiveTheirDefinition_PartByPart) {
  const std::int64_t batch = 6, c = 20, d = 33, i = 27;
  for (const bool whole : {true, false}) {
    plan::Contraction step;
    step.c_extents = {batch, c, 2 * i};
    step.c_strides = {c * 2 * i, 2 * i, 1};
    for (std::int64_t r = 0; r < (whole ? 2 : 1); ++r) {
      plan::Nest nest;
      nest.extents = {batch, c, i, d};
      nest.a = {r, {0, 2 * d, 0, 2}, {}};
      nest.b = {0, {d * i, 0, 1, i}, {}};
      nest.c = {r, {c * 2 * i, 2 * i, 2, 0}, {}};
      step.nests.push_back(nest);
    }
    check_large<float>(step, 1);
    check_large<double>(step, 2);
  }
}

TEST(Gemm, NothingOutsideAWindowIsMultiplied_NotEvenByZero) {
  int products = 0;
  for (std::uint64_t seed = 0; seed < 200 && !HasFailure(); ++seed) {
    Dice dice(seed);
    const plan::Contraction step = structured_contraction(dice, {12, 12, 12, 2, 3});
    if (points(step) > 2e5) continue;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    products += check_step<float>(step, dice, {.threads = 2, .infinities = true}).kernel != "generic";
  }
  EXPECT_GT(products, 20);
}

TEST(Gemm, SaysWhyNoOtherKernelTookItsPlace) {
  plan::Contraction step;
  step.nests = {{{50, 60, 70}, {0, {70, 0, 1}, {}}, {0, {0, 1, 60}, {}}, {0, {60, 1, 0}, {}}}};
  step.c_extents = {50, 60};
  step.c_strides = {60, 1};
  const auto kernel = prepare(step, DType::kFloat32);
  ASSERT_EQ(kernel->name(), "gemm");
  ASSERT_FALSE(kernel->declined().empty());
  EXPECT_EQ(kernel->declined().front().name, "shift-invariant Gram");
  for (const Declined& declined : kernel->declined()) EXPECT_FALSE(declined.reason.empty()) << declined.name;
}

/// One operand and the result have the same long axes in different orders: lines of the operand go across rows of the result.
TYPED_TEST(GemmOf, LongTransposedAxesGiveTheirDefinition) {
  int products = 0;
  for (std::uint64_t seed = 0; seed < 12 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const std::vector<std::int64_t> extents{dice.one_of<std::int64_t>({9, 24, 32, 48}), dice.between(2, 3), dice.one_of<std::int64_t>({16, 20, 37, 64}),
                                            dice.between(2, 6), dice.between(2, 5)};  // three axes of A and C, c, e
    plan::Contraction step;
    plan::Nest nest;
    nest.extents = extents;
    const auto lay = [&](std::vector<std::size_t> order, plan::Access& access) {
      access.strides.assign(extents.size(), 0);
      std::int64_t stride = 1;
      for (auto l = order.rbegin(); l != order.rend(); ++l) {
        access.strides[*l] = stride;
        stride *= extents[*l];
      }
    };
    std::vector<std::size_t> of_a{2, 1, 0, 4};
    if (dice.once_in(2)) std::swap(of_a[2], of_a[3]);
    lay(of_a, nest.a);
    lay({4, 3}, nest.b);
    lay(dice.once_in(2) ? std::vector<std::size_t>{0, 1, 3, 2} : std::vector<std::size_t>{3, 0, 1, 2}, nest.c);
    for (const std::size_t l : {0, 1, 2, 3}) {
      step.c_extents.push_back(extents[l]);
      step.c_strides.push_back(nest.c.strides[l]);
    }
    step.nests = {nest};
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    std::vector<std::byte> first;
    for (const int threads : {1, 3}) {
      Dice same(seed + 1000);
      const Checked checked = check_step<TypeParam>(step, same, {.threads = threads});
      products += checked.kernel == "gemm" ? 1 : 0;
      if (first.empty()) first = checked.result;
      EXPECT_TRUE(first == checked.result) << threads << " threads";
    }
  }
  EXPECT_GT(products, 8);
}

/// Products of a few rows, columns and terms each, in any layout, the batch in two loops.
TYPED_TEST(GemmOf, ManySmallProductsGiveTheirDefinition) {
  for (std::uint64_t seed = 0; seed < 40 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    const std::vector<std::int64_t> extents{dice.between(2, 5), dice.between(4, 8), dice.between(2, 17),
                                            dice.between(2, 17), dice.between(2, 9)};
    const std::vector<bool> of_a{true, true, true, false, true}, of_b{true, true, false, true, true},
        of_c{true, true, true, true, false};
    plan::Contraction step;
    plan::Nest nest;
    nest.extents = extents;
    const auto lay = [&](const std::vector<bool>& has, plan::Access& access) {
      std::vector<std::size_t> order{0, 1, 2, 3, 4};
      dice.shuffle(order);
      access.strides.assign(5, 0);
      std::int64_t stride = 1;
      for (const std::size_t l : order) {
        if (!has[l]) continue;
        access.strides[l] = stride;
        stride *= extents[l];
      }
    };
    lay(of_a, nest.a);
    lay(of_b, nest.b);
    lay(of_c, nest.c);
    for (std::size_t l = 0; l < 4; ++l) {
      step.c_extents.push_back(extents[l]);
      step.c_strides.push_back(nest.c.strides[l]);
    }
    step.nests = {nest};
    step.zero_first = !dice.once_in(3);
    step.factor.real = dice.once_in(2) ? 1.0 : 0.5;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
    std::vector<std::byte> first;
    for (const Isa isa : supported_isas()) {
      Dice same(seed + 1000);
      const Checked checked =
          check_step<TypeParam>(step, same, {.threads = static_cast<int>(1 + seed % 3), .isa = isa});
      if (first.empty()) first = checked.result;
      EXPECT_TRUE(first == checked.result) << name_of(isa);
    }
  }
}

/// C[batch, (c d), (c' d')] = sum_k A[batch, c, d, k] A[batch, c', d', k], k outermost or innermost.
plan::Contraction gram(std::int64_t batch, std::int64_t c, std::int64_t d, std::int64_t k, bool k_innermost) {
  const std::int64_t size = c * d, by_k = k_innermost ? 1 : size, by_row = k_innermost ? k : 1;
  plan::Nest nest;
  nest.extents = {batch, c, d, c, d, k};
  nest.a.strides = {size * k, d * by_row, by_row, 0, 0, by_k};
  nest.b.strides = {size * k, 0, 0, d * by_row, by_row, by_k};
  nest.c.strides = {size * size, d * size, size, d, 1, 0};
  plan::Contraction step;
  step.nests = {nest};
  step.c_extents = {batch, size, size};
  step.c_strides = {size * size, size, 1};
  return step;
}

/// Half is computed, and the bits are those of the product that does not know of the symmetry.
template <class T>
void check_mirrored(plan::Contraction step, std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << describe(step));
  std::vector<std::byte> expected;
  for (const Isa isa : supported_isas()) {
    for (const bool symmetric : {false, true}) {
      step.symmetry.exchanged.clear();
      if (symmetric) step.symmetry.exchanged = {{1, 3}, {2, 4}};
      Dice same(seed + 1000);
      const Checked checked =
          check_step<T>(step, same, {.threads = static_cast<int>(1 + seed % 3), .isa = isa, .same = true});
      if (expected.empty()) expected = checked.result;
      EXPECT_TRUE(expected == checked.result) << name_of(isa) << (symmetric ? ", symmetric" : "");
    }
  }
}

TEST(Gemm, ASymmetricProductIsMirrored) {
  for (std::uint64_t seed = 0; seed < 12 && !HasFailure(); ++seed) {
    Dice dice(seed);
    plan::Contraction step = gram(dice.between(1, 2), dice.between(2, 20), dice.between(1, 3),
                                  seed % 3 == 0 ? dice.between(257, 400) : dice.between(10, 100), dice.once_in(2));
    auto& strides = step.nests[0].c.strides;
    if (dice.once_in(3)) std::swap(strides[1], strides[3]), std::swap(strides[2], strides[4]);
    step.zero_first = !dice.once_in(4);
    step.factor.real = dice.once_in(3) ? 0.5 : 1.0;
    check_mirrored<float>(step, seed);
  }
}

TEST(Gemm, ASymmetricProductOfSeveralBlocksIsMirrored) { check_mirrored<double>(gram(1, 290, 1, 12, true), 2); }

TEST(Gemm, ASymmetricProductReadsBothOperandsFromOneCopy) { check_mirrored<float>(gram(1, 25, 10, 600, false), 3); }

TEST(Gemm, TakesSmallerBlocksWhereLessWorkspaceIsAllowed_WithTheSameBits) {
  plan::Contraction step;
  plan::Nest nest;
  nest.extents = {300, 190, 280};
  nest.a.strides = {280, 0, 1};
  nest.b.strides = {0, 1, 190};
  nest.c.strides = {190, 1, 0};
  step.nests = {nest};
  step.c_extents = {300, 190};
  step.c_strides = {190, 1};
  const std::int64_t best = prepare(step, DType::kFloat32, {.threads = 2})->workspace_bytes();
  const auto result_of = [&](std::int64_t limit) {
    Dice dice(1);
    std::vector<float> a(300 * 280), b(280 * 190), c(300 * 190);
    for (auto* list : {&a, &b}) {
      for (float& x : *list) x = random_value<float>(dice);
    }
    const auto kernel = prepare(step, DType::kFloat32, {.threads = 2, .workspace_limit_bytes = limit});
    EXPECT_EQ(kernel->name(), "gemm") << limit;
    EXPECT_LE(kernel->workspace_bytes(), limit);
    std::vector<std::byte> space(static_cast<std::size_t>(kernel->workspace_bytes()) + kWorkspaceAlignment);
    const std::size_t skip = kWorkspaceAlignment - reinterpret_cast<std::uintptr_t>(space.data()) % kWorkspaceAlignment;
    PoolExecutor executor(2);
    kernel->run({a.data(), b.data(), c.data()}, std::span(space).subspan(skip), executor);
    return c;
  };
  const std::vector<float> expected = result_of(best);
  for (const std::int64_t part : {2, 3, 4}) EXPECT_TRUE(expected == result_of(best / part)) << part;
  const auto bound = prepare(step, DType::kFloat32, {.workspace_limit_bytes = 1000});
  EXPECT_NE(bound->name(), "gemm");
  EXPECT_LE(bound->workspace_bytes(), 1000);
  const auto is_gemm = [](const Declined& d) { return d.name == "gemm" && d.reason.find("bytes of workspace") != std::string::npos; };
  EXPECT_TRUE(std::any_of(bound->declined().begin(), bound->declined().end(), is_gemm));
  const auto least = prepare(step, DType::kFloat32, {.workspace_limit_bytes = 0});
  EXPECT_EQ(least->name(), "generic");
  EXPECT_EQ(least->workspace_bytes(), 0);
}

}  // namespace
}  // namespace einfold::cpu::test
