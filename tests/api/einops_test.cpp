// SPDX-License-Identifier: MIT
//
// rearrange, repeat and reduce against loops over positions.
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

namespace einfold::test {
namespace {

const Tensor& image() {  // b (h h2) (w w2) c
  static const Tensor tensor = integers({2, 6, 4, 3}, 1, DType::kInt64, -50, 50);
  return tensor;
}

std::int64_t pixel(std::int64_t b, std::int64_t y, std::int64_t x, std::int64_t c) { return image().at<std::int64_t>({b, y, x, c}); }

TEST(Einops, RearrangeIsAPermutationOfTheSplitAxes) {
  const Tensor patches = rearrange("b (h h2) (w w2) c -> (b w) h (c h2 w2)", image(), {{"h2", 2}, {"w2", 2}});
  ASSERT_EQ(patches.shape(), (Shape{4, 3, 12}));
  ASSERT_EQ(patches.dtype(), DType::kInt64);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 3; ++h)
      for (std::int64_t h2 = 0; h2 < 2; ++h2)
        for (std::int64_t w = 0; w < 2; ++w)
          for (std::int64_t w2 = 0; w2 < 2; ++w2)
            for (std::int64_t c = 0; c < 3; ++c) {
              ASSERT_EQ(patches.at<std::int64_t>({b * 2 + w, h, (c * 2 + h2) * 2 + w2}), pixel(b, h * 2 + h2, w * 2 + w2, c));
            }
}

TEST(Einops, RearrangeBackAndForthIsTheIdentity) {
  for (const DType type : {DType::kBool, DType::kInt32, DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kComplex64}) {
    const Tensor original = image().to(type);
    const Tensor there = rearrange("b (h h2) w c -> h2 c (w b) h", original, {{"h2", 3}});
    const Tensor back = rearrange("h2 c (w b) h -> b (h h2) w c", there, {{"b", 2}});
    EXPECT_EQ(back.dtype(), type);
    EXPECT_EQ(back.values<std::complex<double>>(), original.values<std::complex<double>>()) << name_of(type);
  }
  EXPECT_EQ(rearrange("... c -> c ...", image()).shape(), (Shape{3, 2, 6, 4}));
  EXPECT_EQ(rearrange("b h w c -> b 1 h (w c) 1", image()).shape(), (Shape{2, 1, 6, 12, 1}));
}

TEST(Einops, RepeatCopiesAlongNewAxes) {
  const Tensor small = image().select(0, 0).select(2, 0);  // h w
  const Tensor repeated = repeat("h w -> (h s) w 2", small, {{"s", 3}});
  ASSERT_EQ(repeated.shape(), (Shape{18, 4, 2}));
  for (std::int64_t y = 0; y < 18; ++y)
    for (std::int64_t x = 0; x < 4; ++x)
      for (std::int64_t t = 0; t < 2; ++t) ASSERT_EQ(repeated.at<std::int64_t>({y, x, t}), pixel(0, y / 3, x, 0));
}

/// b h w c -> w b, by a fold over the entries that are taken together.
template <class Fold>
std::vector<double> reduced(Fold&& fold) {
  std::vector<double> result;
  for (std::int64_t x = 0; x < 4; ++x)
    for (std::int64_t b = 0; b < 2; ++b) {
      std::vector<double> entries;
      for (std::int64_t y = 0; y < 6; ++y)
        for (std::int64_t c = 0; c < 3; ++c) entries.push_back(static_cast<double>(pixel(b, y, x, c)));
      result.push_back(fold(entries));
    }
  return result;
}

using Entries = std::vector<double>;
double sum_of(const Entries& e) { return std::accumulate(e.begin(), e.end(), 0.0); }

TEST(Einops, ReduceTakesTheNamedReduction) {
  const char* pattern = "b h w c -> w b";
  EXPECT_EQ(reduce(pattern, image(), Reduction::kSum).values<double>(), reduced(sum_of));
  EXPECT_EQ(reduce(pattern, image(), Reduction::kMax).values<double>(),
            reduced([](const Entries& e) { return *std::max_element(e.begin(), e.end()); }));
  EXPECT_EQ(reduce(pattern, image(), Reduction::kMin).values<double>(),
            reduced([](const Entries& e) { return *std::min_element(e.begin(), e.end()); }));
  const Tensor mean = reduce(pattern, image(), Reduction::kMean);
  EXPECT_EQ(mean.dtype(), DType::kFloat64);
  const std::vector<double> means = reduced([](const Entries& e) { return sum_of(e) / static_cast<double>(e.size()); });
  ASSERT_EQ(mean.size(), 8);
  for (std::size_t i = 0; i < means.size(); ++i) EXPECT_NEAR(mean.values<double>()[i], means[i], 1e-14 * (1 + std::abs(means[i])));
  const Tensor signs = integers({3, 5}, 2, DType::kInt64, 1, 4);
  std::vector<std::int64_t> products;
  for (std::int64_t i = 0; i < 3; ++i) {
    std::int64_t product = 1;
    for (std::int64_t j = 0; j < 5; ++j) product *= signs.at<std::int64_t>({i, j});
    products.push_back(product);
  }
  EXPECT_EQ(reduce("i j -> i", signs, Reduction::kProduct).values<std::int64_t>(), products);
}

TEST(Einops, ReduceKeepsTheType_ExceptForSumsOfBoolAndMeansOfIntegers) {
  const Tensor x = integers({4, 5}, 3, DType::kFloat16, 1, 3);
  for (const Reduction reduction : {Reduction::kSum, Reduction::kMean, Reduction::kMax, Reduction::kMin, Reduction::kProduct}) {
    EXPECT_EQ(reduce("i j -> i", x, reduction).dtype(), DType::kFloat16);
    EXPECT_EQ(reduce("i j -> i", x.to(DType::kInt32), reduction).dtype(),
              reduction == Reduction::kMean ? DType::kFloat64 : DType::kInt32);
  }
  EXPECT_EQ(reduce("i j -> i", x.to(DType::kBool), Reduction::kMax).dtype(), DType::kBool);
  EXPECT_EQ(reduce("i j -> i", x.to(DType::kBool), Reduction::kSum).dtype(), DType::kInt64);
}

TEST(Einops, MaximaPoolOverWindowsOfAGroup) {
  const Tensor pooled = reduce("b (h 2) (w 2) c -> b h w c", image(), Reduction::kMax);
  ASSERT_EQ(pooled.shape(), (Shape{2, 3, 2, 3}));
  for (std::int64_t h = 0; h < 3; ++h)
    for (std::int64_t w = 0; w < 2; ++w) {
      EXPECT_EQ(pooled.at<std::int64_t>({1, h, w, 2}), std::max({pixel(1, 2 * h, 2 * w, 2), pixel(1, 2 * h + 1, 2 * w, 2),
                                                                  pixel(1, 2 * h, 2 * w + 1, 2), pixel(1, 2 * h + 1, 2 * w + 1, 2)}));
    }
}

TEST(Einops, NaNWinsAMaximumAndAMinimum_WhereverItStands) {
  for (std::size_t at = 0; at < 4; ++at) {
    std::vector<double> values{3, 1, 2, 5};
    values[at] = std::numeric_limits<double>::quiet_NaN();
    for (const Reduction reduction : {Reduction::kMax, Reduction::kMin}) {
      EXPECT_TRUE(std::isnan(reduce("i -> ", Tensor::from({4}, values), reduction).values<double>().front())) << at;
    }
  }
}

TEST(Einops, ReductionsOfNothing) {
  const Tensor nothing = Tensor(DType::kFloat64, {2, 0});
  EXPECT_EQ(reduce("i j -> i", nothing, Reduction::kSum).values<double>(), (std::vector<double>{0, 0}));
  EXPECT_EQ(reduce("i j -> i", nothing, Reduction::kProduct).values<double>(), (std::vector<double>{1, 1}));
  EXPECT_TRUE(std::isnan(reduce("i j -> i", nothing, Reduction::kMean).values<double>().front()));
  for (const Reduction reduction : {Reduction::kMax, Reduction::kMin}) {
    try {
      (void)reduce("i j -> i", nothing, reduction);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "E0214");
      EXPECT_EQ(error.kind(), ErrorKind::kArgument);
    }
  }
}

