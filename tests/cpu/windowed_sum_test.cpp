// SPDX-License-Identifier: MIT
#include "check_step.hpp"

#include <cstring>

namespace einfold::cpu::test {
namespace {

/// K windows of O positions each,  i = S o + D k - P,  cut to [0, I): segments of equal membership. Empty windows are
/// no segment's.
plan::WindowedAxis windows_of_convolution(std::int64_t extent, std::int64_t kernel, std::int64_t stride,
                                          std::int64_t dilation, std::int64_t padding) {
  plan::WindowedAxis axis;
  const std::int64_t outputs = (extent + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
  std::map<std::vector<int>, std::vector<std::int64_t>> classes;
  for (std::int64_t i = 0; i < extent; ++i) {
    std::vector<int> windows;
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t from = i + padding - dilation * k;
      if (from % stride == 0 && from / stride >= 0 && from / stride < outputs)
        windows.push_back(static_cast<int>(k));
    }
    if (!windows.empty()) classes[windows].push_back(i);
  }
  axis.members.resize(static_cast<std::size_t>(kernel));
  for (const auto& [windows, positions] : classes) {
    for (std::size_t i = 0; i < positions.size();) {
      std::size_t j = i + 1;
      while (j < positions.size() && positions[j] - positions[j - 1] == stride) ++j;
      for (const int k : windows) axis.members[static_cast<std::size_t>(k)].push_back(static_cast<int>(axis.segments.size()));
      axis.segments.push_back({positions[i], stride, static_cast<std::int64_t>(j - i)});
      i = j;
    }
  }
  return axis;
}

/// Strides of axes of these extents in random order, some with gaps, some backwards; then base and size.
struct Layout {
  std::vector<std::int64_t> strides;
  std::int64_t base = 0, size = 1;

  Layout(Dice& dice, const std::vector<std::int64_t>& extents) : strides(extents.size()) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < extents.size(); ++i) order.push_back(i);
    if (!dice.once_in(3)) std::reverse(order.begin(), order.end());
    else dice.shuffle(order);
    size = dice.once_in(8) ? 2 : 1;
    for (const std::size_t i : order) {
      const bool backwards = dice.once_in(8);
      strides[i] = backwards ? -size : size;
      if (backwards) base += size * (extents[i] - 1);
      size *= extents[i];
      if (dice.once_in(8)) size += dice.between(1, 3);
    }
  }
};

struct Case {
  plan::WindowedSum step;
  std::vector<std::int64_t> extents_a;  ///< of the axes
  std::int64_t size_a = 0, size_c = 0;
};

/// Up to three loops that A and C share, and one to three axes; some are summed whole, one may be long.
Case random_case(Dice& dice) {
  Case one;
  const auto rank = static_cast<std::size_t>(dice.between(1, 3)), loops = static_cast<std::size_t>(dice.between(0, 3));
  const std::size_t longest = dice.once_in(6) ? rank - 1 : rank;
  for (std::size_t l = 0; l < loops; ++l)
    one.step.extents.push_back(dice.once_in(5) ? 1 : l + 1 == loops ? dice.between(2, 70) : dice.between(2, 5));
  std::vector<std::int64_t> extents_a = one.step.extents, extents_c = one.step.extents;
  for (std::size_t d = 0; d < rank; ++d) {
    std::int64_t extent = dice.between(1, rank == 1 ? 40 : rank == 2 ? 20 : 7);
    if (d == longest) extent = dice.once_in(4) ? dice.between(4000, 9000) / (rank * rank) : dice.between(100, 600);
    const std::int64_t kernel = dice.between(1, 4), dilation = dice.between(1, 2), padding = dice.between(0, 3);
    if (dice.once_in(4) || extent + 2 * padding < dilation * (kernel - 1) + 1) {
      one.step.axes.push_back({0, 0, {{0, 1, extent}}, {{0}}});
    } else {
      one.step.axes.push_back(windows_of_convolution(extent, kernel, dice.between(1, 3), dilation, padding));
    }
    extents_a.push_back(extent);
    extents_c.push_back(static_cast<std::int64_t>(one.step.axes.back().members.size()));
  }
  one.extents_a.assign(extents_a.begin() + static_cast<std::ptrdiff_t>(loops), extents_a.end());
  const Layout a(dice, extents_a), c(dice, extents_c);
  for (std::size_t l = 0; l < loops; ++l) {
    one.step.strides_a.push_back(a.strides[l]);
    one.step.strides_c.push_back(c.strides[l]);
  }
  for (std::size_t d = 0; d < rank; ++d) {
    one.step.axes[d].stride_a = a.strides[loops + d];
    one.step.axes[d].stride_c = c.strides[loops + d];
  }
  one.step.base_a = a.base;
  one.step.base_c = c.base;
  one.step.factor = {0.5, 3};
  one.size_a = a.size;
  one.size_c = c.size;
  return one;
}

/// f(offset of A) for every position that counts for k; `at` are the values of the axes' k.
template <class F>
void each_term(const plan::WindowedSum& step, const std::int64_t* at, std::size_t d, std::int64_t offset, F&& f) {
  if (d == step.axes.size()) return f(offset);
  const plan::WindowedAxis& axis = step.axes[d];
  for (const int s : axis.members[static_cast<std::size_t>(at[d])]) {
    const plan::Segment& segment = axis.segments[static_cast<std::size_t>(s)];
    for (std::int64_t i = 0; i < segment.count; ++i)
      each_term(step, at, d + 1, offset + (segment.start + i * segment.step) * axis.stride_a, f);
  }
}

