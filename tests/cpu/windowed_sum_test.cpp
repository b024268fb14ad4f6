// SPDX-License-Identifier: MIT
#include "check_step.hpp"

namespace einfold::cpu::test {
namespace {

/// K windows of O positions each,  i = S o + D k - P,  cut to [0, I): segments of equal membership.
plan::WindowedSum windows_of_convolution(std::int64_t extent, std::int64_t kernel, std::int64_t stride,
                                         std::int64_t dilation, std::int64_t padding) {
  plan::WindowedSum step;
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
  step.members.resize(static_cast<std::size_t>(kernel));
  for (const auto& [windows, positions] : classes) {
    for (std::size_t i = 0; i < positions.size();) {
      std::size_t j = i + 1;
      while (j < positions.size() && positions[j] - positions[j - 1] == stride) ++j;
      for (const int k : windows)
        step.members[static_cast<std::size_t>(k)].push_back(static_cast<int>(step.segments.size()));
      step.segments.push_back({positions[i], stride, static_cast<std::int64_t>(j - i)});
      i = j;
    }
  }
  return step;
}

template <class T>
void check_windowed_sum(Dice& dice, int threads) {
  const std::int64_t extent = dice.once_in(10) ? dice.between(250, 600) : dice.between(1, 40),
                     kernel = dice.between(1, 5), dilation = dice.between(1, 2);
  const std::int64_t padding = dice.between(0, 3);
  if (extent + 2 * padding < dilation * (kernel - 1) + 1) return;
  plan::WindowedSum step = windows_of_convolution(extent, kernel, dice.between(1, 3), dilation, padding);
  step.factor = {0.5, 3};
  const std::vector<std::int64_t> shared{dice.between(1, 5), dice.between(1, 70), dice.between(1, 4)};
  step.extents = shared;
  // A and C: the shared axes and the summed one (k), in random orders.
  const auto strides = [&](std::int64_t last) {
    std::vector<std::int64_t> extents = shared, result(4);
    extents.push_back(last);
    std::vector<std::size_t> order{0, 1, 2, 3};
    dice.shuffle(order);
    std::int64_t s = 1;
    for (const std::size_t i : order) {
      result[i] = s;
      s *= extents[i];
    }
    result.push_back(s);
    return result;
  };
  const auto sa = strides(extent), sc = strides(kernel);
  step.strides_a = {sa[0], sa[1], sa[2]};
  step.strides_c = {sc[0], sc[1], sc[2]};
  step.axis_stride_a = sa[3];
  step.axis_stride_c = sc[3];
  step.base_a = dice.between(0, 5);
  step.base_c = dice.between(0, 5);
  Guarded<T> a(step.base_a, step.base_a + sa[4] - 1), c(step.base_c, step.base_c + sc[4] - 1);
  for (T* p = a.begin(); p != a.end(); ++p) *p = random_value<T>(dice);
  for (T* p = c.begin(); p != c.end(); ++p) *p = poison<T>(dice);
  const auto kernel_run = prepare(step, dtype_of<T>, {.threads = threads});
  std::vector<std::byte> workspace(static_cast<std::size_t>(kernel_run->workspace_bytes()) + 64);
  const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(workspace.data()) % 64) % 64;
  PoolExecutor executor(threads);
  kernel_run->run({a.origin(), nullptr, c.origin()},
                  {workspace.data() + skip, static_cast<std::size_t>(kernel_run->workspace_bytes())},
                  executor);
  EXPECT_TRUE(a.guards_hold() && c.guards_hold());
  each_point({shared[0], shared[1], shared[2], kernel}, [&](const std::vector<std::int64_t>& at) {
    std::int64_t from = step.base_a, to = step.base_c + at[3] * step.axis_stride_c;
    for (std::size_t l = 0; l < 3; ++l) {
      from += at[l] * step.strides_a[l];
      to += at[l] * step.strides_c[l];
    }
    Exact<T> want{};
    double bound = 0;
    for (const int s : step.members[static_cast<std::size_t>(at[3])]) {
      const plan::Segment& segment = step.segments[static_cast<std::size_t>(s)];
      for (std::int64_t i = 0; i < segment.count; ++i) {
        const T x = a.origin()[from + (segment.start + i * segment.step) * step.axis_stride_a];
        if constexpr (std::is_integral_v<T>) {
          want += static_cast<std::uint64_t>(static_cast<std::int64_t>(x)) * 3u;
        } else {
          want += Exact<T>(x) * 0.5L;
          bound += magnitude(Exact<T>(x) * 0.5L);
        }
      }
    }
    const T got = c.origin()[to];
    if constexpr (std::is_integral_v<T>) {
      ASSERT_EQ(got, static_cast<T>(want));
    } else {
      ASSERT_LE(magnitude(Exact<T>(got) - want), 16 * epsilon<T>() * bound);
    }
  });
}

template <class T>
class WindowedSumOf : public testing::Test {};
using Types =
    testing::Types<std::int32_t, std::int64_t, float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(WindowedSumOf, Types);

TYPED_TEST(WindowedSumOf, EveryLayoutGivesItsDefinition) {
  for (std::uint64_t seed = 0; seed < 200 && !this->HasFailure(); ++seed) {
    Dice dice(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    check_windowed_sum<TypeParam>(dice, static_cast<int>(1 + seed % 3));
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
  step.axis_stride_a = 1;
  step.axis_stride_c = 1;
  step.segments = {{0, 1, n}};
  step.members = {{0}};
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