/// Runs everything on the calling thread, and counts.
class Host final : public Executor {
 public:
  [[nodiscard]] int threads() const noexcept override { return 1; }
  void run(std::int64_t tasks, TaskRef fn) override {
    ++jobs;
    for (std::int64_t task = 0; task < tasks; ++task) fn(task, 0);
  }
  int jobs = 0;
};

TEST(Einops, RunAsTheyAreTold) {
  Host host;
  const RunOptions run{.executor = &host};
  EXPECT_EQ(rearrange("b h w c -> c b h w", image(), {}, run).values<double>(), rearrange("b h w c -> c b h w", image()).values<double>());
  EXPECT_EQ(host.jobs, 1);
  (void)repeat("b h w c -> b h w c 2", image(), {}, run);
  EXPECT_EQ(host.jobs, 2);
  for (const Reduction reduction : {Reduction::kSum, Reduction::kMean, Reduction::kMax}) (void)reduce("b h w c -> c", image(), reduction, {}, run);
  EXPECT_EQ(host.jobs, 5);
}

/// A maximum reorders its operand, 2 * 6 * 4 * 3 numbers; those of another type are converted first.
TEST(Einops, CopiesCountInTheMemoryLimit) {
  const auto limited = [](const Tensor& tensor, Reduction reduction, std::int64_t bytes) {
    return reduce("b h w c -> c", tensor, reduction, {}, {.threads = 1, .memory_limit_bytes = bytes});
  };
  const auto check = [&](DType type, Reduction reduction, std::int64_t least) {
    const Tensor tensor = image().to(type);
    EXPECT_EQ(limited(tensor, reduction, least).values<double>(), reduce("b h w c -> c", tensor, reduction).values<double>());
    try {
      (void)limited(tensor, reduction, least - 1);
      FAIL() << name_of(type);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "E0603");
      EXPECT_NE(std::string(error.what()).find(std::to_string(least)), std::string::npos) << error.what();
    }
  };
  check(DType::kInt64, Reduction::kMax, 144 * 8);
  check(DType::kFloat32, Reduction::kProduct, 144 * 4);
  check(DType::kFloat16, Reduction::kMin, 144 * 8);
  check(DType::kInt32, Reduction::kMean, 144 * 8);
}

}  // namespace
}  // namespace einfold::test