template <class T>
std::vector<T> run_case(const Case& one, Guarded<T>& a, Guarded<T>& c, int threads, Isa isa) {
  const auto kernel = prepare(one.step, dtype_of<T>, {.threads = threads, .isa = isa});
  Guarded<std::byte> workspace(0, kernel->workspace_bytes() + 63);
  const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(workspace.begin()) % 64) % 64;
  PoolExecutor executor(threads);
  kernel->run({a.origin(), nullptr, c.origin()},
              {workspace.begin() + skip, static_cast<std::size_t>(kernel->workspace_bytes())}, executor);
  EXPECT_TRUE(a.guards_hold() && c.guards_hold() && workspace.guards_hold());
  return {c.begin(), c.end()};
}

template <class T>
void check_windowed_sum(Dice& dice, const Case& one, int threads) {
  Guarded<T> a(0, one.size_a - 1), c(0, one.size_c - 1);
  for (T* p = a.begin(); p != a.end(); ++p) *p = random_value<T>(dice);
  for (T* p = c.begin(); p != c.end(); ++p) *p = poison<T>(dice);
  const std::vector<T> before(c.begin(), c.end());
  const std::vector<T> first = run_case(one, a, c, threads, chosen_isa());
  std::vector<std::int64_t> extents = one.step.extents;
  for (const plan::WindowedAxis& axis : one.step.axes) extents.push_back(static_cast<std::int64_t>(axis.members.size()));
  const std::size_t loops = one.step.extents.size();
  each_point(extents, [&](const std::vector<std::int64_t>& at) {
    std::int64_t from = one.step.base_a, to = one.step.base_c;
    for (std::size_t l = 0; l < loops; ++l) {
      from += at[l] * one.step.strides_a[l];
      to += at[l] * one.step.strides_c[l];
    }
    for (std::size_t d = 0; d < one.step.axes.size(); ++d) to += at[loops + d] * one.step.axes[d].stride_c;
    Exact<T> want{};
    double bound = 0;
    each_term(one.step, at.data() + loops, 0, from, [&](std::int64_t offset) {
      const T x = a.origin()[offset];
      if constexpr (std::is_integral_v<T>) {
        want += static_cast<std::uint64_t>(static_cast<std::int64_t>(x)) * 3u;
      } else {
        want += Exact<T>(x) * 0.5L;
        bound += magnitude(Exact<T>(x) * 0.5L);
      }
    });
    const T got = c.origin()[to];
    if constexpr (std::is_integral_v<T>) {
      ASSERT_EQ(got, static_cast<T>(want));
    } else {
      ASSERT_LE(magnitude(Exact<T>(got) - want), 16 * epsilon<T>() * bound);
    }
  });
  for (const Isa isa : supported_isas()) {
    std::copy(before.begin(), before.end(), c.begin());
    const std::vector<T> again = run_case(one, a, c, 4 - threads, isa);
    ASSERT_EQ(std::memcmp(first.data(), again.data(), first.size() * sizeof(T)), 0);
  }
}

template <class T>
class WindowedSumOf : public testing::Test {};
using Types =
    testing::Types<std::int32_t, std::int64_t, float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(WindowedSumOf, Types);

TYPED_TEST(WindowedSumOf, EveryLayoutGivesItsDefinition) {
  for (std::uint64_t seed = 0; seed < 400 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Case one = random_case(dice);
    check_windowed_sum<TypeParam>(dice, one, static_cast<int>(1 + seed % 3));
  }
}

TYPED_TEST(WindowedSumOf, ManySegmentsOfOneRowGiveItsDefinition) {
  for (const std::int64_t row : {30, 700}) {
    Dice dice(5);
    const std::int64_t rows = 600;
    Case one{.step = {.extents = {3}, .strides_a = {rows * row}, .strides_c = {rows}, .axes = {}, .factor = {0.5, 3}},
             .extents_a = {rows, row},
             .size_a = 3 * rows * row,
             .size_c = 3 * rows};
    plan::WindowedAxis kept{.stride_a = row, .stride_c = 1, .segments = {}, .members = {}};
    for (int i = 0; i < rows; ++i) {
      kept.segments.push_back({i, 1, 1});
      kept.members.push_back({i});
    }
    one.step.axes = {kept, {1, 0, {{0, 1, row}}, {{0}}}};
    check_windowed_sum<TypeParam>(dice, one, 2);
  }
}

TEST(WindowedSum, TenMillionPositiveTermsStayWithinTenUnits) {
  // A sum over all of a long axis, in a single segment; the terms are known exactly in double.
  const std::int64_t n = 10'000'000;
  std::vector<float> a(static_cast<std::size_t>(n));
  Dice dice(7);
  double exact = 0;
  for (float& x : a) {
    x = std::uniform_real_distribution<float>(0.5f, 1.5f)(dice.engine());
    exact += static_cast<double>(x);
  }
  plan::WindowedSum step;
  step.axes = {{1, 1, {{0, 1, n}}, {{0}}}};
  const auto kernel = prepare(step, DType::kFloat32, {});
  std::vector<std::byte> workspace(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
  const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(workspace.data()) % 64) % 64;
  float sum = 0;
  PoolExecutor executor(1);
  kernel->run({a.data(), nullptr, &sum},
              {workspace.data() + skip, static_cast<std::size_t>(kernel->workspace_bytes())}, executor);
  EXPECT_LE(std::abs(static_cast<double>(sum) - exact), 10 * 0x1p-24 * exact);
}

}  // namespace
}  // namespace einfold::cpu::test
